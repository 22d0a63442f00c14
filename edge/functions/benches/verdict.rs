//! What a verdict costs: time and allocations.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use edge_functions::event::Request;
use edge_functions::{EdgeConfig, Verdict, handle, viewer_request};

// The tests' shop, keys and viewers: the bench measures what the tests check.
#[allow(dead_code, reason = "the tests use all of it")]
#[expect(clippy::unwrap_used, reason = "a fixture may fail as the bench itself would")]
#[path = "../tests/it/fixture.rs"]
mod fixture;

use fixture::{NOW, PLAIN, Viewer, event, get, proxied};

fn requests() -> [(&'static str, Request); 5] {
    let token = PLAIN.cart_token("cart-1");
    let bookmark = PLAIN.loyalty_bookmark("1001", 7);
    let by_token = || get("/v1/loyalty/entries?limit=10").customer("1001");
    let query = format!("bookmark={bookmark}&limit=10");
    [
        ("public", get("/v1/configurator/bike/resolution?frame=steel&fork=air&size=m")),
        ("cart token", get("/v1/cart").with("Forecourt-Cart", &token)),
        ("customer token", by_token()),
        ("customer token, bookmark", by_token().with("Forecourt-Bookmark", &bookmark)),
        (
            "app proxy, bookmark",
            proxied("GET", &format!("/v1/loyalty/entries?{query}"), Some("1001")),
        ),
    ]
}

fn decide(request: Request, config: &EdgeConfig) -> Verdict {
    let verdict = viewer_request(black_box(request), config, NOW);
    assert!(matches!(verdict, Verdict::Forward(_)), "the longest path through the function");
    verdict
}

fn verdicts(criterion: &mut Criterion) {
    let config = PLAIN.edge();
    let mut group = criterion.benchmark_group("verdict");
    for (name, request) in requests() {
        let copy = request.clone();
        let count = allocation_counter::measure(|| drop(black_box(decide(copy, &config))));
        println!("{name}: {} allocations, {} bytes", count.count_total, count.bytes_total);
        group.bench_function(name, |bencher| {
            let copy = || request.clone();
            bencher.iter_batched(copy, |request| decide(request, &config), BatchSize::SmallInput);
        });
    }
    group.finish();
}

fn events(criterion: &mut Criterion) {
    let config = PLAIN.edge();
    let mut group = criterion.benchmark_group("event");
    for (name, request) in requests() {
        let event = serde_json::to_vec(&event(request)).expect("an event is strings");
        group.bench_function(name, |bencher| {
            bencher.iter(|| handle(black_box(&event), &config, NOW).expect("an event of ours"));
        });
    }
    group.finish();
}

criterion_group!(benches, verdicts, events);
criterion_main!(benches);

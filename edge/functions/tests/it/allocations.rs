//! What a verdict allocates: it runs before every cache hit.

use edge_functions::viewer_request;

use crate::fixture::{NOW, PLAIN, Viewer, get, proxied};

#[test]
fn a_verdict_allocates_little_beyond_its_output() {
    let bookmark = PLAIN.loyalty_bookmark("1001", 7);
    let target = format!("/v1/loyalty/entries?bookmark={bookmark}&limit=10");
    for (name, request, allocations_max) in [
        ("a public read", get("/v1/configurator/bike/resolution?frame=steel&fork=air"), 6),
        ("a customer's read", get("/v1/loyalty").customer("1001"), 19),
        ("a proxied read with a bookmark", proxied("GET", &target, Some("1001")), 32),
    ] {
        let config = PLAIN.edge();
        let count = allocation_counter::measure(|| drop(viewer_request(request, &config, NOW)));
        assert!(count.count_total <= allocations_max, "{name}: {}", count.count_total);
    }
}

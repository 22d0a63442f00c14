//! Benchmarks of compiling, loading and resolving products.
//!
//! `cargo bench -p domain-configurator --bench configurator` measures the demo products and three kinds
//! of generated vehicles, as large as any published model. With `FORECOURT_DATA` (the absolute path
//! of `origin/domain/configurator/tests/data`) it also measures two published industrial models, and one of them
//! grown to the size of the largest. Before criterion's own figures it prints one table:
//! percentiles over a thousand random selections, which criterion does not report, sizes, and the
//! order of the options.
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures time, and nothing depends on it"
)]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run reports nothing")]

use std::hint::black_box;
use std::io::Write as _;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use domain_configurator::{
    By, Configurator, Count, Limits, Product, Scope, Selection, State, ValueId,
};
use flate2::Compression;
use flate2::write::GzEncoder;

use serde_json::Value;

#[path = "../tests/it/benchmark_products.rs"]
mod benchmark_products;
#[path = "../tests/it/grown.rs"]
mod grown;
#[path = "../tests/it/rng.rs"]
mod rng;
#[path = "../tests/it/vehicles.rs"]
mod vehicles;

use grown::Growth;
use rng::Rng;
use vehicles::Plan;

/// Selections measured for each product.
const SELECTIONS: usize = 1_000;

/// Measurements of each selection, of which the minimum counts: other work on the machine only adds
/// time.
const REPEATS: usize = 5;

/// Options in the table: the first ones characterise an order.
const ORDER_PRINTED: usize = 8;

struct Subject {
    name: &'static str,
    document: Vec<u8>,
    /// Compilation is measured once, without criterion.
    is_largest: bool,
}

fn subjects() -> Vec<Subject> {
    let root = env!("CARGO_MANIFEST_DIR");
    let demo = |name: &'static str| Subject {
        name,
        document: std::fs::read(format!("{root}/../../../infra/local/demo/{name}.json")).unwrap(),
        is_largest: false,
    };
    let mut subjects = vec![demo("bike"), demo("tee")];
    match benchmark_products::folder() {
        Some(folder) => subjects.extend(["pc", "megane"].map(|name| Subject {
            name,
            document: benchmark_products::read(&folder, &format!("{name}.json.gz")),
            is_largest: false,
        })),
        None => println!("not measured without FORECOURT_DATA: pc, megane, grown, grown, loose"),
    }
    if let Some(megane) = subjects.iter().find(|subject| subject.name == "megane") {
        let grow = |(name, growth): (&'static str, Growth)| {
            let document = growth.document(&megane.document).to_string().into_bytes();
            Subject { name, document, is_largest: true }
        };
        let grown: Vec<Subject> =
            [("grown", Growth::largest(1)), ("grown, loose", Growth::loose(3))].map(grow).into();
        subjects.extend(grown);
    }
    for (name, plan) in [
        ("versions", Plan::versions(1)),
        ("countries", Plan::countries(1)),
        ("exceptions", Plan::exceptions(1)),
    ] {
        let document = serde_json::to_vec(&plan.document()).unwrap();
        subjects.push(Subject { name, document, is_largest: true });
    }
    subjects
}

fn compiled(document: &[u8]) -> Configurator {
    Configurator::compile(Product::parse(document).unwrap(), &Limits::default()).unwrap()
}

/// Random selections of three to twenty available values. The last choice of every tenth selection
/// is any value, so that it may be inconsistent.
fn selections(configurator: &Configurator) -> Vec<Selection> {
    let options = configurator.product().options();
    let mut rng = Rng(7);
    let mut selections = Vec::new();
    while selections.len() < SELECTIONS {
        let length = 3 + rng.below((options.len() - 2).min(18));
        let mut selection = Selection::default();
        while selection.0.len() < length {
            let option = &options[rng.below(options.len())];
            let scope = Scope { only: Some([option.id.clone()].into()) };
            let resolution = configurator.resolve(&selection, &scope).unwrap();
            let answer = resolution.options().next().unwrap();
            let is_open = |state| matches!(state, State::Available | State::Selected);
            let open: Vec<&str> =
                answer.values().filter(|v| is_open(v.state())).map(|v| v.id()).collect();
            let is_last = selection.0.len() + 1 == length && selections.len() % 10 == 9;
            let value = if is_last || open.is_empty() {
                option.values[rng.below(option.values.len())].id.clone()
            } else {
                ValueId::parse(open[rng.below(open.len())]).unwrap()
            };
            selection.0.insert(option.id.clone(), value);
        }
        selections.push(selection);
    }
    selections
}

fn answer(configurator: &Configurator, selection: &Selection) -> Vec<u8> {
    configurator.resolve(selection, &Scope::default()).unwrap().to_json("1")
}

/// The minimum time of each selection, ascending.
fn times(configurator: &Configurator, selections: &[Selection]) -> Vec<Duration> {
    let least = |selection: &Selection| {
        let once = |_| {
            let begin = Instant::now();
            black_box(answer(configurator, selection));
            begin.elapsed()
        };
        (0..REPEATS).map(once).min().unwrap()
    };
    let mut times: Vec<Duration> = selections.iter().map(least).collect();
    times.sort_unstable();
    times
}

fn count(configurator: &Configurator) -> Count {
    let all = configurator.resolve(&Selection::default(), &Scope::default()).unwrap();
    all.configurations().clone()
}

fn print_table(subject: &Subject, configurator: &Configurator, selections: &[Selection]) {
    let times = times(configurator, selections);
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    let artefact = configurator.encode();
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&artefact).unwrap();
    let packed = packed.finish().unwrap().len();
    let bytes: usize =
        selections.iter().map(|selection| answer(configurator, selection).len()).sum();
    println!("{}: {:?}", subject.name, configurator.size());
    println!(
        "  answer p50 {:?}, p99 {:?}, max {:?}, {} bytes; artefact {} bytes, {packed} in gzip",
        at(50),
        at(99),
        at(100),
        bytes / selections.len(),
        artefact.len(),
    );
    let json: Value = serde_json::from_slice(&subject.document).unwrap();
    let rules = json["rules"].as_array().unwrap();
    let tuples = rules.iter().filter_map(|rule| rule["allowed"]["tuples"].as_array());
    let tuples: usize = tuples.map(Vec::len).sum();
    println!("  {} rules, {tuples} tuples", rules.len());
    let order: Vec<&str> = configurator.order().take(ORDER_PRINTED).collect();
    println!("  {} configurations; decided first: {}", count(configurator), order.join(", "));
}

fn configurator(criterion: &mut Criterion) {
    for subject in subjects() {
        let begin = Instant::now();
        let configurator = compiled(&subject.document);
        println!("{}: parsed and compiled in {:?}", subject.name, begin.elapsed());
        let selections = selections(&configurator);
        print_table(&subject, &configurator, &selections);

        let mut group = criterion.benchmark_group(subject.name);
        let mut next = selections.iter().cycle();
        group.bench_function("resolve", |bench| {
            bench.iter(|| answer(&configurator, next.next().unwrap()));
        });
        group.bench_function("complete", |bench| {
            bench.iter(|| configurator.complete(next.next().unwrap(), By::Price).unwrap());
        });
        let artefact = configurator.encode();
        group.bench_function("decode", |bench| {
            bench.iter(|| Configurator::decode(&artefact).unwrap());
        });
        if !subject.is_largest {
            group.sample_size(10);
            group.bench_function("compile", |bench| bench.iter(|| compiled(&subject.document)));
        }
        group.finish();
    }
}

criterion_group!(benches, configurator);
criterion_main!(benches);

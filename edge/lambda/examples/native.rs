//! `cargo run --release -p edge-lambda --example native -- TURNS CALLS NAME…`: how long a native
//! verdict on these vectors takes, JSON in and out; for each name a line with the median and the 99th
//! percentile of the quietest turn, in nanoseconds. `measure.mjs` puts them beside the other forms.

use std::hint::black_box;
use std::time::Instant;

use edge_lambda::Instance;
use serde_json::Value;

const VECTORS: &str = include_str!("../../functions/vectors/viewer-request.json");

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = || arguments.next().and_then(|it| it.parse().ok()).expect("TURNS and CALLS");
    let (turns, calls): (usize, usize) = (number(), number());
    let file: Value = serde_json::from_str(VECTORS).expect("the vector file is JSON");
    let cases = file["cases"].as_array().expect("the vector file lists cases");
    for name in arguments {
        let case = cases.iter().find(|it| it["name"] == *name).expect("a case has that name");
        let configuration = case["configuration"].as_str().expect("a case has a configuration");
        let mut instance = Instance::default();
        write(&mut instance, &file["configurations"][configuration].to_string());
        assert!(instance.configure(), "the vector file's configurations are in order");
        let event = case["event"].to_string();
        let now_unix_s = case["now_unix_s"].as_u64().expect("a case has a time");
        let times: Vec<Vec<u128>> = (0..turns)
            .map(|_| sorted((0..calls).map(|_| time_ns(&mut instance, &event, now_unix_s))))
            .collect();
        let quietest = |at: usize| times.iter().map(|it| it[at]).min().expect("a turn at least");
        println!("{} {}", quietest(calls / 2), quietest(calls * 99 / 100));
    }
}

fn sorted(times_ns: impl Iterator<Item = u128>) -> Vec<u128> {
    let mut all: Vec<u128> = times_ns.collect();
    all.sort_unstable();
    all
}

#[expect(clippy::disallowed_methods, reason = "this measures, and measures nothing else")]
fn time_ns(instance: &mut Instance, event: &str, now_unix_s: u64) -> u128 {
    let start = Instant::now();
    write(instance, black_box(event));
    assert!(instance.handle(now_unix_s), "a vector's event has a verdict");
    black_box(instance.output());
    start.elapsed().as_nanos()
}

fn write(instance: &mut Instance, text: &str) {
    let room = instance.input(text.len()).expect("an event of ours is short");
    room.copy_from_slice(text.as_bytes());
}

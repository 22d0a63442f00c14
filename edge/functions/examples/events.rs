//! `cargo run -p edge-functions --example events -- COUNT SEED`: generated events, each with this
//! function's verdict, one JSON object a line. The other forms of the function are tested against
//! them, as against the vector file.
//!
//! An event begins as one of the vectors and is changed one to four times: another's method, path,
//! query, header, time or keys, or a few characters of its own.

use edge_functions::event::{Event, Header, Request};
use edge_functions::{EdgeConfig, handle};
use edge_wire::keys::KeyRing;
use edge_wire::secrets::ShopifySecrets;
use edge_wire::token::StaffTokens;
use fastrand::Rng;
use serde_json::{Value, json};

const VECTORS: &str = include_str!("../vectors/viewer-request.json");
const CHANGES_MAX: u8 = 4;
/// Characters that mean something to a parser somewhere, and some that should mean nothing.
const PIECES: &str = "%|&|=|;|/|.|..|+|,|~|?|#| |%2F|%00|%C3%A9|%FF|é|𝄞|\
                      \u{e000}|_|-|0|A|z|utm_x=1&|_only=b,a,a&";
const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

fn main() {
    let mut arguments = std::env::args().skip(1).map(|it| it.parse::<u64>());
    let (Some(Ok(count)), Some(Ok(seed)), None) =
        (arguments.next(), arguments.next(), arguments.next())
    else {
        eprintln!("events COUNT SEED");
        std::process::exit(2);
    };
    let vectors: Value = serde_json::from_str(VECTORS).expect("the vector file is JSON");
    let cases = vectors["cases"].as_array().expect("the vector file lists cases");
    let mut rng = Rng::with_seed(seed);
    for _ in 0..count {
        println!("{}", generate(&vectors["configurations"], cases, &mut rng));
    }
}

fn generate(configurations: &Value, cases: &[Value], rng: &mut Rng) -> Value {
    let start = pick(rng, cases);
    let mut event = event_of(start);
    let request = &mut event.records[0].cf.request;
    let mut configuration = start["configuration"].clone();
    let mut now = start["now_unix_s"].as_u64().expect("a case has a time");
    for _ in 0..=rng.u8(..CHANGES_MAX) {
        let other = pick(rng, cases);
        match rng.u8(..12) {
            0 => configuration = other["configuration"].clone(),
            1 => now = now + rng.u64(..2_000) - 1_000,
            _ => change(request, event_of(other).records.remove(0).cf.request, rng),
        }
    }
    let name = configuration.as_str().expect("a case names its configuration");
    let bytes = serde_json::to_vec(&event).expect("an event is strings");
    let output = handle(&bytes, &config(&configurations[name]), now).expect("a viewer request");
    let output: Value = serde_json::from_slice(&output).expect("a verdict is JSON");
    json!({ "configuration": name, "now_unix_s": now, "event": event, "output": output })
}

fn change(request: &mut Request, other: Request, rng: &mut Rng) {
    match rng.u8(..10) {
        0 => request.method = other.method,
        1 => (*pick(rng, METHODS)).clone_into(&mut request.method),
        2 => request.uri = other.uri,
        3 => request.querystring = other.querystring,
        4 => request.headers.extend(other.headers),
        5 => request.uri = mutated(&request.uri, rng),
        6 | 7 => request.querystring = mutated(&request.querystring, rng),
        8 => {
            let names: Vec<String> = request.headers.keys().cloned().collect();
            request.headers.remove(pick(rng, &names));
        }
        _ => {
            let names: Vec<String> = request.headers.keys().cloned().collect();
            let name = pick(rng, &names);
            let values = request.headers.get_mut(name).expect("one of its names");
            let value = mutated(&values[0].value, rng);
            if rng.bool() {
                values.push(Header { key: values[0].key.clone(), value });
            } else {
                values[0].value = value;
            }
        }
    }
}

/// The text with a few characters inserted, removed or doubled.
fn mutated(text: &str, rng: &mut Rng) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let from = rng.usize(..=characters.len());
    let to = characters.len().min(from + rng.usize(..3));
    let put = if rng.u8(..4) == 0 {
        characters[from..to].iter().chain(&characters[from..to]).copied().collect()
    } else {
        pick(rng, &PIECES.split('|').collect::<Vec<_>>()).chars().collect::<Vec<char>>()
    };
    characters.splice(from..to, put);
    characters.into_iter().collect()
}

fn pick<'a, T>(rng: &mut Rng, from: &'a [T]) -> &'a T {
    rng.choice(from).expect("a list that is not empty")
}

fn event_of(case: &Value) -> Event {
    serde_json::from_value(case["event"].clone()).expect("a case has an event")
}

fn config(of: &Value) -> EdgeConfig {
    let text = |field: &str| of[field].as_str().expect("a configuration is texts");
    EdgeConfig {
        shop: text("shop").to_owned(),
        shopify_secrets: ShopifySecrets::parse(text("shopify_secrets")).expect("secrets"),
        client_id: Some(text("shopify_client_id").to_owned()),
        keys: KeyRing::parse(text("keys")).expect("keys"),
        staff: StaffTokens::parse(text("staff_tokens")).expect("tokens"),
    }
}

//! `vectors/viewer-request.json`: every case with its whole event and the whole verdict. The
//! other forms of this function, wasm and JavaScript, are tested against it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use edge_functions::handle;

use crate::cases::{self, TestCase};
use crate::fixture::{Configuration, PLAIN, ROTATED, ROTATING, SHOP, event};
use crate::generated_files;

/// Fewest cases that the other forms of the function must agree on.
const CASES_MIN: usize = 200;

#[test]
fn the_vector_file_has_the_verdicts_of_the_function() {
    generated_files::assert_up_to_date("vectors/viewer-request.json", &file());
}

#[test]
fn every_case_has_its_own_name_and_there_are_enough() {
    let cases = cases::all();
    let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), cases.len());
    assert!(cases.len() >= CASES_MIN, "{}", cases.len());
}

fn file() -> String {
    let configurations = [&PLAIN, &ROTATING, &ROTATED].map(configuration).join(",\n");
    let cases: Vec<String> = cases::all().iter().map(case).collect();
    let cases = cases.join(",\n");
    format!("{{\n\"configurations\": {{\n{configurations}\n}},\n\"cases\": [\n{cases}\n]\n}}\n")
}

fn configuration(configuration: &Configuration) -> String {
    let Configuration { name, shopify_secrets, shopify_client_id, keys, staff_tokens } =
        configuration;
    let mut text = format!("{}: {{\"shop\": {}", json(name), json(SHOP));
    for (field, value) in [
        ("shopify_secrets", shopify_secrets),
        ("shopify_client_id", shopify_client_id),
        ("keys", keys),
        ("staff_tokens", staff_tokens),
    ] {
        write!(text, ", {}: {}", json(field), json(value)).unwrap();
    }
    text + "}"
}

/// One case on three lines, so that a difference shows what changed.
fn case(case: &TestCase) -> String {
    let event = serde_json::to_vec(&event(case.request.clone())).unwrap();
    let output = handle(&event, &case.configuration.edge(), case.now_unix_s).unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    format!(
        "{{\"name\": {}, \"configuration\": {}, \"now_unix_s\": {},\n \"event\": {},\n \
         \"output\": {}}}",
        json(&case.name),
        json(case.configuration.name),
        case.now_unix_s,
        text(event),
        text(output)
    )
}

fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

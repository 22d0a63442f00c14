//! The module's exports, called natively in the order that a host calls them.

#![expect(clippy::unwrap_used, reason = "a test's helper may fail as the test itself would")]

use edge_lambda::{INPUT_BYTES_MAX, Instance};
use serde_json::{Value, json};

const VECTORS: &str = include_str!("../../../functions/vectors/viewer-request.json");

fn vectors() -> Value {
    serde_json::from_str(VECTORS).unwrap()
}

fn write(instance: &mut Instance, text: &str) {
    instance.input(text.len()).unwrap().copy_from_slice(text.as_bytes());
}

fn configured() -> Instance {
    let mut instance = Instance::default();
    write(&mut instance, &vectors()["configurations"]["plain"].to_string());
    assert!(instance.configure());
    instance
}

fn output_text(instance: &Instance) -> &str {
    std::str::from_utf8(instance.output()).unwrap()
}

#[test]
fn a_request_is_forwarded_as_the_function_decides() {
    let mut instance = configured();
    let file = vectors();
    let case = file["cases"].as_array().unwrap().iter().find(|it| it["name"] == "a bookmark");
    let case = case.unwrap();
    write(&mut instance, &case["event"].to_string());
    assert!(instance.handle(case["now_unix_s"].as_u64().unwrap()));
    assert_eq!(serde_json::from_slice::<Value>(instance.output()).unwrap(), case["output"]);
}

#[test]
fn a_malformed_event_has_an_error_and_no_verdict() {
    let mut instance = configured();
    write(&mut instance, "{}");
    assert!(!instance.handle(0));
    assert_eq!(output_text(&instance), "not a Lambda@Edge event: line 1, column 2");
}

#[test]
#[should_panic(expected = "a host configures before the first event")]
fn without_a_configuration_there_is_no_verdict_at_all() {
    let mut instance = Instance::default();
    write(&mut instance, "{}");
    instance.handle(0);
}

#[test]
fn an_input_has_a_bound() {
    let mut instance = Instance::default();
    assert_eq!(instance.input(INPUT_BYTES_MAX).unwrap().len(), INPUT_BYTES_MAX);
    assert!(instance.input(INPUT_BYTES_MAX + 1).is_none());
}

#[test]
fn a_weak_configuration_is_rejected_without_quoting_it() {
    let reasons = [
        ("keys", "hunter2", "keys: each key is `kid:secret`, kid 1 to 16 of a-z 0-9"),
        ("keys", "k1:hunter2", "keys: a secret needs at least 32 bytes"),
        ("shopify_secrets", "a,b,hunter2", "shopify_secrets: one or two, comma-separated"),
        ("staff_tokens", "hunter2", "staff_tokens: comma-separated, each of at least 32 bytes"),
    ];
    for (field, value, reason) in reasons {
        let mut broken = vectors()["configurations"]["plain"].clone();
        broken[field] = json!(value);
        let mut instance = configured();
        write(&mut instance, &broken.to_string());
        assert!(!instance.configure());
        assert_eq!(output_text(&instance), reason);
    }
}

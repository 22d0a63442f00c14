//! Secrets that no log may contain at any level.

use std::fs::File;

use origin_functions::runtime::clock::Clock;
use serde_json::json;

use crate::binary::Process;
use crate::client::{key, signed};
use crate::shop::RequestBuilder;

/// Enough of a secret to recognise it.
fn tail(text: &str) -> &str {
    &text[text.len() - 16..]
}

#[test]
fn no_log_contains_a_token_a_signature_a_bookmark_or_a_query() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let mut process = Process::start_logging(&folder, File::create(&path).unwrap());
    let created = process.request("POST", "/v1/carts").send().json();
    let token = created["token"].as_str().unwrap();
    let added = process
        .request("POST", "/v1/cart/lines")
        .header("forecourt-cart", token)
        .header("idempotency-key", &key("logged"))
        .json(&json!({"variant_id": "471895063163459219", "quantity": 1}))
        .send();
    assert_eq!(added.status, 202, "{}", added.text);
    let added = added.json();
    let bookmark = added["bookmark"].as_str().unwrap();
    let cart = process.request("GET", "/v1/cart").header("forecourt-cart", token);
    assert_eq!(cart.header("forecourt-bookmark", bookmark).send().status, 200);
    let url = format!("{}/proxy/v1/session", process.url());
    let session = signed(&url, Some("1001"), Clock::system().now().unix_s());
    let customer = RequestBuilder::to("POST", session.clone()).send().json()["token"].clone();
    let customer = customer.as_str().unwrap();
    let rejected = process.request("GET", "/v1/cart").header("forecourt-cart", &token[..30]).send();
    assert_eq!(rejected.status, 401);
    assert_eq!(process.request("GET", "/v1/loyalty").bearer(customer).send().status, 200);
    process.child.kill().unwrap();
    process.child.wait().unwrap();
    let log = std::fs::read_to_string(&path).unwrap();
    assert!(log.contains("DEBUG"), "the log is there");
    let query = "logged_in_customer_id=";
    for secret in [tail(token), tail(bookmark), tail(&session), tail(customer), query] {
        assert!(!log.contains(secret), "the log holds {secret}");
    }
}

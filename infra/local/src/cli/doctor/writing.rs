//! A guest's cart is written, read back at once, and applied by the consumer.

use std::time::Duration;

use edge_wire::headers::{BOOKMARK, CART, IDEMPOTENCY_KEY};
use serde_json::{Value, json};

use super::super::http::Reply;
use super::patient::{Cart, Patient, expect, expect_problem, json as parsed};
use super::report::{Seen, Wrong};

/// How long is waited between two looks whether a write is applied.
const LOOK_EVERY: Duration = Duration::from_millis(500);

fn unasked() -> Seen {
    Seen::Skipped("writes a guest's cart: ask for it with --write".to_owned())
}

pub(super) fn read_back(patient: &Patient) -> Result<Seen, Wrong> {
    if !patient.is_written {
        return Ok(unasked());
    }
    let cart = patient.new_cart()?;
    let line = line(patient)?;
    let key = patient.random();
    let named = (IDEMPOTENCY_KEY, key.as_str());
    let missing = post(patient, &cart, &[], &line)?;
    expect_problem(&missing, 400, "idempotency-key-missing", "a command without a key")?;
    // The empty cart is at the edge now: the bookmark must lead past it.
    expect(&patient.cart(&cart)?, 200, "GET /v1/cart")?;
    let added = post(patient, &cart, &[named], &line)?;
    expect(&added, 202, "POST /v1/cart/lines")?;
    let bookmark = parsed(&added)?["bookmark"].as_str().unwrap_or_default().to_owned();
    for _ in 0..2 {
        let headers = [(CART, cart.token.as_str()), (BOOKMARK, bookmark.as_str())];
        let read = patient.get("/v1/cart", &headers)?;
        expect(&read, 200, "GET /v1/cart with its bookmark")?;
        if quantity(&read)? != 1 {
            return Err("a write that was acknowledged is not read back".to_owned());
        }
    }
    // With its bookmark, or another command of the same content would not be told from it.
    let again = post(patient, &cart, &[named, (BOOKMARK, &bookmark)], &line)?;
    expect(&again, 202, "the same command again")?;
    if quantity(&again)? != 1 {
        return Err("a repeated command counts twice".to_owned());
    }
    clear(patient, &cart)?;
    Ok(Seen::Well("at once, twice, and a repetition counts once".to_owned()))
}

pub(super) fn applied(patient: &Patient) -> Result<Seen, Wrong> {
    if !patient.is_written {
        return Ok(unasked());
    }
    let cart = patient.new_cart()?;
    let key = patient.random();
    let added = post(patient, &cart, &[(IDEMPOTENCY_KEY, &key)], &line(patient)?)?;
    expect(&added, 202, "POST /v1/cart/lines")?;
    let mut waited = Duration::ZERO;
    loop {
        // Not the read, which the edge may keep for seconds.
        let reply = patient.ask("POST", "/v1/carts", &[(CART, &cart.token)], b"")?;
        expect(&reply, 201, "POST /v1/carts with a cart")?;
        if parsed(&reply)?["cart"]["version"] != "0" {
            clear(patient, &cart)?;
            let within = (waited + LOOK_EVERY).as_millis();
            return Ok(Seen::Well(format!("by the consumer, within {within} ms")));
        }
        if waited >= patient.patience {
            let waited = waited.as_secs();
            return Err(format!("the consumer has not applied a command in {waited} s"));
        }
        wait();
        waited += LOOK_EVERY;
    }
}

#[expect(clippy::disallowed_methods, reason = "what is waited for is far away and tells nobody")]
fn wait() {
    std::thread::sleep(LOOK_EVERY);
}

/// The cheapest configuration of the product, once.
fn line(patient: &Patient) -> Result<Value, Wrong> {
    let product = &patient.product;
    let path = format!("/v1/configurator/{product}/completion?_by=price");
    let reply = patient.get(&path, &[])?;
    expect(&reply, 200, &format!("GET {path}"))?;
    let selection = parsed(&reply)?["selection"].take();
    if !selection.is_object() {
        return Err(format!("GET {path} has no selection"));
    }
    Ok(json!({"product": product, "selection": selection, "quantity": 1}))
}

fn post(
    patient: &Patient,
    cart: &Cart,
    more: &[(&str, &str)],
    line: &Value,
) -> Result<Reply, Wrong> {
    let own = [("content-type", "application/json"), (CART, cart.token.as_str())];
    let headers = [&own, more].concat();
    patient.ask("POST", "/v1/cart/lines", &headers, line.to_string().as_bytes())
}

fn clear(patient: &Patient, cart: &Cart) -> Result<(), Wrong> {
    let key = patient.random();
    let headers = [(CART, cart.token.as_str()), (IDEMPOTENCY_KEY, key.as_str())];
    let cleared = patient.ask("DELETE", "/v1/cart/lines", &headers, b"")?;
    expect(&cleared, 202, "DELETE /v1/cart/lines")
}

fn quantity(reply: &Reply) -> Result<u64, Wrong> {
    let cart = parsed(reply)?;
    let lines = cart["lines"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(lines.iter().filter_map(|line| line["quantity"].as_u64()).sum())
}

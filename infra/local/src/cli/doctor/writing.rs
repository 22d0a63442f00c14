//! Whether a guest's cart can be written and read back at once, and the consumer applies it.

use std::time::Duration;

use edge_wire::headers::{BOOKMARK, CART, IDEMPOTENCY_KEY};
use serde_json::{Value, json};

use super::super::http::Reply;
use super::report::{CheckError, Outcome};
use super::target_client::{Cart, TargetClient, expect, expect_problem, json as parsed};

/// Interval between two polls whether a write is applied.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

fn skipped() -> Outcome {
    Outcome::Skipped("writes a guest's cart: enable it with --write".to_owned())
}

pub(super) fn read_back(target: &TargetClient) -> Result<Outcome, CheckError> {
    if !target.may_write {
        return Ok(skipped());
    }
    let cart = target.new_cart()?;
    let line = line(target)?;
    let key = target.random();
    let named = (IDEMPOTENCY_KEY, key.as_str());
    let missing = post(target, &cart, &[], &line)?;
    expect_problem(&missing, 400, "idempotency-key-missing", "a command without a key")?;
    // The edge has cached the empty cart: the bookmark must bypass it.
    expect(&target.cart(&cart)?, 200, "GET /v1/cart")?;
    let added = post(target, &cart, &[named], &line)?;
    expect(&added, 202, "POST /v1/cart/lines")?;
    let bookmark = parsed(&added)?["bookmark"].as_str().unwrap_or_default().to_owned();
    for _ in 0..2 {
        let headers = [(CART, cart.token.as_str()), (BOOKMARK, bookmark.as_str())];
        let read = target.get("/v1/cart", &headers)?;
        expect(&read, 200, "GET /v1/cart with its bookmark")?;
        if quantity(&read)? != 1 {
            return Err("a write that was acknowledged is not read back".to_owned());
        }
    }
    // With its bookmark: without one, it is indistinguishable from another equal command.
    let again = post(target, &cart, &[named, (BOOKMARK, &bookmark)], &line)?;
    expect(&again, 202, "the same command again")?;
    if quantity(&again)? != 1 {
        return Err("a repeated command counts twice".to_owned());
    }
    clear(target, &cart)?;
    Ok(Outcome::Passed("at once, twice, and a repetition counts once".to_owned()))
}

pub(super) fn applied(target: &TargetClient) -> Result<Outcome, CheckError> {
    if !target.may_write {
        return Ok(skipped());
    }
    let cart = target.new_cart()?;
    let key = target.random();
    let added = post(target, &cart, &[(IDEMPOTENCY_KEY, &key)], &line(target)?)?;
    expect(&added, 202, "POST /v1/cart/lines")?;
    let mut waited = Duration::ZERO;
    loop {
        // Not the read, which the edge may cache for seconds.
        let reply = target.send("POST", "/v1/carts", &[(CART, &cart.token)], b"")?;
        expect(&reply, 201, "POST /v1/carts with a cart")?;
        if parsed(&reply)?["cart"]["version"] != "0" {
            clear(target, &cart)?;
            let within = (waited + POLL_INTERVAL).as_millis();
            return Ok(Outcome::Passed(format!("by the consumer, within {within} ms")));
        }
        if waited >= target.patience {
            let waited = waited.as_secs();
            return Err(format!("the consumer has not applied a command in {waited} s"));
        }
        wait();
        waited += POLL_INTERVAL;
    }
}

#[expect(clippy::disallowed_methods, reason = "a remote consumer sends no notification")]
fn wait() {
    std::thread::sleep(POLL_INTERVAL);
}

/// The cheapest configuration of the product, once.
fn line(target: &TargetClient) -> Result<Value, CheckError> {
    let product = &target.product;
    let path = format!("/v1/configurator/{product}/completion?_by=price");
    let reply = target.get(&path, &[])?;
    expect(&reply, 200, &format!("GET {path}"))?;
    let selection = parsed(&reply)?["selection"].take();
    if !selection.is_object() {
        return Err(format!("GET {path} has no selection"));
    }
    Ok(json!({"product": product, "selection": selection, "quantity": 1}))
}

fn post(
    target: &TargetClient,
    cart: &Cart,
    more: &[(&str, &str)],
    line: &Value,
) -> Result<Reply, CheckError> {
    let own = [("content-type", "application/json"), (CART, cart.token.as_str())];
    let headers = [&own, more].concat();
    target.send("POST", "/v1/cart/lines", &headers, line.to_string().as_bytes())
}

fn clear(target: &TargetClient, cart: &Cart) -> Result<(), CheckError> {
    let key = target.random();
    let headers = [(CART, cart.token.as_str()), (IDEMPOTENCY_KEY, key.as_str())];
    let cleared = target.send("DELETE", "/v1/cart/lines", &headers, b"")?;
    expect(&cleared, 202, "DELETE /v1/cart/lines")
}

fn quantity(reply: &Reply) -> Result<u64, CheckError> {
    let cart = parsed(reply)?;
    let lines = cart["lines"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(lines.iter().filter_map(|line| line["quantity"].as_u64()).sum())
}

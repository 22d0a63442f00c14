//! The current code on an earlier release's data folder gives that release's recorded answers.

use domain_cart::LINE_PROPERTY;
use infra_local::wiring::{CART_QUEUE, LOYALTY_QUEUE, REDEMPTION_QUEUE};
use serde_json::{Map, Value, json};

use super::golden::{moment, read_json, shop_at, text};
use crate::shop::Shop;

/// Members of a problem document whose words may change.
const WORDS: [&str; 2] = ["title", "detail"];
/// A member that is no longer sent, since it named a customer to a guest. No client read it.
const WITHDRAWN: &str = "merged_into";

/// An answer without the texts that may change between releases.
fn content(answer: &Value) -> Value {
    let mut answer = answer.clone();
    if let Some(problem) = answer.as_object_mut().filter(|it| it.contains_key("code")) {
        problem.retain(|name, _| !WORDS.contains(&name.as_str()) && name != WITHDRAWN);
    }
    // Since the recorded release plain lines carry their id, too, and a product may be withdrawn.
    let items = answer.pointer_mut("/cart_add/items").and_then(Value::as_array_mut);
    for item in items.into_iter().flatten() {
        item["properties"].as_object_mut().map(|properties| properties.remove(LINE_PROPERTY));
    }
    answer.as_object_mut().map(|members| members.remove("withdrawn"));
    answer
}

/// Sends a recorded request and compares the answer with the recorded one.
fn repeat(shop: &Shop, exchange: &Value) {
    let mut request = shop.request(text(&exchange["method"]), text(&exchange["path"]));
    for (name, value) in exchange["headers"].as_object().unwrap_or(&Map::new()) {
        // Since the recorded release a customer's own cart needs the customer's token, too.
        request = match name.as_str() {
            "forecourt-cart" => request.cart(text(value)),
            _ => request.header(name, text(value)),
        };
    }
    if let Some(body) = exchange.get("body") {
        // Unchanged: a retry is recognised by its bytes.
        request = request.header("content-type", "application/json").body(text(body));
    }
    let reply = request.send();
    let name = text(&exchange["name"]);
    assert_eq!(json!(reply.status), exchange["status"], "{name}: {}", reply.text);
    assert_eq!(content(&reply.json()), content(&exchange["answer"]), "{name}");
}

fn repeat_all(shop: &Shop, exchanges: &Value, exchanges_min: usize) {
    let exchanges = exchanges.as_array().unwrap();
    assert!(exchanges.len() >= exchanges_min, "{} exchanges", exchanges.len());
    exchanges.iter().for_each(|exchange| repeat(shop, exchange));
}

#[test]
fn every_read_has_the_recorded_answer() {
    let recorded: Value = read_json("exchanges.json");
    let shop = shop_at(moment(&recorded["recorded_at"]));
    repeat_all(&shop, &recorded["reads"], 40);
}

#[test]
fn a_command_retried_after_an_upgrade_counts_once_and_a_changed_one_is_rejected() {
    let recorded: Value = read_json("exchanges.json");
    let shop = shop_at(moment(&recorded["recorded_at"]));
    repeat_all(&shop, &recorded["retries"], 5);
}

#[test]
fn messages_left_in_the_bus_are_applied_as_the_release_itself_applied_them() {
    let recorded: Value = read_json("exchanges.json");
    let shop = shop_at(moment(&recorded["later_at"]));
    for queue in [CART_QUEUE, LOYALTY_QUEUE, REDEMPTION_QUEUE] {
        shop.drained(queue);
    }
    repeat_all(&shop, &recorded["later"], 3);
}

#[test]
fn a_dead_letter_is_still_there_with_its_reason() {
    let recorded: Value = read_json("exchanges.json");
    let shop = shop_at(moment(&recorded["recorded_at"]));
    let letters = shop.local().bus().dead_letters(LOYALTY_QUEUE, 0);
    let [letter] = shop.runtime().block_on(letters).unwrap().try_into().unwrap();
    let event: Value = serde_json::from_str(&letter.body).unwrap();
    assert_eq!(event["detail"]["payload"], json!({"id": null}));
    assert_eq!((letter.attempts, letter.reason.contains("id")), (1, true), "{}", letter.reason);
    assert_eq!(shop.dead_letters(CART_QUEUE), 0);
}

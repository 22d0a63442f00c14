use serde_json::json;

use super::*;

fn with_lines() -> Browser {
    let mut browser = Browser::new();
    let items = json!({ "items": [{ "id": TEE, "quantity": 2 }, { "id": BIKE, "quantity": 1 }] });
    assert_eq!(browser.post("/cart/add.js", items).0, 200);
    browser
}

fn key(browser: &mut Browser, line: usize) -> String {
    browser.cart()["items"][line]["key"].as_str().unwrap().to_owned()
}

#[test]
fn a_line_is_changed_by_number_key_or_variant() {
    let mut browser = with_lines();
    let key = key(&mut browser, 1);
    let table = [
        (json!({ "line": 2, "quantity": 3 }), 3),
        (json!({ "line": "2", "quantity": "4" }), 4),
        (json!({ "id": key, "quantity": 5 }), 5),
        (json!({ "id": TEE, "quantity": 1 }), 1),
        (json!({ "id": TEE.to_string(), "quantity": 2 }), 2),
    ];
    for (body, quantity) in table {
        let (status, cart) = browser.post("/cart/change.js", body.clone());
        assert_eq!((status, &cart["items"][1]["quantity"]), (200, &json!(quantity)), "{body}");
    }
    let (_, cart) = browser.post("/cart/change.js", json!({ "line": 1, "quantity": 0 }));
    assert_eq!((&cart["item_count"], &cart["items"][0]["variant_id"]), (&json!(2), &json!(TEE)));
}

#[test]
fn a_line_that_is_not_there_is_an_error() {
    let mut browser = with_lines();
    for body in [json!({ "line": 3, "quantity": 1 }), json!({ "id": "1:x" }), json!({})] {
        let answer = browser.post("/cart/change.js", body);
        assert_eq!(error(&answer), (400, "no valid id or line parameter"));
    }
}

#[test]
fn more_than_the_stock_is_an_error_and_less_never_is() {
    let mut browser = with_lines();
    let answer = browser.post("/cart/change.js", json!({ "id": TEE, "quantity": 6 }));
    assert_eq!(error(&answer), (422, "Only 3 items were added to your cart."));
    // A single item may exceed the stock, and may be reduced to what is still too many.
    browser.post("/cart/add.js", json!({ "id": TEE, "quantity": 8 }));
    assert_eq!(browser.post("/cart/change.js", json!({ "id": TEE, "quantity": 7 })).0, 200);
    let answer = browser.post("/cart/update.js", json!({ "updates": { TEE.to_string(): 9 } }));
    assert_eq!(error(&answer), (422, "The maximum quantity of this item is already in your cart."));
}

#[test]
fn new_properties_merge_lines_that_have_become_equal() {
    let mut browser = with_lines();
    let print = json!({ "id": TEE, "properties": { "Print": "Ada" } });
    browser.post("/cart/add.js", print);
    assert_eq!(browser.lines(), [(TEE, 1), (BIKE, 1), (TEE, 2)]);
    let body = json!({ "line": 3, "properties": { "Print": "Ada" } });
    let (status, cart) = browser.post("/cart/change.js", body);
    assert_eq!((status, &cart["items"][0]["quantity"]), (200, &json!(3)));
    assert_eq!(browser.lines(), [(TEE, 3), (BIKE, 1)]);
    browser.post("/cart/change.js", json!({ "line": 1, "properties": {} }));
    assert_eq!(browser.cart()["items"][0]["properties"], json!({}));
}

#[test]
fn updates_name_variants_keys_or_all_lines_in_order() {
    let mut browser = with_lines();
    let key = key(&mut browser, 0);
    let updates = json!({ "updates": { key: 4, TEE.to_string(): 0, GIFT_CARD.to_string(): "1" } });
    assert_eq!(browser.post("/cart/update.js", updates).0, 200);
    assert_eq!(browser.lines(), [(GIFT_CARD, 1), (BIKE, 4)]);
    assert_eq!(browser.post("/cart/update.js", json!({ "updates": [0, 2, 7] })).0, 200);
    assert_eq!(browser.lines(), [(BIKE, 2)]);
    let answer = browser.post("/cart/update.js", json!({ "updates": { "1": 1 } }));
    assert_eq!(error(&answer), (404, "Cannot find variant"));
    let answer = browser.post("/cart/update.js", json!({ "updates": 1 }));
    assert_eq!(error(&answer), (400, "updates is neither list nor object"));
}

#[test]
fn attributes_are_merged_and_removed_by_empty_values() {
    let mut browser = with_lines();
    let mut update = |body: Value| browser.post("/cart/update.js", body).1;
    let cart = update(json!({ "note": "Ring twice", "attributes": { "gift": "yes", "n": 1 } }));
    assert_eq!((&cart["note"], &cart["attributes"]["n"]), (&json!("Ring twice"), &json!("1")));
    let cart = update(json!({ "attributes": { "gift": "", "forecourt_cart": "link" } }));
    assert_eq!(cart["attributes"], json!({ "forecourt_cart": "link", "n": "1" }));
    let cart = update(json!({ "attributes": { "n": null, "__private": "p" }, "note": null }));
    // Private attributes reach the order only.
    assert_eq!(cart["attributes"], json!({ "forecourt_cart": "link" }));
    assert_eq!(cart["note"], Value::Null);
}

#[test]
fn attributes_and_texts_are_bounded() {
    let mut browser = Browser::new();
    let long = json!({ "note": "x".repeat(10_001) });
    let answer = browser.post("/cart/update.js", long);
    assert_eq!(error(&answer), (422, "A text is longer than 10000 bytes."));
    let many: serde_json::Map<String, Value> =
        (0..251).map(|number| (format!("a{number}"), "x".into())).collect();
    let answer = browser.post("/cart/update.js", json!({ "attributes": many }));
    assert_eq!(error(&answer), (422, "More than 250 attributes or properties."));
}

#[test]
fn clearing_removes_the_lines_and_nothing_else() {
    let mut browser = with_lines();
    let body = json!({ "note": "n", "attributes": { "a": "1" }, "discount": "RIDE10" });
    browser.post("/cart/update.js", body);
    let (status, cart) = browser.post("/cart/clear.js", json!({}));
    assert_eq!((status, &cart["items"], &cart["item_count"]), (200, &json!([]), &json!(0)));
    assert_eq!((&cart["note"], &cart["attributes"]), (&json!("n"), &json!({ "a": "1" })));
    assert_eq!(cart["discount_codes"], json!([{ "code": "RIDE10", "applicable": false }]));
}

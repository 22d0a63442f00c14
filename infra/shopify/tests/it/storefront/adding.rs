use infra_shopify::storefront::{CART_BYTES_MAX, TEXT_BYTES_MAX};
use serde_json::json;

use super::*;

#[test]
fn a_cart_has_a_greatest_size_and_stays_as_it_was_above_it() {
    let mut browser = Browser::new();
    let text = "x".repeat(TEXT_BYTES_MAX - 20);
    // As many as fit a request.
    let properties: serde_json::Map<String, Value> =
        (0..90).map(|number| (format!("p{number}"), json!(text))).collect();
    let mut added = 0;
    let refused = loop {
        let mut own = properties.clone();
        own.insert("line".to_owned(), json!(added.to_string()));
        let answer = browser.post("/cart/add.js", json!({ "id": BIKE, "properties": own }));
        if answer.0 != 200 {
            break answer;
        }
        added += 1;
    };
    let expected = format!("The cart has more than {CART_BYTES_MAX} bytes of text.");
    assert_eq!(error(&refused), (422, expected.as_str()));
    assert_eq!(browser.cart()["items"].as_array().unwrap().len(), added);
    assert_eq!(added, 4);
}

#[test]
fn items_are_added_and_answered_as_lines() {
    let mut browser = Browser::new();
    let items = json!({ "items": [{ "id": TEE, "quantity": 2 }, { "id": BIKE.to_string() }] });
    let (status, answer) = browser.post("/cart/add.js", items);
    assert_eq!(status, 200);
    let lines = answer["items"].as_array().unwrap();
    assert_eq!((lines[0]["variant_id"].as_u64(), &lines[0]["quantity"]), (Some(TEE), &json!(2)));
    assert_eq!(lines[1]["quantity"], 1);
    // The newest is first.
    assert_eq!(browser.lines(), [(BIKE, 1), (TEE, 2)]);
}

#[test]
fn a_single_item_is_answered_with_its_line_and_the_new_quantity() {
    let mut browser = Browser::new();
    assert_eq!(
        browser.post("/cart/add.js", json!({ "id": TEE, "quantity": "2" })).1["quantity"],
        2
    );
    let (status, line) = browser.post("/cart/add.js", json!({ "id": TEE }));
    assert_eq!((status, &line["quantity"], &line["line_price"]), (200, &json!(3), &json!(5_985)));
}

#[test]
fn other_properties_make_another_line() {
    let mut browser = Browser::new();
    let add = |browser: &mut Browser, properties: Value| {
        let body = json!({ "items": [{ "id": TEE, "properties": properties }] });
        browser.post("/cart/add.js", body).0
    };
    assert_eq!(add(&mut browser, json!({ "Print": "Ada", "_line": "x" })), 200);
    assert_eq!(add(&mut browser, json!({ "_line": "x", "Print": "Ada", "none": null })), 200);
    assert_eq!(add(&mut browser, json!({ "Print": "Eve", "copies": 2 })), 200);
    assert_eq!(browser.lines(), [(TEE, 1), (TEE, 2)]);
    // Hidden properties are hidden by themes only.
    let cart = browser.cart();
    assert_eq!(cart["items"][1]["properties"], json!({ "Print": "Ada", "_line": "x" }));
    assert_eq!(cart["items"][0]["properties"], json!({ "Print": "Eve", "copies": "2" }));
}

#[test]
fn what_is_sold_out_is_an_error_that_changes_nothing() {
    let mut browser = Browser::new();
    let items = |id: u64, quantity: u32| json!({ "items": [{ "id": id, "quantity": quantity }] });
    let answer = browser.post("/cart/add.js", json!({ "items": [{ "id": BIKE }, { "id": CAP }] }));
    let sold_out = "The product 'Cap - White / XS' is already sold out.";
    assert_eq!(error(&answer), (422, sold_out));
    let body = json!({ "status": 422, "message": "Cart Error", "description": sold_out });
    assert_eq!(answer.1, body);
    assert_eq!(error(&browser.post("/cart/add.js", json!({ "id": CAP }))), (422, sold_out));
    assert_eq!(browser.lines(), []);
    let answer = browser.post("/cart/add.js", items(TEE, 6));
    assert_eq!(error(&answer), (422, "Only 5 items were added to your cart."));
    assert_eq!(browser.lines(), []);
    assert_eq!(browser.post("/cart/add.js", items(TEE, 5)).0, 200);
    let answer = browser.post("/cart/add.js", items(TEE, 1));
    let most = "The maximum quantity of this item is already in your cart.";
    assert_eq!(error(&answer), (422, most));
}

#[test]
fn a_single_item_outside_of_items_may_exceed_the_stock() {
    let mut browser = Browser::new();
    assert_eq!(browser.post("/cart/add.js", json!({ "id": TEE, "quantity": 6 })).0, 200);
    assert_eq!(browser.lines(), [(TEE, 6)]);
}

#[test]
fn a_quantity_rule_is_enforced() {
    let mut browser = Browser::new();
    let mut add = |quantity: u32| {
        let answer = browser.post("/cart/add.js", json!({ "id": CRATE, "quantity": quantity }));
        (answer.0, answer.1["description"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(add(6), (422, "The minimum quantity is 12.".to_owned()));
    assert_eq!(add(13), (422, "The quantity must be a multiple of 6.".to_owned()));
    assert_eq!(add(12), (200, String::new()));
    assert_eq!(add(54), (422, "The maximum quantity is 60.".to_owned()));
    assert_eq!(add(48), (200, String::new()));
}

#[test]
fn what_cannot_be_added_says_why() {
    let mut browser = Browser::new();
    let table = [
        (json!({ "id": 1 }), 404, "Cannot find variant"),
        (json!({}), 400, "Required parameter missing or invalid: id"),
        (json!({ "items": [] }), 400, "Required parameter missing or invalid: items"),
        (
            json!({ "id": TEE, "quantity": -1 }),
            400,
            "Required parameter missing or invalid: quantity",
        ),
        (
            json!({ "id": TEE, "quantity": 1.5 }),
            400,
            "Required parameter missing or invalid: quantity",
        ),
        (json!({ "id": TEE, "quantity": 0 }), 422, "The quantity must be greater than zero."),
        (json!({ "id": BIKE, "quantity": 1_000_001 }), 422, "The maximum quantity is 1000000."),
        (json!({ "id": BIKE, "properties": [] }), 400, "properties is not an object"),
        (json!({ "id": BIKE, "properties": { "a": [] } }), 400, "a value is no text"),
    ];
    for (body, status, description) in table {
        assert_eq!(error(&browser.post("/cart/add.js", body)), (status, description));
    }
    let answer = browser.post("/cart/add.js", json!({ "id": TEE, "selling_plan": 1 }));
    assert_eq!(error(&answer).0, 501);
    assert_eq!(browser.lines(), []);
}

#[test]
fn a_cart_has_five_hundred_lines_at_most() {
    let mut browser = Browser::new();
    let line = |number: u32| json!({ "id": BIKE, "properties": { "n": number } });
    let items: Vec<Value> = (0..500).map(line).collect();
    assert_eq!(browser.post("/cart/add.js", json!({ "items": items })).0, 200);
    let answer = browser.post("/cart/add.js", line(500));
    assert_eq!(error(&answer), (422, "The cart has 500 lines, which is the maximum."));
    assert_eq!(browser.post("/cart/add.js", line(499)).0, 200);
}

#[test]
fn sections_are_null_and_five_at_most() {
    let mut browser = Browser::new();
    let add = |browser: &mut Browser, sections: Value| {
        browser.post("/cart/add.js", json!({ "id": BIKE, "sections": sections }))
    };
    let (_, answer) = add(&mut browser, json!("cart-drawer,cart-icon"));
    assert_eq!(answer["sections"], json!({ "cart-drawer": null, "cart-icon": null }));
    assert_eq!(add(&mut browser, json!(["a"])).1["sections"], json!({ "a": null }));
    let answer = add(&mut browser, json!("a,b,c,d,e,f"));
    assert_eq!(error(&answer), (400, "More than 5 sections."));
}

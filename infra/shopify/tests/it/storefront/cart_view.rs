use serde_json::json;

use super::*;

#[test]
fn a_new_browser_has_another_token_at_each_read_until_something_is_stored() {
    let mut browser = Browser::new();
    let one = browser.cart();
    let two = browser.cart();
    assert_ne!(one["token"], two["token"]);
    assert!(browser.cookies.is_empty());
    browser.post("/cart/add.js", json!({ "id": TEE }));
    let (three, four) = (browser.cart(), browser.cart());
    assert_eq!(three["token"], four["token"]);
    let token = three["token"].as_str().unwrap();
    let (token, key) = token.split_once("?key=").unwrap();
    assert_eq!((token.len(), key.len()), (32, 32));
    assert_eq!(browser.cookies, [("cart".to_owned(), format!("{token}%3Fkey%3D{key}"))]);
}

#[test]
fn an_empty_cart_has_every_member() {
    let mut cart = Browser::new().cart();
    cart["token"] = Value::Null;
    let expected = json!({
        "token": null, "note": null, "attributes": {}, "original_total_price": 0,
        "total_price": 0, "total_discount": 0, "total_weight": 0, "item_count": 0, "items": [],
        "requires_shipping": false, "currency": "EUR", "items_subtotal_price": 0,
        "cart_level_discount_applications": [], "discount_codes": [],
    });
    assert_eq!(cart, expected);
}

#[test]
fn a_line_has_prices_in_cents_and_every_member() {
    let mut browser = Browser::new();
    browser.post("/cart/add.js", json!({ "id": TEE, "quantity": 2 }));
    let cart = browser.cart();
    let mut line = cart["items"][0].clone();
    assert!(line["key"].as_str().unwrap().starts_with(&format!("{TEE}:")));
    line["key"] = Value::Null;
    let expected = json!({
        "id": TEE, "key": null, "quantity": 2, "variant_id": TEE,
        "product_id": 8_788_032_119_674_292_922_u64, "title": "Tee - White / XS",
        "product_title": "Tee", "variant_title": "White / XS", "price": 1_995,
        "original_price": 1_995, "discounted_price": 1_995, "final_price": 1_995,
        "line_price": 3_990, "original_line_price": 3_990, "final_line_price": 3_990,
        "total_discount": 0, "line_level_total_discount": 0, "sku": "TEE-WHI-XS", "grams": 180,
        "vendor": "Forecourt Demo", "product_type": "Shirts", "taxable": true,
        "gift_card": false, "requires_shipping": true, "properties": {}, "handle": "tee",
        "url": format!("/products/tee?variant={TEE}"), "image": null, "featured_image": null,
        "product_has_only_default_variant": false, "variant_options": ["White", "XS"],
        "options_with_values": [
            { "name": "Colour", "value": "White" }, { "name": "Size", "value": "XS" },
        ],
        "line_level_discount_allocations": [],
        "quantity_rule": { "min": 1, "max": null, "increment": 1 },
        "has_components": false, "selling_plan_allocation": null,
    });
    assert_eq!(line, expected);
    assert_eq!((&cart["total_weight"], &cart["total_price"]), (&json!(360), &json!(3_990)));
}

#[test]
fn a_path_may_begin_with_a_locale() {
    let mut browser = Browser::new();
    browser.post("/de-CH/cart/add.js", json!({ "id": TEE }));
    assert_eq!(json_of(&browser.get("/fr/cart.js")).1["item_count"], 1);
    assert_eq!(browser.get("/french/cart.js").status(), 404);
}

#[test]
fn two_browsers_have_two_carts() {
    let mut browser = Browser::new();
    browser.post("/cart/add.js", json!({ "id": TEE }));
    let cookies = std::mem::take(&mut browser.cookies);
    assert_eq!(browser.lines(), []);
    browser.cookies =
        vec![("cart".to_owned(), cookies[0].1.split("%3F").next().unwrap().to_owned())];
    // The token without its key opens nothing.
    assert_eq!(browser.lines(), []);
    browser.cookies = cookies;
    assert_eq!(browser.lines(), [(TEE, 1)]);
}

use infra_shopify::storefront::allocate;
use serde_json::json;

use super::*;

fn with_tees(quantity: u32) -> Browser {
    let mut browser = Browser::new();
    browser.post("/cart/add.js", json!({ "id": TEE, "quantity": quantity }));
    browser
}

fn enter(browser: &mut Browser, codes: &str) -> Value {
    let (status, cart) = browser.post("/cart/update.js", json!({ "discount": codes }));
    assert_eq!(status, 200);
    cart
}

/// The codes that are applicable.
fn applicable(cart: &Value) -> Vec<&str> {
    let codes = cart["discount_codes"].as_array().unwrap().iter();
    codes.filter(|one| one["applicable"] == true).map(|one| one["code"].as_str().unwrap()).collect()
}

#[test]
fn a_code_for_the_order_lowers_the_total_and_no_line() {
    let mut browser = with_tees(3);
    let cart = enter(&mut browser, "ride10");
    // 10 % of 59.85 is 5.985, and halves go up.
    assert_eq!(cart["discount_codes"], json!([{ "code": "ride10", "applicable": true }]));
    assert_eq!((&cart["total_discount"], &cart["total_price"]), (&json!(599), &json!(5_386)));
    assert_eq!(cart["original_total_price"], 5_985);
    assert_eq!(cart["items_subtotal_price"], 5_985);
    assert_eq!(cart["items"][0]["final_line_price"], 5_985);
    let application = json!([{
        "type": "discount_code", "title": "RIDE10", "value": "10.0", "value_type": "percentage",
        "allocation_method": "across", "target_selection": "all", "target_type": "line_item",
        "total_allocated_amount": 599,
    }]);
    assert_eq!(cart["cart_level_discount_applications"], application);
}

#[test]
fn a_code_for_products_lowers_their_lines_and_changes_their_keys() {
    let mut browser = with_tees(2);
    browser.post("/cart/add.js", json!({ "id": BIKE }));
    let before = browser.cart();
    let cart = enter(&mut browser, "TEES");
    // 25.5 % of 39.90 is 10.1745.
    let line = &cart["items"][1];
    assert_eq!(
        (&line["final_line_price"], &line["total_discount"]),
        (&json!(2_973), &json!(1_017))
    );
    assert_eq!(line["line_level_discount_allocations"][0]["amount"], 1_017);
    let application = &line["line_level_discount_allocations"][0]["discount_application"];
    assert_eq!(application["value"], "25.5");
    assert_eq!(application["target_selection"], "entitled");
    assert_eq!(cart["items"][0]["total_discount"], 0);
    assert_eq!(cart["cart_level_discount_applications"], json!([]));
    assert_eq!(cart["items_subtotal_price"], 132_873);
    assert_eq!(before["items"][0]["key"], cart["items"][0]["key"]);
    assert_ne!(before["items"][1]["key"], line["key"]);
    // The old key is worth nothing any more.
    let stale = json!({ "id": before["items"][1]["key"], "quantity": 1 });
    assert_eq!(browser.post("/cart/change.js", stale).0, 400);
}

#[test]
fn codes_combine_only_if_both_allow_it() {
    let mut browser = with_tees(2);
    let cart = enter(&mut browser, "TEES, FIVE");
    assert_eq!(applicable(&cart), ["TEES", "FIVE"]);
    assert_eq!(cart["total_price"], 3_990 - 1_017 - 500);
    let cart = enter(&mut browser, "TEES,RIDE10");
    assert_eq!(applicable(&cart), ["TEES"]);
    let cart = enter(&mut browser, "RIDE10,TEES,ride10");
    assert_eq!(applicable(&cart), ["RIDE10"]);
    assert_eq!(applicable(&enter(&mut browser, "")), [""; 0]);
}

#[test]
fn a_code_is_applicable_only_where_there_is_something_to_lower() {
    let mut browser = Browser::new();
    browser.post("/cart/add.js", json!({ "id": GIFT_CARD }));
    assert_eq!(applicable(&enter(&mut browser, "RIDE10")), [""; 0]);
    browser.post("/cart/add.js", json!({ "id": TEE }));
    // A gift card is never discounted.
    assert_eq!(browser.cart()["total_discount"], 200);
    assert_eq!(applicable(&enter(&mut browser, "BIG")), [""; 0]);
    browser.post("/cart/add.js", json!({ "id": BIKE }));
    assert_eq!(applicable(&browser.cart()), ["BIG"]);
    assert_eq!(applicable(&enter(&mut browser, "UNKNOWN,EARLY")), [""; 0]);
}

#[test]
fn a_fixed_amount_is_never_more_than_the_cart() {
    let mut browser = with_tees(1);
    browser.post("/cart/update.js", json!({ "discount": "FIVE" }));
    assert_eq!(browser.cart()["total_price"], 1_495);
    let application = &browser.cart()["cart_level_discount_applications"][0];
    assert_eq!(
        (&application["value"], &application["value_type"]),
        (&json!("5.00"), &json!("fixed_amount"))
    );
}

#[test]
fn a_code_of_one_customer_needs_that_customer() {
    let mut browser = with_tees(1);
    assert_eq!(applicable(&enter(&mut browser, "ADA")), [""; 0]);
    let form = "application/x-www-form-urlencoded";
    browser.post_as("/account/login", form, "email=ADA%40example.com");
    assert_eq!(applicable(&browser.cart()), ["ADA"]);
}

#[test]
fn a_cart_takes_five_codes() {
    let mut browser = with_tees(1);
    let answer = browser.post("/cart/update.js", json!({ "discount": "a,b,c,d,e,f" }));
    assert_eq!(error(&answer), (422, "A cart takes 5 discount codes at most."));
}

#[test]
fn an_amount_is_divided_exactly_and_the_rest_goes_to_the_largest_remainders() {
    let table: [(i64, &[i64], &[i64]); 7] = [
        (100, &[1, 1, 1], &[34, 33, 33]),
        (10, &[5, 0, 15], &[3, 0, 7]),
        (7, &[3, 3, 1], &[3, 3, 1]),
        (2, &[1, 2, 2], &[0, 1, 1]),
        (5, &[], &[]),
        (5, &[0, 0], &[0, 0]),
        (i64::MAX, &[i64::MAX, i64::MAX], &[4_611_686_018_427_387_904, 4_611_686_018_427_387_903]),
    ];
    for (amount, weights, parts) in table {
        assert_eq!(allocate(amount, weights), parts, "{amount} over {weights:?}");
    }
}

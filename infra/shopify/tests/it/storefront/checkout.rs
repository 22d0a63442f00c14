use std::collections::BTreeSet;

use infra_shopify::storefront::{CheckoutError, Placement};
use serde_json::json;

use super::*;

fn placement() -> Placement {
    Placement {
        order_id: 820_982_911_946_154_508,
        first_line_id: 866_550_311_766_439_020,
        number: 1042,
        now_ms: NOW_MS + 123,
        utc_offset_minutes: 60,
        is_paid: true,
        is_test: false,
        source_name: "web".to_owned(),
    }
}

fn check_out(browser: &mut Browser, placement: &Placement) -> Result<Value, CheckoutError> {
    let mut headers = http::HeaderMap::new();
    for (name, value) in &browser.cookies {
        headers.append("cookie", format!("{name}={value}").parse().unwrap());
    }
    let shop = browser.shop();
    browser.storefront.check_out(&headers, &shop, "guest@example.com", placement)
}

fn set(amount: &str) -> Value {
    let money = json!({ "amount": amount, "currency_code": "EUR" });
    json!({ "shop_money": money, "presentment_money": money })
}

/// A signed-in customer with two tees, a gift card and a code.
fn ready() -> Browser {
    let mut browser = Browser::new();
    let form = "application/x-www-form-urlencoded";
    browser.post_as("/account/login", form, "email=ada%40example.com");
    let print = json!({ "Print": "Ada", "_line": "b3JkZXJlZA" });
    let items = json!({ "items": [
        { "id": GIFT_CARD }, { "id": BIKE }, { "id": TEE, "quantity": 2, "properties": print },
    ] });
    browser.post("/cart/add.js", items);
    let attributes = json!({ "forecourt_cart": "link", "__private": "p" });
    let body = json!({ "note": "Ring", "attributes": attributes, "discount": "RIDE10,NONE" });
    browser.post("/cart/update.js", body);
    browser
}

#[test]
fn an_order_has_the_totals_of_the_cart() {
    let mut browser = ready();
    let cart = browser.cart();
    let order = check_out(&mut browser, &placement()).unwrap();
    assert_eq!(
        (&order["id"], &order["name"]),
        (&json!(820_982_911_946_154_508_u64), &json!("#1042"))
    );
    assert_eq!(order["created_at"], "2027-01-15T09:00:00+01:00");
    assert_eq!(order["processed_at"], "2027-01-15T09:00:00+01:00");
    assert_eq!((&order["financial_status"], &order["test"]), (&json!("paid"), &json!(false)));
    // 39.90 + 1299.00 + 50.00, less 10 % of 1338.90.
    assert_eq!(order["total_line_items_price"], "1388.90");
    assert_eq!(order["total_discounts"], "133.89");
    assert_eq!(order["total_price"], "1255.01");
    assert_eq!(order["subtotal_price_set"], set("1255.01"));
    assert_eq!(order["total_outstanding"], "0.00");
    assert_eq!(order["total_weight"], 360);
    assert_eq!(cart["total_price"], 125_501);
    let codes = json!([{ "code": "RIDE10", "amount": "133.89", "type": "percentage" }]);
    assert_eq!(order["discount_codes"], codes);
    assert_eq!(order["discount_applications"][0]["value"], "10.0");
    let token = cart["token"].as_str().unwrap().split('?').next().unwrap();
    assert_eq!(order["cart_token"], token);
}

#[test]
fn an_order_names_its_customer_attributes_and_note() {
    let order = check_out(&mut ready(), &placement()).unwrap();
    assert_eq!(
        (&order["customer"]["id"], &order["email"]),
        (&json!(1001), &json!("ada@example.com"))
    );
    assert_eq!(order["customer"]["tags"], "member, newsletter");
    let attributes = json!([
        { "name": "__private", "value": "p" }, { "name": "forecourt_cart", "value": "link" },
    ]);
    assert_eq!(order["note_attributes"], attributes);
    assert_eq!((&order["note"], &order["source_name"]), (&json!("Ring"), &json!("web")));
}

#[test]
fn a_line_item_has_its_price_properties_and_share_of_the_discount() {
    let order = check_out(&mut ready(), &placement()).unwrap();
    let lines = order["line_items"].as_array().unwrap();
    let tee = &lines[0];
    assert_eq!(tee["id"], 866_550_311_766_439_020_u64);
    assert_eq!((&tee["variant_id"], &tee["quantity"]), (&json!(TEE), &json!(2)));
    assert_eq!((&tee["price"], &tee["price_set"]), (&json!("19.95"), &set("19.95")));
    assert_eq!((&tee["title"], &tee["variant_title"]), (&json!("Tee"), &json!("White / XS")));
    assert_eq!((&tee["name"], &tee["sku"]), (&json!("Tee - White / XS"), &json!("TEE-WHI-XS")));
    let properties = json!([
        { "name": "Print", "value": "Ada" }, { "name": "_line", "value": "b3JkZXJlZA" },
    ]);
    assert_eq!(tee["properties"], properties);
    let allocation = |amount: &str| json!([{ "amount": amount, "amount_set": set(amount), "discount_application_index": 0 }]);
    assert_eq!(tee["discount_allocations"], allocation("3.99"));
    assert_eq!(lines[1]["discount_allocations"], allocation("129.90"));
    assert_eq!(
        (&lines[2]["gift_card"], &lines[2]["discount_allocations"]),
        (&json!(true), &json!([]))
    );
    assert_eq!(lines[2]["id"], 866_550_311_766_439_022_u64);
}

#[test]
fn a_guest_is_the_customer_with_the_address_and_pays_later() {
    let mut browser = Browser::new();
    browser.post("/cart/add.js", json!({ "id": TEE }));
    let placement = Placement { is_paid: false, is_test: true, ..placement() };
    let order = check_out(&mut browser, &placement).unwrap();
    assert_eq!(
        (&order["customer"]["id"], &order["email"]),
        (&json!(1002), &json!("guest@example.com"))
    );
    assert_eq!((&order["financial_status"], &order["test"]), (&json!("pending"), &json!(true)));
    assert_eq!(order["total_outstanding"], "19.95");
}

#[test]
fn the_cart_is_gone_after_the_checkout_and_stays_if_there_was_none() {
    let mut browser = Browser::new();
    assert_eq!(check_out(&mut browser, &placement()), Err(CheckoutError::Empty));
    browser.post("/cart/add.js", json!({ "id": TEE, "quantity": 6 }));
    let error = check_out(&mut browser, &placement()).unwrap_err();
    assert_eq!(error.to_string(), "Only 5 of Tee - White / XS are left.");
    assert_eq!(browser.lines(), [(TEE, 6)]);
    browser.post("/cart/change.js", json!({ "line": 1, "quantity": 5 }));
    assert!(check_out(&mut browser, &placement()).is_ok());
    assert_eq!(browser.lines(), []);
    assert_eq!(check_out(&mut browser, &placement()), Err(CheckoutError::Empty));
}

/// A paid order as Shopify documents it: the fixture that Forecourt is tested with.
const DOCUMENTED: &str = include_str!("../../../../local/fixtures/orders-paid.json");

#[test]
fn an_order_has_exactly_the_members_that_shopify_documents() {
    let order = check_out(&mut ready(), &placement()).unwrap();
    let documented: Value = serde_json::from_str(DOCUMENTED).unwrap();
    let names = |value: &Value| -> BTreeSet<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    let difference = |one: &Value, two: &Value| -> Vec<String> {
        names(one).symmetric_difference(&names(two)).cloned().collect()
    };
    assert_eq!(difference(&order, &documented), [""; 0]);
    let line = |order: &Value| order["line_items"][0].clone();
    assert_eq!(difference(&line(&order), &line(&documented)), [""; 0]);
    assert_eq!(difference(&order["customer"], &documented["customer"]), [""; 0]);
}

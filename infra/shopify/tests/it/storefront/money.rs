use serde_json::json;

use super::*;

#[test]
fn a_decimal_has_the_digits_of_its_currency() {
    let decimal = |code: &str, minor: i64| Currency::of(code).unwrap().decimal(minor);
    assert_eq!(decimal("EUR", 123_405), "1234.05");
    assert_eq!(decimal("EUR", -5), "-0.05");
    assert_eq!(decimal("JPY", 1_000), "1000");
    assert_eq!(decimal("KWD", 1_005), "1.005");
    assert_eq!(decimal("EUR", i64::MIN), "-92233720368547758.08");
}

#[test]
fn a_currency_has_three_capitals() {
    assert_eq!(Currency::of("EUR").unwrap().code(), "EUR");
    for code in ["", "eur", "EURO", "E1R"] {
        assert_eq!(Currency::of(code), None, "{code}");
    }
}

#[test]
fn the_actions_divide_by_the_decimals_of_the_ajax_api() {
    for (code, decimals) in [("EUR", 2), ("JPY", 2), ("KWD", 3)] {
        let script = Browser::paying_in(code).get("/actions.js");
        let script = std::str::from_utf8(script.body()).unwrap();
        assert!(script.contains(&format!("const DECIMALS = {decimals};")), "{code}");
    }
    // 129.900 dinars.
    assert_eq!(Currency::of("KWD").unwrap().ajax(129_900), 129_900);
}

#[test]
fn the_ajax_api_appends_two_digits_to_yen() {
    let mut browser = Browser::paying_in("JPY");
    browser.post("/cart/add.js", json!({ "id": TEE, "quantity": 2 }));
    let cart = browser.cart();
    assert_eq!((&cart["currency"], &cart["total_price"]), (&json!("JPY"), &json!(399_000)));
    assert_eq!(cart["items"][0]["price"], 199_500);
}

use serde_json::json;

use super::*;

fn location(response: &Response<Bytes>) -> (u16, &str) {
    (response.status().as_u16(), response.headers()["location"].to_str().unwrap())
}

#[test]
fn a_discount_link_enters_its_code_and_leads_on() {
    let mut browser = Browser::new();
    browser.post("/cart/add.js", json!({ "id": TEE }));
    let response = browser.get("/discount/RIDE%31%30?redirect=/collections/all");
    assert_eq!(location(&response), (302, "/collections/all"));
    let codes = &browser.cart()["discount_codes"];
    assert_eq!(*codes, json!([{ "code": "RIDE10", "applicable": true }]));
    assert_eq!(location(&browser.get("/discount/RIDE10")), (302, "/"));
}

#[test]
fn a_discount_link_leads_to_no_other_site() {
    let mut browser = Browser::new();
    let targets = [
        "//evil.example",
        "https://evil.example",
        "evil",
        // Browsers read all of these as `//evil.example`.
        "/%5Cevil.example",
        "/%09/evil.example",
        "/%0A/evil.example",
        "%5C%5Cevil.example",
    ];
    for target in targets {
        let response = browser.get(&format!("/discount/RIDE10?redirect={target}"));
        assert_eq!(location(&response), (302, "/"), "{target}");
    }
}

#[test]
fn the_head_of_a_link_changes_nothing_and_other_methods_are_refused() {
    let mut browser = Browser::new();
    browser.post("/cart/add.js", json!({ "id": TEE }));
    for path in ["/cart/clear.js", "/discount/RIDE10", &format!("/cart/{BIKE}:1")] {
        browser.send(Request::head(path).body(Bytes::new()).unwrap());
        assert_eq!(browser.lines(), [(TEE, 1)], "{path}");
        assert_eq!(browser.cart()["discount_codes"], json!([]), "{path}");
        let deleted = browser.send(Request::delete(path).body(Bytes::new()).unwrap());
        assert_eq!(deleted.status(), 405, "{path}");
    }
}

#[test]
fn a_permalink_replaces_the_cart() {
    let mut browser = Browser::new();
    browser.post("/cart/add.js", json!({ "id": GIFT_CARD }));
    // {"frame":"steel"}
    let properties = "eyJmcmFtZSI6InN0ZWVsIn0";
    let path = format!(
        "/cart/{BIKE}:1,{TEE}:2?discount=RIDE10&note=hi&attributes[forecourt_cart]=link&properties={properties}"
    );
    assert_eq!(location(&browser.get(&path)), (302, "/checkout"));
    assert_eq!(browser.lines(), [(BIKE, 1), (TEE, 2)]);
    let cart = browser.cart();
    assert_eq!(cart["items"][0]["properties"], json!({ "frame": "steel" }));
    assert_eq!(cart["attributes"], json!({ "forecourt_cart": "link" }));
    assert_eq!(
        (&cart["note"], &cart["discount_codes"][0]["code"]),
        (&json!("hi"), &json!("RIDE10"))
    );
    let path = format!("/cart/{BIKE}:1?storefront=true");
    assert_eq!(location(&browser.get(&path)), (302, "/cart"));
    assert_eq!(browser.cart()["note"], Value::Null);
}

#[test]
fn a_permalink_that_cannot_be_carried_out_changes_nothing() {
    let mut browser = Browser::new();
    browser.post("/cart/add.js", json!({ "id": GIFT_CARD }));
    let table = [
        (format!("/cart/{BIKE}"), 404, "The local storefront has no such page."),
        ("/cart/1:1".to_owned(), 404, "Cannot find variant"),
        (format!("/cart/{TEE}:6"), 422, "Only 5 items were added to your cart."),
        (
            format!("/cart/{BIKE}:1?properties=W10"),
            400,
            "properties is not an object of up to 25 in URL-safe base64",
        ),
    ];
    for (path, status, description) in table {
        assert_eq!(error(&json_of(&browser.get(&path))), (status, description), "{path}");
    }
    assert_eq!(browser.lines(), [(GIFT_CARD, 1)]);
}

//! Discount codes at the checkout: what restricts them.

use super::*;

#[tokio::test]
async fn a_discount_code_made_by_the_app_lowers_the_next_checkout_once() {
    let (shop, _) = shop();
    let create = "mutation($discount: DiscountCodeBasicInput!) {
        discountCodeBasicCreate(basicCodeDiscount: $discount) { userErrors { message } } }";
    let discount = json!({ "discount": {
        "title": "Reward", "code": "FIVE", "startsAt": "2026-01-01T00:00:00Z", "usageLimit": 1,
        "customerGets": { "value": { "discountAmount":
            { "amount": "5.00", "appliesOnEachItem": false } }, "items": { "all": true } },
        "context": { "all": "ALL" },
    } });
    let made = shop.execute(create, discount).unwrap();
    assert_eq!(made["discountCodeBasicCreate"]["userErrors"], json!([]), "{made}");
    let mut totals = Vec::new();
    for _ in 0..2 {
        let mut browser = Browser::of(&shop);
        browser.send("POST", "/cart/add.js", "id=11&quantity=1").await;
        browser.send("GET", "/discount/FIVE", "").await;
        let (_, text) = browser.send("POST", "/checkout", "email=a@example.com").await;
        let order: Value = serde_json::from_str(&text).unwrap();
        totals.push(order["total_price"].clone());
    }
    assert_eq!(totals, ["14.90", "19.90"], "a code is used once");
}

/// Creates the code FIVE, 5.00 off, with more of the input; what a guest's cart of two tees costs with it.
async fn total_with_five(more: Value, email: &str) -> Value {
    let (shop, _) = shop();
    let mut input = json!({
        "title": "Reward", "code": "FIVE", "startsAt": "2026-01-01T00:00:00Z",
        "customerGets": { "value": { "discountAmount":
            { "amount": "5.00", "appliesOnEachItem": false } }, "items": { "all": true } },
        "context": { "all": "ALL" },
    });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let create = "mutation($discount: DiscountCodeBasicInput!) {
        discountCodeBasicCreate(basicCodeDiscount: $discount) { userErrors { message } } }";
    let made = shop.execute(create, json!({ "discount": input })).unwrap();
    assert_eq!(made["discountCodeBasicCreate"]["userErrors"], json!([]), "{made}");
    let mut browser = Browser::of(&shop);
    browser.send("POST", "/cart/add.js", "id=11&quantity=2").await;
    browser.send("GET", "/discount/FIVE", "").await;
    let (status, text) = browser.send("POST", "/checkout", &format!("email={email}")).await;
    assert_eq!(status, StatusCode::OK, "{text}");
    serde_json::from_str::<Value>(&text).unwrap()["total_price"].clone()
}

#[tokio::test]
async fn a_code_lowers_only_what_it_is_for() {
    let ada = json!({ "customers": { "add": ["gid://shopify/Customer/1001"] } });
    let gets = |items: Value, each: bool| {
        json!({ "customerGets": { "items": items, "value":
            { "discountAmount": { "amount": "5.00", "appliesOnEachItem": each } } } })
    };
    let tee = json!({ "products": { "productsToAdd": ["gid://shopify/Product/1"] } });
    let tee_variant =
        json!({ "products": { "productVariantsToAdd": ["gid://shopify/ProductVariant/11"] } });
    let bike = json!({ "products": { "productsToAdd": ["gid://shopify/Product/2"] } });
    let least = |subtotal: &str| json!({ "minimumRequirement": { "subtotal": { "greaterThanOrEqualToSubtotal": subtotal } } });
    let pieces = |count: &str| json!({ "minimumRequirement": { "quantity": { "greaterThanOrEqualToQuantity": count } } });
    for (more, guest, customer) in [
        (json!({}), "34.80", "34.80"),
        (json!({ "context": ada }), "39.80", "34.80"),
        (least("39.80"), "34.80", "34.80"),
        (least("39.81"), "39.80", "39.80"),
        (pieces("2"), "34.80", "34.80"),
        (pieces("3"), "39.80", "39.80"),
        (gets(tee.clone(), false), "34.80", "34.80"),
        (gets(tee, true), "29.80", "29.80"),
        (gets(tee_variant, false), "34.80", "34.80"),
        (gets(bike, false), "39.80", "39.80"),
    ] {
        let total = total_with_five(more.clone(), "guest@example.com").await;
        assert_eq!(total, guest, "a guest: {more}");
        let total = total_with_five(more.clone(), "ada@example.com").await;
        assert_eq!(total, customer, "a customer: {more}");
    }
}

#[tokio::test]
async fn a_code_for_one_use_of_each_customer_is_used_once_by_each() {
    let (shop, _) = shop();
    let create = "mutation($discount: DiscountCodeBasicInput!) {
        discountCodeBasicCreate(basicCodeDiscount: $discount) { userErrors { message } } }";
    let discount = json!({ "discount": {
        "title": "Once", "code": "ONCE", "startsAt": "2026-01-01T00:00:00Z",
        "appliesOncePerCustomer": true, "context": { "all": "ALL" },
        "customerGets": { "value": { "percentage": 0.5 }, "items": { "all": true } },
    } });
    shop.execute(create, discount).unwrap();
    let mut totals = Vec::new();
    for email in ["ada@example.com", "bob@example.com", "ada@example.com", "bob@example.com"] {
        let mut browser = Browser::of(&shop);
        browser.send("POST", "/cart/add.js", "id=11&quantity=1").await;
        browser.send("GET", "/discount/ONCE", "").await;
        let (_, text) = browser.send("POST", "/checkout", &format!("email={email}")).await;
        totals.push(serde_json::from_str::<Value>(&text).unwrap()["total_price"].clone());
    }
    assert_eq!(totals, ["9.95", "9.95", "19.90", "19.90"]);
}

//! What is bought in the storefront.

use super::*;

#[tokio::test]
async fn what_is_bought_is_an_order_of_the_admin_api_and_two_webhooks() {
    let (shop, _) = shop();
    let (_, order) = bought(&shop).await;
    assert_eq!(order["customer"]["id"], 1001);
    assert_eq!(order["total_price"], "39.80");
    let queued = queued(&shop);
    let topics: Vec<&str> = queued.iter().map(|(topic, _)| topic.as_str()).collect();
    assert_eq!(topics, ["orders/create", "orders/paid"]);
    assert_eq!(queued[1].1["id"], order["id"]);
    let query = "query($id: ID!) { order(id: $id) { name displayFinancialStatus
        totalPriceSet { shopMoney { amount } } customer { email }
        lineItems(first: 5) { nodes { id quantity variant { id } } } } }";
    let id = format!("gid://shopify/Order/{}", order["id"]);
    let data = shop.execute(query, json!({ "id": id })).unwrap();
    let line = format!("gid://shopify/LineItem/{}", order["line_items"][0]["id"]);
    assert_eq!(
        data["order"],
        json!({"name": order["name"], "displayFinancialStatus": "PAID",
            "totalPriceSet": {"shopMoney": {"amount": "39.8"}},
            "customer": {"email": "ada@example.com"},
            "lineItems": {"nodes": [{"id": line, "quantity": 2,
                "variant": {"id": "gid://shopify/ProductVariant/11"}}]}})
    );
}

#[tokio::test]
async fn an_empty_cart_is_not_bought_and_nothing_is_sent() {
    let (shop, _) = shop();
    let (status, text) = Browser::of(&shop).send("POST", "/checkout", "email=a@example.com").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text.contains("The cart is empty."), "{text}");
    assert_eq!(queued(&shop), []);
}

#[tokio::test]
async fn a_later_start_uses_no_id_again() {
    let mut ids = Vec::new();
    for start in 0..2 {
        let (shop, _) = started(NOW_MS + start * 1_000, "EUR");
        let (_, order) = bought(&shop).await;
        ids.push(order["id"].as_u64().unwrap());
        ids.push(order["line_items"][0]["id"].as_u64().unwrap());
    }
    assert_eq!(ids[1], ids[0] + 1);
    // A thousand ids for each millisecond.
    assert_eq!(ids[2] - ids[0], 1_000_000);
}

#[tokio::test]
async fn a_guest_is_the_customer_with_the_address_or_a_new_one() {
    let (shop, _) = shop();
    let mut customers = Vec::new();
    for email in ["ADA@example.com", "bob@example.com", "bob@example.com"] {
        let mut browser = Browser::of(&shop);
        browser.send("POST", "/cart/add.js", "id=11&quantity=1").await;
        let (_, text) = browser.send("POST", "/checkout", &format!("email={email}")).await;
        let order: Value = serde_json::from_str(&text).unwrap();
        customers.push(order["customer"]["id"].as_u64().unwrap());
    }
    assert_eq!((customers[0], customers[1] == customers[2]), (1001, true));
    let queued = queued(&shop);
    assert_eq!(
        topics(&queued),
        [
            "orders/create",
            "orders/paid",
            "customers/create",
            "orders/create",
            "orders/paid",
            "orders/create",
            "orders/paid"
        ]
    );
    assert_eq!(queued[2].1["email"], "bob@example.com");
    let mut browser = Browser::of(&shop);
    browser.send("POST", "/cart/add.js", "id=11&quantity=1").await;
    let (status, text) = browser.send("POST", "/checkout", "email=nowhere").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text.contains("Enter a valid e-mail address."), "{text}");
}

#[tokio::test]
async fn what_is_sold_leaves_the_stock_and_comes_back_with_a_cancellation() {
    let (shop, _) = shop();
    let set = "mutation {
        inventoryItemUpdate(id: \"gid://shopify/InventoryItem/11\", input: { tracked: true }) { userErrors { message } }
        productVariantsBulkUpdate(productId: \"gid://shopify/Product/1\", variants: [
            { id: \"gid://shopify/ProductVariant/11\", inventoryPolicy: DENY }]) { userErrors { message } }
        inventorySetQuantities(input: { name: \"available\", reason: \"correction\", quantities: [
            { inventoryItemId: \"gid://shopify/InventoryItem/11\", locationId: \"gid://shopify/Location/1\",
                quantity: 3, changeFromQuantity: null }] }) @idempotent(key: \"k\") { userErrors { message } } }";
    shop.execute(set, json!({})).unwrap();
    let left = || {
        let read =
            "{ productVariant(id: \"gid://shopify/ProductVariant/11\") { inventoryQuantity } }";
        shop.execute(read, json!({})).unwrap()["productVariant"]["inventoryQuantity"].clone()
    };
    assert_eq!(left(), 3);
    let (_, order) = bought(&shop).await;
    assert_eq!(left(), 1);
    let mut browser = Browser::of(&shop);
    let (status, text) = browser.send("POST", "/cart/add.js", "id=11&quantity=2").await;
    assert_eq!(status, StatusCode::OK, "{text}");
    let (status, text) = browser.send("POST", "/checkout", "email=bob@example.com").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text.contains("Only 1 of Tee are left."), "{text}");
    browser.send("POST", &format!("/_shopify/orders/{}/cancel", order["id"]), "").await;
    assert_eq!(left(), 3);
}

#[tokio::test]
async fn a_variant_without_a_price_in_the_currency_is_not_sold() {
    let (shop, _) = started(NOW_MS, "JPY");
    let set = "mutation($price: Money!) { productVariantsBulkUpdate(productId: \"gid://shopify/Product/1\", variants: [
        { id: \"gid://shopify/ProductVariant/11\", price: $price }]) { userErrors { message } } }";
    let answer = shop.execute(set, json!({ "price": "10.5" })).unwrap();
    let message = &answer["productVariantsBulkUpdate"]["userErrors"][0]["message"];
    assert_eq!(*message, "Amounts in JPY have 0 decimal places");
    shop.execute(set, json!({ "price": "99999999999999999999" })).unwrap();
    let (status, text) = Browser::of(&shop).send("POST", "/cart/add.js", "id=11&quantity=1").await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{text}");
}

//! Webhooks of changes: which, how often, with what.

use super::*;

#[tokio::test]
async fn a_refund_and_a_cancellation_by_hand_are_sent_with_the_lines_of_the_order() {
    let (shop, _) = shop();
    let (mut browser, order) = bought(&shop).await;
    queued(&shop);
    let path = |act: &str| format!("/_shopify/orders/{}/{act}", order["id"]);
    let (status, text) = browser.send("POST", &path("refund"), "").await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{text}");
    let refund = queued(&shop).into_iter().find(|(topic, _)| topic == "refunds/create").unwrap().1;
    assert_eq!(refund["order_id"], order["id"]);
    assert_eq!(refund["refund_line_items"][0]["line_item_id"], order["line_items"][0]["id"]);
    assert_eq!(refund["refund_line_items"][0]["quantity"], 1);
    browser.send("POST", &path("cancel"), "").await;
    let cancelled = queued(&shop).into_iter().find(|(topic, _)| topic == "orders/cancelled");
    let cancelled = cancelled.unwrap().1;
    assert_eq!(cancelled["id"], order["id"]);
    assert_eq!(cancelled["cancelled_at"], "2026-11-21T12:00:00Z");
    let (_, page) = browser.send("GET", "/_shopify", "").await;
    assert!(page.contains("cancelled"), "{page}");
}

#[tokio::test]
async fn a_later_webhook_differs_from_the_first_one_in_what_has_changed() {
    for (currency, price) in [("EUR", "39.80"), ("JPY", "3980"), ("KWD", "3.980")] {
        let (shop, clock) = started(NOW_MS, currency);
        let create = "mutation($d: DiscountCodeBasicInput!) {
            discountCodeBasicCreate(basicCodeDiscount: $d) { userErrors { message } } }";
        let half = json!({ "title": "Half", "code": "HALF", "startsAt": "2026-01-01T00:00:00Z",
            "context": { "all": "ALL" },
            "customerGets": { "value": { "percentage": 0.5 }, "items": { "all": true } } });
        shop.execute(create, json!({ "d": half })).unwrap();
        let mut browser = Browser::of(&shop);
        browser.send("POST", "/cart/add.js", "id=11&quantity=4").await;
        browser.send("GET", "/discount/HALF", "").await;
        let (_, text) = browser.send("POST", "/checkout", "email=ada@example.com").await;
        let order: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(order["total_price"], price);
        assert_eq!(order["discount_codes"][0]["amount"], price);
        queued(&shop);
        clock.advance(10_000);
        let tag =
            "mutation($id: ID!) { tagsAdd(id: $id, tags: [\"vip\"]) { userErrors { message } } }";
        shop.execute(tag, json!({ "id": order["admin_graphql_api_id"] })).unwrap();
        shop.publish_pending();
        let queued = queued(&shop);
        assert_eq!(topics(&queued), ["orders/updated"]);
        let mut expected = order.clone();
        expected["updated_at"] = json!("2026-11-21T12:00:10Z");
        expected["tags"] = json!("vip");
        assert_eq!(queued[0].1, expected, "{currency}");
    }
}

#[tokio::test]
async fn an_order_is_paid_and_cancelled_once() {
    let (shop, _) = shop();
    let (mut browser, order) = bought(&shop).await;
    queued(&shop);
    let note = "mutation($id: ID!) { orderUpdate(input: { id: $id, note: \"x\" }) { userErrors { message } } }";
    let change = || {
        shop.execute(note, json!({ "id": order["admin_graphql_api_id"] })).unwrap();
        shop.publish_pending();
        let queued = queued(&shop);
        queued.into_iter().map(|(topic, _)| topic).collect::<Vec<_>>()
    };
    assert_eq!(change(), ["orders/updated"]);
    browser.send("POST", &format!("/_shopify/orders/{}/cancel", order["id"]), "").await;
    let cancelled = queued(&shop);
    assert_eq!(topics(&cancelled), ["refunds/create", "orders/updated", "orders/cancelled"]);
    assert_eq!(cancelled[1].1["refunds"][0]["transactions"][0]["amount"], "39.80");
    assert_eq!(cancelled[1].1["financial_status"], "refunded");
    assert_eq!(change(), ["orders/updated"]);
}

#[tokio::test]
async fn what_is_deleted_after_a_change_in_the_same_request_is_sent_as_deleted() {
    let (shop, _) = shop();
    let (_, order) = bought(&shop).await;
    queued(&shop);
    let both = "mutation($id: ID!) {
        orderUpdate(input: { id: $id, note: \"x\" }) { userErrors { message } }
        orderDelete(orderId: $id) { userErrors { message } } }";
    shop.execute(both, json!({ "id": order["admin_graphql_api_id"] })).unwrap();
    shop.publish_pending();
    let queued = queued(&shop);
    assert_eq!(topics(&queued), ["orders/delete"]);
    assert_eq!(queued[0].1, json!({ "id": order["id"] }));
}

#[tokio::test]
async fn an_edit_says_which_lines_have_more_and_fewer_pieces() {
    let (shop, _) = shop();
    let (_, order) = bought(&shop).await;
    queued(&shop);
    let begin = "mutation($id: ID!) { orderEditBegin(id: $id) { calculatedOrder { id } userErrors { message } } }";
    let edit = shop.execute(begin, json!({ "id": order["admin_graphql_api_id"] })).unwrap();
    let edit = &edit["orderEditBegin"]["calculatedOrder"]["id"];
    let line = &order["line_items"][0]["id"];
    let change = "mutation($id: ID!, $line: ID!) {
        orderEditAddCustomItem(id: $id, title: \"Lamp\", quantity: 2, price: { amount: \"4.50\", currencyCode: EUR }) { userErrors { message } }
        orderEditSetQuantity(id: $id, lineItemId: $line, quantity: 1) { userErrors { message } }
        orderEditCommit(id: $id) { order { lineItems(first: 5) { nodes { id } } } userErrors { message } } }";
    let line_gid = format!("gid://shopify/CalculatedLineItem/{line}");
    let committed = shop.execute(change, json!({ "id": edit, "line": line_gid })).unwrap();
    let lamp = &committed["orderEditCommit"]["order"]["lineItems"]["nodes"][1]["id"];
    let lamp: u64 = lamp.as_str().unwrap().rsplit('/').next().unwrap().parse().unwrap();
    shop.publish_pending();
    let queued = queued(&shop);
    let edited =
        &queued.iter().find(|(topic, _)| topic == "orders/edited").unwrap().1["order_edit"];
    assert_eq!(edited["order_id"], order["id"]);
    assert_eq!(
        edited["line_items"],
        json!({ "additions": [{ "id": lamp, "delta": 2 }], "removals": [{ "id": line, "delta": 1 }] })
    );
}

#[tokio::test]
async fn a_checkout_loses_no_webhook_of_an_earlier_request() {
    let (shop, _) = shop();
    let (_, order) = bought(&shop).await;
    queued(&shop);
    // A request whose changes are not published yet.
    let note = "mutation($id: ID!) { orderUpdate(input: { id: $id, note: \"x\" }) { userErrors { message } } }";
    shop.execute(note, json!({ "id": order["admin_graphql_api_id"] })).unwrap();
    bought(&shop).await;
    shop.publish_pending();
    let queued = queued(&shop);
    assert_eq!(topics(&queued), ["orders/updated", "orders/create", "orders/paid"]);
    assert_eq!((&queued[0].1["id"], &queued[0].1["note"]), (&order["id"], &json!("x")));
}

#[tokio::test]
async fn webhooks_of_two_requests_have_two_event_ids_and_those_of_one_share_it() {
    let (shop, _) = shop();
    let (_, order) = bought(&shop).await;
    let (_, other) = bought(&shop).await;
    queued(&shop);
    let cancel = "mutation($id: ID!) { orderCancel(orderId: $id, reason: CUSTOMER, refund: true, restock: true) { userErrors { message } } }";
    let note = "mutation($id: ID!) { orderUpdate(input: { id: $id, note: \"x\" }) { userErrors { message } } }";
    for (mutation, order) in [(note, order), (cancel, other)] {
        shop.execute(mutation, json!({ "id": order["admin_graphql_api_id"] })).unwrap();
    }
    shop.publish_pending();
    let mut queue = shop.webhooks().queue();
    let ids: Vec<String> = std::iter::from_fn(|| queue.take_due(NOW_MS))
        .map(|one| one.header("X-Shopify-Event-Id").unwrap().to_owned())
        .collect();
    // orders/updated of the note; orders/updated, orders/cancelled and refunds/create.
    assert_eq!(ids.len(), 4);
    assert!(ids[0] != ids[1] && ids[1] == ids[2] && ids[2] == ids[3], "{ids:?}");
}

#[tokio::test]
async fn a_clock_that_stands_still_holds_no_webhook_back() {
    let (shop, _) = shop();
    let mut cancelled = 0;
    for _ in 0..300 {
        let (mut browser, order) = bought(&shop).await;
        let path = format!("/_shopify/orders/{}/cancel", order["id"]);
        assert_eq!(browser.send("POST", &path, "").await.0, StatusCode::SEE_OTHER);
        cancelled += queued(&shop).iter().filter(|(topic, _)| topic == "orders/cancelled").count();
    }
    assert_eq!(cancelled, 300);
}

#[tokio::test]
async fn a_refund_by_hand_gives_the_money_back() {
    let (shop, _) = shop();
    let (mut browser, order) = bought(&shop).await;
    queued(&shop);
    let path = format!("/_shopify/orders/{}/refund", order["id"]);
    for (status, refunded) in [("partially_refunded", "19.90"), ("refunded", "19.90")] {
        browser.send("POST", &path, "").await;
        let queued = queued(&shop);
        let refund = &queued.iter().find(|(topic, _)| topic == "refunds/create").unwrap().1;
        assert_eq!(refund["transactions"][0]["amount"], refunded);
        let updated = &queued.iter().find(|(topic, _)| topic == "orders/updated").unwrap().1;
        assert_eq!(updated["financial_status"], status);
    }
}

//! Orders: placed, refunded, edited, cancelled, given to another customer.

use serde_json::{Value, json};

use super::recording::World;
use super::values::world;

const ORDER: &str = "mutation($order: OrderCreateOrderInput!) { orderCreate(order: $order) {
    order { id name displayFinancialStatus totalPriceSet { shopMoney { amount } }
        lineItems(first: 5) { nodes { id quantity discountAllocations { allocatedAmountSet { shopMoney { amount } } } } } }
    userErrors { field message } } }";
const STATE: &str = "query($id: ID!) { order(id: $id) {
    displayFinancialStatus edited cancelledAt customer { email numberOfOrders }
    currentTotalPriceSet { shopMoney { amount } } totalRefundedSet { shopMoney { amount } }
    totalOutstandingSet { shopMoney { amount } } refunds(first: 5) { id }
    transactions(first: 9) { kind amountSet { shopMoney { amount } } } } }";

fn amount<'a>(value: &'a Value, field: &str) -> &'a Value {
    &value[field]["shopMoney"]["amount"]
}

/// An order of three bells for 10.00 and a bike for 90.00, 12.00 off, 5.00 for shipping.
fn place(world: &World) -> Value {
    let line = |title: &str, quantity: u32, price: &str| {
        json!({ "title": title, "quantity": quantity,
            "priceSet": { "shopMoney": { "amount": price, "currencyCode": "EUR" } } })
    };
    let order = json!({
        "email": "ann@example.com",
        "customer": { "toUpsert": { "email": "ann@example.com", "firstName": "Ann" } },
        "lineItems": [line("Bell", 3, "10.00"), line("Bike", 1, "90.00")],
        "financialStatus": "PAID",
        "discountCode": { "itemPercentageDiscountCode": { "code": "TEN", "percentage": 10 } },
        "shippingLines": [{ "title": "Post",
            "priceSet": { "shopMoney": { "amount": "5.00", "currencyCode": "EUR" } } }],
    });
    let answer = world.run(ORDER, json!({ "order": order }));
    assert_eq!(answer["data"]["orderCreate"]["userErrors"], json!([]), "{answer}");
    answer["data"]["orderCreate"]["order"].clone()
}

#[test]
fn a_discount_is_spread_over_the_lines() {
    let order = place(&world());
    assert_eq!(order["name"], "#1001");
    assert_eq!(order["displayFinancialStatus"], "PAID");
    assert_eq!(amount(&order, "totalPriceSet"), "113.0");
    let allocated = |line: usize| {
        let line = &order["lineItems"]["nodes"][line];
        amount(&line["discountAllocations"][0], "allocatedAmountSet").clone()
    };
    assert_eq!((allocated(0), allocated(1)), (json!("3.0"), json!("9.0")));
}

#[test]
fn a_repeated_refund_with_the_same_key_is_one_refund() {
    let world = world();
    let order = place(&world);
    let refund = "mutation($input: RefundInput!, $key: String!) {
        refundCreate(input: $input) @idempotent(key: $key) { refund { id
            refundLineItems(first: 5) { nodes { quantity subtotalSet { shopMoney { amount } } } } }
            userErrors { message } } }";
    let line = &order["lineItems"]["nodes"][0]["id"];
    let input = json!({ "orderId": order["id"],
        "refundLineItems": [{ "lineItemId": line, "quantity": 1 }],
        "transactions": [{ "orderId": order["id"], "kind": "REFUND", "gateway": "manual", "amount": "9.00" }] });
    let first = world.run(refund, json!({ "input": input, "key": "k1" }));
    let refunded = &first["data"]["refundCreate"]["refund"];
    assert_eq!(amount(&refunded["refundLineItems"]["nodes"][0], "subtotalSet"), "9.0");
    let again = world.run(refund, json!({ "input": input, "key": "k1" }));
    assert_eq!(again["data"]["refundCreate"]["refund"]["id"], refunded["id"]);
    let other = place(&world);
    let rows = json!([{ "lineItemId": other["lineItems"]["nodes"][0]["id"], "quantity": 1 }]);
    let input = json!({ "orderId": other["id"], "refundLineItems": rows });
    let mixed = world.run(refund, json!({ "input": input, "key": "k1" }));
    assert_eq!(
        mixed["errors"][0]["extensions"]["code"], "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
        "{mixed}"
    );
    let state = &world.run(STATE, json!({ "id": order["id"] }))["data"]["order"];
    assert_eq!(state["displayFinancialStatus"], "PARTIALLY_REFUNDED");
    assert_eq!(amount(state, "currentTotalPriceSet"), "104.0");
    assert_eq!(amount(state, "totalRefundedSet"), "9.0");
    assert_eq!(state["refunds"].as_array().unwrap().len(), 1);
    let bare = refund.replace("@idempotent(key: $key)", "").replace(", $key: String!", "");
    let refused = world.run(&bare, json!({ "input": input }));
    assert_eq!(refused["errors"][0]["extensions"]["code"], "BAD_REQUEST");
}

#[test]
fn an_edited_order_is_owed_for_what_was_added() {
    let world = world();
    let order = place(&world);
    let begin = "mutation($id: ID!) { orderEditBegin(id: $id) { calculatedOrder { id
        lineItems(first: 5) { nodes { id quantity } } } userErrors { message } } }";
    let edit = &world.run(begin, json!({ "id": order["id"] }))["data"]["orderEditBegin"]["calculatedOrder"];
    let change = "mutation($id: ID!, $line: ID!) {
        orderEditAddCustomItem(id: $id, title: \"Lamp\", quantity: 2,
            price: { amount: \"4.50\", currencyCode: EUR }) { userErrors { message } }
        orderEditSetQuantity(id: $id, lineItemId: $line, quantity: 0) { userErrors { message } }
        orderEditCommit(id: $id) { order { id } userErrors { message } } }";
    let line = &edit["lineItems"]["nodes"][0]["id"];
    let changed = world.run(change, json!({ "id": edit["id"], "line": line }));
    assert_eq!(changed["data"]["orderEditCommit"]["order"]["id"], order["id"], "{changed}");
    let state = &world.run(STATE, json!({ "id": order["id"] }))["data"]["order"];
    assert_eq!(state["edited"], true);
    // 113.00 less the bells (27.00), and two lamps (9.00).
    assert_eq!(amount(state, "currentTotalPriceSet"), "95.0");
    assert_eq!(amount(state, "totalOutstandingSet"), "0.0");
}

#[test]
fn a_cancelled_order_gives_all_money_back() {
    let world = world();
    let order = place(&world);
    let cancel = "mutation($id: ID!) { orderCancel(orderId: $id, reason: CUSTOMER, restock: true,
        refundMethod: { originalPaymentMethodsRefund: true }) { job { done } orderCancelUserErrors { message } } }";
    let cancelled = world.run(cancel, json!({ "id": order["id"] }));
    assert_eq!(cancelled["data"]["orderCancel"]["job"]["done"], true, "{cancelled}");
    let state = &world.run(STATE, json!({ "id": order["id"] }))["data"]["order"];
    assert_eq!(state["displayFinancialStatus"], "REFUNDED");
    assert_eq!(state["cancelledAt"], super::values::AT);
    assert_eq!(amount(state, "totalRefundedSet"), "113.0");
}

/// The names of the orders that a search finds.
fn found(world: &World, query: &str) -> Vec<String> {
    let search = "query($q: String!) { orders(first: 9, query: $q) { nodes { name } } }";
    let answer = world.run(search, json!({ "q": query }));
    let nodes = answer["data"]["orders"]["nodes"].as_array().unwrap();
    nodes.iter().map(|node| node["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn orders_are_found_by_what_is_computed_and_by_moments_of_any_zone() {
    let world = world();
    let first = place(&world);
    place(&world);
    let cancel = "mutation($id: ID!) { orderCancel(orderId: $id, reason: CUSTOMER, restock: true,
        refundMethod: { originalPaymentMethodsRefund: true }) { job { done } } }";
    world.run(cancel, json!({ "id": first["id"] }));
    world.wait(60);
    let customer = world.run(
        "query($id: ID!) { order(id: $id) { customer { legacyResourceId } } }",
        json!({ "id": first["id"] }),
    );
    let customer = customer["data"]["order"]["customer"]["legacyResourceId"].as_str().unwrap();
    for (query, expected) in [
        ("status:any", &["#1001", "#1002"][..]),
        ("status:open", &["#1002"]),
        ("status:cancelled", &["#1001"]),
        ("financial_status:paid", &["#1002"]),
        ("financial_status:refunded", &["#1001"]),
        (&format!("customer_id:{customer}"), &["#1001", "#1002"]),
        ("(name:#1001 OR name:#1002) AND name:#1003", &[]),
        ("(name:#1001 OR name:#1003) AND name:1001", &["#1001"]),
        // 10:00 UTC is 02:00 eight hours to the west.
        ("updated_at:<'2026-11-30T03:00:00-08:00'", &["#1001", "#1002"]),
        ("updated_at:<'2026-11-30T01:00:00-08:00'", &[]),
        ("created_at:2026-11-30", &["#1001", "#1002"]),
    ] {
        assert_eq!(found(&world, query), expected, "{query}");
    }
}

#[test]
fn refunds_of_single_pieces_are_together_what_was_paid() {
    let world = world();
    let line = json!([{ "title": "Set", "quantity": 3,
        "priceSet": { "shopMoney": { "amount": "6.67", "currencyCode": "EUR" } } }]);
    // 20.01 less 0.01: 20.00 for three pieces.
    let order = json!({ "lineItems": line, "financialStatus": "PAID", "discountCode": {
        "itemFixedDiscountCode": { "code": "CENT", "amountSet":
            { "shopMoney": { "amount": "0.01", "currencyCode": "EUR" } } } } });
    let order = world.run(ORDER, json!({ "order": order }))["data"]["orderCreate"]["order"].clone();
    let refund = "mutation($input: RefundInput!, $key: String!) {
        refundCreate(input: $input) @idempotent(key: $key) { refund {
            refundLineItems(first: 5) { nodes { subtotalSet { shopMoney { amount } } } } }
            userErrors { message } } }";
    let mut refunded = Vec::new();
    for key in ["a", "b", "c"] {
        let rows = [json!({ "lineItemId": order["lineItems"]["nodes"][0]["id"], "quantity": 1 })];
        let input = json!({ "orderId": order["id"], "refundLineItems": rows });
        let answer = world.run(refund, json!({ "input": input, "key": key }));
        let row = &answer["data"]["refundCreate"]["refund"]["refundLineItems"]["nodes"][0];
        refunded.push(amount(row, "subtotalSet").clone());
    }
    assert_eq!(refunded, ["6.67", "6.66", "6.67"]);
}

#[test]
fn only_what_was_received_is_paid() {
    let world = world();
    let placed = |transactions: Value| {
        let line = json!([{ "title": "Bike", "quantity": 1,
            "priceSet": { "shopMoney": { "amount": "30.00", "currencyCode": "EUR" } } }]);
        let order = json!({ "lineItems": line, "transactions": transactions });
        let answer = world.run(ORDER, json!({ "order": order }));
        let order = &answer["data"]["orderCreate"]["order"];
        let state = &world.run(STATE, json!({ "id": order["id"] }))["data"]["order"];
        let outstanding = amount(state, "totalOutstandingSet").clone();
        (state["displayFinancialStatus"].clone(), outstanding)
    };
    let transaction = |kind: &str, status: &str, amount: &str| {
        json!({ "kind": kind, "status": status, "amountSet":
            { "shopMoney": { "amount": amount, "currencyCode": "EUR" } } })
    };
    for (transactions, status, outstanding) in [
        (json!([transaction("SALE", "FAILURE", "30.00")]), "PENDING", "30.0"),
        (json!([transaction("AUTHORIZATION", "SUCCESS", "30.00")]), "AUTHORIZED", "30.0"),
        (json!([transaction("SALE", "SUCCESS", "10.00")]), "PARTIALLY_PAID", "20.0"),
        (json!([transaction("SALE", "SUCCESS", "30.00")]), "PAID", "0.0"),
    ] {
        let expected = (json!(status), json!(outstanding));
        assert_eq!(placed(transactions.clone()), expected, "{transactions}");
    }
}

#[test]
fn an_order_can_be_given_to_a_customer_later() {
    let world = world();
    let order = place(&world);
    let create =
        "mutation { customerCreate(input: { email: \"bob@example.com\" }) { customer { id } } }";
    let customer = world.run(create, json!({}))["data"]["customerCreate"]["customer"]["id"].clone();
    let give = "mutation($o: ID!, $c: ID!) { orderCustomerSet(orderId: $o, customerId: $c) { order { id } } }";
    world.run(give, json!({ "o": order["id"], "c": customer }));
    let state = &world.run(STATE, json!({ "id": order["id"] }))["data"]["order"];
    assert_eq!(state["customer"], json!({ "email": "bob@example.com", "numberOfOrders": "1" }));
}

#[test]
fn orders_are_found_by_their_update_and_read_page_by_page() {
    let world = world();
    place(&world);
    world.wait(60);
    place(&world);
    let search = "query($q: String!, $after: String) { orders(first: 1, after: $after, sortKey: UPDATED_AT, query: $q) {
        nodes { name } pageInfo { hasNextPage endCursor } } }";
    let read = |query: &str, after: Value| {
        world.run(search, json!({ "q": query, "after": after }))["data"]["orders"].clone()
    };
    let since = "updated_at:>='2026-11-30T10:00:30Z'";
    assert_eq!(read(since, Value::Null)["nodes"], json!([]), "the index does not know it yet");
    world.wait(5);
    assert_eq!(read(since, Value::Null)["nodes"], json!([{ "name": "#1002" }]));
    let first = read("updated_at:>='2026-11-30'", Value::Null);
    assert_eq!(first["nodes"], json!([{ "name": "#1001" }]));
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let second = read("updated_at:>='2026-11-30'", first["pageInfo"]["endCursor"].clone());
    assert_eq!(second["nodes"], json!([{ "name": "#1002" }]));
}

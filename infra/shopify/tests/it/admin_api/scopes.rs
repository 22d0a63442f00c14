//! What a token without a scope can't read or change, by any field that leads there.

use infra_shopify::admin_api::{Grant, Request, Version};
use serde_json::{Value, json};

use super::recording::World;
use super::values::world;

const DENIED: &str = "ACCESS_DENIED";

fn run(world: &World, scopes: &[&str], query: &str, variables: Value) -> Value {
    let scopes = Some(scopes.iter().map(|&scope| scope.to_owned()).collect());
    let grant = Grant { token: "token".to_owned(), scopes };
    let request =
        Request { query: query.to_owned(), variables: Some(variables), operation_name: None };
    world.api.execute(Version::default(), &grant, &request)
}

fn code(answer: &Value) -> &Value {
    &answer["errors"][0]["extensions"]["code"]
}

/// A shop with the order of a customer; their ids.
fn sold() -> (World, Value, Value) {
    let world = world();
    let order = json!({ "order": { "customer": { "toUpsert": { "email": "ann@example.com" } },
        "lineItems": [{ "title": "Bell", "quantity": 1,
            "priceSet": { "shopMoney": { "amount": "10.00", "currencyCode": "EUR" } } }] } });
    let answer = world.run(
        "mutation($order: OrderCreateOrderInput!) { orderCreate(order: $order) {
            order { id customer { id } } userErrors { message } } }",
        order,
    );
    let order = answer["data"]["orderCreate"]["order"].clone();
    (world, order["id"].clone(), order["customer"]["id"].clone())
}

#[test]
fn a_customer_is_hidden_on_every_way_without_read_customers() {
    let (world, order, customer) = sold();
    let ways = [
        ("{ customers(first: 1) { nodes { email } } }", json!({})),
        ("query($c: ID!) { customer(id: $c) { email } }", json!({ "c": customer })),
        ("query($c: ID!) { node(id: $c) { ... on Customer { email } } }", json!({ "c": customer })),
        (
            "query($c: ID!) { nodes(ids: [$c]) { ... on Customer { email } } }",
            json!({ "c": customer }),
        ),
        ("{ orders(first: 1) { nodes { customer { email } } } }", json!({})),
        (
            "query($o: ID!) { node(id: $o) { ... on Order { customer { email } } } }",
            json!({ "o": order }),
        ),
        (
            "mutation($o: ID!) { orderUpdate(input: { id: $o, note: \"x\" }) {
            order { customer { email } } userErrors { message } } }",
            json!({ "o": order }),
        ),
    ];
    for (query, variables) in ways {
        let answer = run(&world, &["write_orders"], query, variables.clone());
        assert_eq!(code(&answer), DENIED, "{query}: {answer}");
        assert!(!answer.to_string().contains("ann@example.com"), "{query}: {answer}");
        let both = ["write_orders", "read_customers"];
        let answer = run(&world, &both, query, variables);
        assert_eq!(answer.get("errors"), None, "{query}: {answer}");
    }
}

#[test]
fn an_app_can_read_its_scopes() {
    let query = "{ currentAppInstallation { accessScopes { handle } } }";
    let answer = run(&world(), &["read_orders", "write_customers"], query, json!({}));
    assert_eq!(
        answer["data"]["currentAppInstallation"]["accessScopes"],
        json!([{ "handle": "read_orders" }, { "handle": "write_customers" }])
    );
}

#[test]
fn a_part_of_a_record_needs_the_scope_of_the_record() {
    let (world, _, customer) = sold();
    let set = "mutation($rows: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $rows) {
        metafields { id } userErrors { message } } }";
    let rows = json!({ "rows": [{ "ownerId": customer, "namespace": "n", "key": "k",
        "type": "single_line_text_field", "value": "secret" }] });
    let denied = run(&world, &["read_customers"], set, rows.clone());
    assert_eq!(code(&denied), DENIED, "{denied}");
    let answer = run(&world, &["write_customers"], set, rows);
    let id = &answer["data"]["metafieldsSet"]["metafields"][0]["id"];
    let read = "query($id: ID!) { node(id: $id) { ... on Metafield { value } } }";
    let denied = run(&world, &["read_orders"], read, json!({ "id": id }));
    assert_eq!(code(&denied), DENIED, "{denied}");
    let answer = run(&world, &["read_customers"], read, json!({ "id": id }));
    assert_eq!(answer["data"]["node"]["value"], "secret", "{answer}");
}

#[test]
fn a_bulk_query_reads_with_the_scopes_of_its_token() {
    let (world, ..) = sold();
    let start = "mutation { bulkOperationRunQuery(query: \"{ customers { edges { node { id email } } } }\") {
        bulkOperation { id } userErrors { message } } }";
    let end = |scopes: &[&str]| {
        let answer = run(&world, scopes, start, json!({}));
        let id = &answer["data"]["bulkOperationRunQuery"]["bulkOperation"]["id"];
        world.wait(60);
        let read =
            "query($id: ID!) { node(id: $id) { ... on BulkOperation { status errorCode url } } }";
        run(&world, scopes, read, json!({ "id": id }))["data"]["node"].clone()
    };
    assert_eq!(
        end(&["read_orders"]),
        json!({ "status": "FAILED", "errorCode": "ACCESS_DENIED", "url": null })
    );
    assert_eq!(end(&["read_customers"])["status"], "COMPLETED");
}

#[test]
fn a_mutation_needs_a_scope_to_write() {
    let (world, order, customer) = sold();
    let ways = [
        ("mutation($id: ID!) { tagsAdd(id: $id, tags: [\"x\"]) { userErrors { message } } }", &order, "orders"),
        ("mutation($id: ID!) { tagsRemove(id: $id, tags: [\"x\"]) { userErrors { message } } }", &customer, "customers"),
        ("mutation($id: ID!) { orderEditAddVariant(id: $id, variantId: $id, quantity: 1) { userErrors { message } } }", &order, "order_edits"),
        ("mutation($id: ID!) { inventorySetQuantities(input: { name: \"available\", reason: \"correction\", quantities: [
            { inventoryItemId: $id, locationId: $id, quantity: 1, changeFromQuantity: null }] }) @idempotent(key: \"k\") { userErrors { message } } }", &order, "inventory"),
    ];
    for (query, id, group) in ways {
        let denied = run(&world, &[&format!("read_{group}")], query, json!({ "id": id }));
        assert_eq!(code(&denied), DENIED, "{query}: {denied}");
        let answer = run(&world, &[&format!("write_{group}")], query, json!({ "id": id }));
        assert_eq!(answer.get("errors"), None, "{query}: {answer}");
    }
    let subscribe = "mutation { webhookSubscriptionCreate(topic: ORDERS_PAID, webhookSubscription: { uri: \"https://a.example\" }) {
        userErrors { message } } }";
    assert_eq!(code(&run(&world, &["read_products"], subscribe, json!({}))), DENIED);
    assert_eq!(run(&world, &["read_orders"], subscribe, json!({})).get("errors"), None);
}

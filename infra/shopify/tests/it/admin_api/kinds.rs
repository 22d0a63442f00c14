//! Ids of another kind than a mutation is for: nothing is changed.

use serde_json::{Value, json};

use super::recording::World;
use super::values::world;

/// Each mutation with `ID` in the place of the id.
const MUTATIONS: [&str; 27] = [
    "webhookSubscriptionDelete(id: ID) { userErrors { message } }",
    "webhookSubscriptionUpdate(id: ID, webhookSubscription: { uri: \"https://a.example\" }) { userErrors { message } }",
    "cartTransformDelete(id: ID) { userErrors { message } }",
    "validationDelete(id: ID) { userErrors { message } }",
    "productDelete(input: { id: ID }) { userErrors { message } }",
    "productUpdate(product: { id: ID, title: \"x\" }) { userErrors { message } }",
    "productVariantsBulkCreate(productId: ID, variants: [{ price: 1 }]) { userErrors { message } }",
    "productVariantsBulkUpdate(productId: ID, variants: [{ id: ID, price: 1 }]) { userErrors { message } }",
    "productVariantsBulkDelete(productId: PRODUCT, variantsIds: [ID]) { userErrors { message } }",
    "inventoryItemUpdate(id: ID, input: { tracked: true }) { userErrors { message } }",
    "inventorySetQuantities(input: { name: \"available\", reason: \"correction\", quantities: [{ inventoryItemId: ID, locationId: ID, quantity: 1, changeFromQuantity: null }] }) @idempotent(key: \"k\") { userErrors { message } }",
    "customerUpdate(input: { id: ID, note: \"x\" }) { userErrors { message } }",
    "customerDelete(input: { id: ID }) { userErrors { message } }",
    "customerMerge(customerOneId: ID, customerTwoId: CUSTOMER) { userErrors { message } }",
    "giftCardDeactivate(id: ID) { userErrors { message } }",
    "bulkOperationCancel(id: ID) { userErrors { message } }",
    "orderUpdate(input: { id: ID, note: \"x\" }) { userErrors { message } }",
    "orderCancel(orderId: ID, reason: OTHER, restock: true, refundMethod: { originalPaymentMethodsRefund: true }) { orderCancelUserErrors { message } }",
    "orderMarkAsPaid(input: { id: ID }) { userErrors { message } }",
    "orderCustomerSet(orderId: ID, customerId: CUSTOMER) { userErrors { message } }",
    "orderDelete(orderId: ID) { userErrors { message } }",
    "refundCreate(input: { orderId: ORDER, refundLineItems: [{ lineItemId: ID, quantity: 1 }] }) @idempotent(key: \"k\") { userErrors { message } }",
    "orderEditBegin(id: ID) { userErrors { message } }",
    "draftOrderComplete(id: ID) { userErrors { message } }",
    "draftOrderDelete(input: { id: ID }) { userErrors { message } }",
    "discountCodeDelete(id: ID) { userErrors { message } }",
    "storeCreditAccountDebit(id: ID, debitInput: { debitAmount: { amount: 1, currencyCode: EUR } }) { userErrors { message } }",
];
/// Which kind each of them is for.
const KINDS: [&str; 27] = [
    "WebhookSubscription",
    "WebhookSubscription",
    "CartTransform",
    "Validation",
    "Product",
    "Product",
    "Product",
    "Product",
    "ProductVariant",
    "InventoryItem",
    "InventoryItem",
    "Customer",
    "Customer",
    "Customer",
    "GiftCard",
    "BulkOperation",
    "Order",
    "Order",
    "Order",
    "Order",
    "Order",
    "LineItem",
    "Order",
    "DraftOrder",
    "DraftOrder",
    "DiscountCodeNode",
    "StoreCreditAccount",
];

/// A shop with a record of many kinds; the ids.
fn filled() -> (World, Vec<String>) {
    let world = world();
    let make = |mutation: &str, variables: Value| {
        let answer = world.run(mutation, variables);
        assert_eq!(answer.get("errors"), None, "{answer}");
    };
    make(
        "mutation { productCreate(product: { title: \"Bell\" }) { userErrors { message } }
            one: customerCreate(input: { email: \"ann@example.com\" }) { userErrors { message } }
            two: customerCreate(input: { email: \"bob@example.com\" }) { userErrors { message } }
            webhookSubscriptionCreate(topic: ORDERS_PAID, webhookSubscription: { uri: \"https://a.example/w\" }) { userErrors { message } }
            giftCardCreate(input: { initialValue: 5 }) { userErrors { message } }
            draftOrderCreate(input: { lineItems: [{ title: \"Bell\", quantity: 1, originalUnitPrice: 3 }] }) { userErrors { message } }
            bulkOperationRunQuery(query: \"{ customers { edges { node { id } } } }\") { userErrors { message } } }",
        json!({}),
    );
    make(
        "mutation($order: OrderCreateOrderInput!) { orderCreate(order: $order) { userErrors { message } } }",
        json!({ "order": { "financialStatus": "PAID", "lineItems": [{ "title": "Bell", "quantity": 3,
            "priceSet": { "shopMoney": { "amount": "10.00", "currencyCode": "EUR" } } }] } }),
    );
    make(
        "mutation($d: DiscountCodeBasicInput!) { discountCodeBasicCreate(basicCodeDiscount: $d) { userErrors { message } } }",
        json!({ "d": { "title": "Ten", "code": "TEN", "startsAt": "2026-01-01T00:00:00Z", "context": { "all": "ALL" },
            "customerGets": { "value": { "percentage": 0.1 }, "items": { "all": true } } } }),
    );
    let kinds = ["Customer", "Product", "ProductVariant", "InventoryItem", "WebhookSubscription"];
    let more = ["GiftCard", "DraftOrder", "BulkOperation", "Order", "LineItem", "OrderTransaction"];
    let others = ["DiscountCodeNode", "DiscountRedeemCode", "Location"];
    let shop = world.api.shop();
    let ids: Vec<String> = [&kinds[..], &more, &others]
        .concat()
        .into_iter()
        .map(|kind| shop.records.of_kind(kind).next().expect(kind).gid.clone())
        .collect();
    drop(shop);
    (world, ids)
}

#[test]
fn an_id_of_another_kind_changes_nothing() {
    let (world, ids) = filled();
    let kind = |id: &str| id.split('/').nth(3).unwrap().to_owned();
    let of = |wanted: &str| ids.iter().find(|id| kind(id) == wanted).unwrap();
    let quoted = |id: &str| format!("\"{id}\"");
    let everything = || {
        let shop = world.api.shop();
        let values = ids.iter().map(|id| shop.records.get(id).map(|one| one.value.clone()));
        (shop.records.len(), values.collect::<Vec<_>>())
    };
    let before = everything();
    for (mutation, of_kind) in MUTATIONS.iter().zip(KINDS) {
        for id in ids.iter().filter(|id| kind(id) != of_kind) {
            world.wait(60);
            let mutation = mutation
                .replace("PRODUCT", &quoted(of("Product")))
                .replace("CUSTOMER", &quoted(of("Customer")))
                .replace("ORDER", &quoted(of("Order")))
                .replace(" ID", &format!(" {}", quoted(id)))
                .replace("[ID", &format!("[{}", quoted(id)));
            let answer = world.run(&format!("mutation {{ {mutation} }}"), json!({}));
            let is_refused = answer.to_string().contains("\"message\":\"");
            assert!(is_refused, "{mutation}: {answer}");
            // What it means is not in question: the operation of the set-up has run meanwhile.
            let after = everything();
            assert_eq!(after.0, before.0, "{mutation}");
        }
    }
    let changed: Vec<&String> = {
        let after = everything();
        let pairs = ids.iter().zip(before.1.iter().zip(&after.1));
        pairs
            .filter(|(id, (one, two))| kind(id) != "BulkOperation" && one != two)
            .map(|(id, _)| id)
            .collect()
    };
    assert_eq!(changed, Vec::<&String>::new());
}

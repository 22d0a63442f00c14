//! REST resources, which webhooks carry, from the answers of the admin API. Only what an app needs to
//! know about an order, a refund or a customer; the storefront's own orders have every field.

use serde_json::{Value, json};

use crate::store::{Fields, legacy_id};

/// An order with its lines.
pub(super) const ORDER: &str = "query($id: ID!) { order(id: $id) {
    id name createdAt processedAt updatedAt cancelledAt cancelReason test sourceName
    currencyCode displayFinancialStatus taxesIncluded note discountCodes
    customAttributes { key value }
    totalPriceSet { shopMoney { amount currencyCode } }
    totalOutstandingSet { shopMoney { amount } }
    customer { id email firstName lastName tags }
    lineItems(first: 100) { nodes {
        id title quantity sku vendor isGiftCard
        variant { id } product { id }
        originalUnitPriceSet { shopMoney { amount } }
        discountAllocations { allocatedAmountSet { shopMoney { amount } } }
        customAttributes { key value }
    } }
} }";

/// A refund with its lines.
pub(super) const REFUND: &str = "query($id: ID!) { refund(id: $id) {
    id createdAt processedAt note
    order { id currencyCode }
    refundLineItems(first: 100) { nodes {
        quantity restockType lineItem { id } subtotalSet { shopMoney { amount } }
    } }
    transactions(first: 20) { nodes { id kind status gateway
        amountSet { shopMoney { amount currencyCode } } } }
} }";

/// A customer.
pub(super) const CUSTOMER: &str = "query($id: ID!) { customer(id: $id) { id email firstName lastName tags note createdAt updatedAt } }";

/// The payload of a merge of customers, with its ids left out.
const MERGE: &str = include_str!("customers-merge.json");

/// The REST resource of an order.
pub(super) fn order(order: &Value) -> Value {
    let lines = order["lineItems"].list("nodes").iter().map(line_item);
    let codes = order.list("discountCodes").iter().map(|code| json!({ "code": code }));
    json!({
        "id": id(order), "admin_graphql_api_id": order["id"], "name": order["name"],
        "created_at": order["createdAt"], "processed_at": order["processedAt"],
        "updated_at": order["updatedAt"], "cancelled_at": order["cancelledAt"],
        "cancel_reason": order["cancelReason"], "test": order["test"],
        "source_name": order["sourceName"], "currency": order["currencyCode"],
        "financial_status": order.text("displayFinancialStatus").to_lowercase(),
        "taxes_included": order["taxesIncluded"], "note": order["note"],
        "total_price": order["totalPriceSet"]["shopMoney"]["amount"],
        "total_outstanding": order["totalOutstandingSet"]["shopMoney"]["amount"],
        "note_attributes": pairs(order),
        "discount_codes": codes.collect::<Vec<_>>(),
        "customer": order.given("customer").map(customer),
        "line_items": lines.collect::<Vec<_>>(),
        "refunds": [],
    })
}

fn line_item(line: &Value) -> Value {
    let amount = |set: &Value| set["shopMoney"]["amount"].clone();
    let allocations = line.list("discountAllocations").iter();
    let allocations =
        allocations.map(|one| json!({ "amount": amount(&one["allocatedAmountSet"]) }));
    json!({
        "id": id(line), "title": line["title"], "quantity": line["quantity"],
        "sku": line["sku"], "vendor": line["vendor"], "gift_card": line["isGiftCard"],
        "variant_id": line.given("variant").map(id), "product_id": line.given("product").map(id),
        "price": amount(&line["originalUnitPriceSet"]),
        "discount_allocations": allocations.collect::<Vec<_>>(),
        "properties": pairs(line), "tax_lines": [],
    })
}

/// The REST resource of a refund.
pub(super) fn refund(refund: &Value) -> Value {
    let lines = refund["refundLineItems"].list("nodes").iter().map(|line| {
        json!({
            "line_item_id": id(&line["lineItem"]), "quantity": line["quantity"],
            "restock_type": line.text("restockType").to_lowercase(),
            "subtotal": line["subtotalSet"]["shopMoney"]["amount"],
        })
    });
    let transactions = refund["transactions"].list("nodes").iter().map(|one| {
        let money = &one["amountSet"]["shopMoney"];
        json!({
            "id": id(one), "kind": one.text("kind").to_lowercase(),
            "status": one.text("status").to_lowercase(), "gateway": one["gateway"],
            "amount": money["amount"], "currency": money["currencyCode"],
        })
    });
    json!({
        "id": id(refund), "order_id": id(&refund["order"]), "note": refund["note"],
        "created_at": refund["createdAt"], "processed_at": refund["processedAt"],
        "refund_line_items": lines.collect::<Vec<_>>(),
        "transactions": transactions.collect::<Vec<_>>(),
        "order_adjustments": [],
    })
}

/// The REST resource of a customer.
pub(super) fn customer(customer: &Value) -> Value {
    let tags = customer.list("tags").iter().filter_map(Value::as_str);
    json!({
        "id": id(customer), "email": customer["email"], "first_name": customer["firstName"],
        "last_name": customer["lastName"], "tags": tags.collect::<Vec<_>>().join(", "),
    })
}

/// What a merge of customers tells, from its job.
pub(super) fn merge(job: &Value) -> Value {
    // Global ids have no character that JSON would escape.
    let text = MERGE
        .replace("REMAINING", job.text("resultingCustomerId"))
        .replace("DELETED", job.text("deletedCustomerId"))
        .replace("JOB", job.text("id"));
    serde_json::from_str(&text).unwrap_or_default()
}

/// The number of a global id.
fn id(of: &Value) -> u64 {
    legacy_id(of.text("id")).parse().unwrap_or_default()
}

fn pairs(of: &Value) -> Vec<Value> {
    let pairs = of.list("customAttributes").iter();
    pairs.map(|pair| json!({ "name": pair["key"], "value": pair["value"] })).collect()
}

//! REST resources, which webhooks carry, from the answers of the admin API. Only what an app needs to
//! know about an order, a refund or a customer; the checkout's own payloads have every field.

use serde_json::{Value, json};

use crate::store::{Fields, legacy_id};
use crate::storefront::Currency;

/// An order with its lines and refunds.
pub(super) fn order_query() -> String {
    format!(
        "query($id: ID!) {{ order(id: $id) {{
    id name createdAt processedAt updatedAt cancelledAt cancelReason closedAt test sourceName email
    currencyCode presentmentCurrencyCode displayFinancialStatus taxesIncluded note tags discountCodes
    customAttributes {{ key value }}
    totalPriceSet {{ shopMoney {{ amount currencyCode }} }}
    currentTotalPriceSet {{ shopMoney {{ amount }} }}
    currentSubtotalPriceSet {{ shopMoney {{ amount }} }}
    totalDiscountsSet {{ shopMoney {{ amount }} }}
    totalOutstandingSet {{ shopMoney {{ amount }} }}
    customer {{ id email firstName lastName tags }}
    refunds(first: 100) {{ {REFUND_FIELDS} }}
    lineItems(first: 250) {{ nodes {{
        id title quantity currentQuantity unfulfilledQuantity sku vendor isGiftCard
        variant {{ id }} product {{ id }}
        originalUnitPriceSet {{ shopMoney {{ amount }} }}
        discountAllocations {{ allocatedAmountSet {{ shopMoney {{ amount }} }} }}
        customAttributes {{ key value }}
    }} }}
}} }}"
    )
}

/// A refund with its lines.
pub(super) fn refund_query() -> String {
    format!("query($id: ID!) {{ refund(id: $id) {{ {REFUND_FIELDS} }} }}")
}

const REFUND_FIELDS: &str = "
    id createdAt processedAt note
    order { id currencyCode }
    refundLineItems(first: 250) { nodes {
        quantity restockType lineItem { id } subtotalSet { shopMoney { amount } }
    } }
    transactions(first: 20) { nodes { id kind status gateway
        amountSet { shopMoney { amount currencyCode } } } }";

/// A customer.
pub(super) const CUSTOMER: &str = "query($id: ID!) { customer(id: $id) { id email firstName lastName tags note createdAt updatedAt } }";

/// The payload of a merge of customers, with its ids left out.
const MERGE: &str = include_str!("customers-merge.json");

/// Writes resources with the amounts of a currency.
#[derive(Clone, Copy)]
pub(super) struct Rest {
    pub(super) currency: Currency,
}

// === impl Rest ===

impl Rest {
    /// An amount as REST resources write it: `39.80`, where GraphQL has `39.8`.
    fn amount(self, set: &Value) -> Value {
        let text = set["shopMoney"].text("amount");
        let minor = self.currency.minor(text);
        minor.map_or_else(|| json!(text), |minor| json!(self.currency.decimal(minor)))
    }

    /// The REST resource of an order.
    pub(super) fn order(self, order: &Value) -> Value {
        let lines = order["lineItems"].list("nodes").iter().map(|line| self.line_item(line));
        let codes = order.list("discountCodes");
        // Several codes share one amount here: only that of a single one is known.
        let amount = self.amount(&order["totalDiscountsSet"]);
        let codes = codes.iter().map(|code| match codes.len() {
            1 => json!({ "code": code, "amount": amount }),
            _ => json!({ "code": code }),
        });
        let refunds = order.list("refunds").iter().map(|refund| self.refund(refund));
        let tags = order.list("tags").iter().filter_map(Value::as_str).collect::<Vec<_>>();
        json!({
            "id": id(order), "admin_graphql_api_id": order["id"], "name": order["name"],
            "order_number": order.text("name").trim_start_matches('#').parse::<u64>().ok(),
            "created_at": order["createdAt"], "processed_at": order["processedAt"],
            "updated_at": order["updatedAt"], "cancelled_at": order["cancelledAt"],
            "closed_at": order["closedAt"], "email": order["email"],
            "cancel_reason": order["cancelReason"].as_str().map(str::to_lowercase),
            "test": order["test"], "tags": tags.join(", "),
            "source_name": order["sourceName"], "currency": order["currencyCode"],
            "presentment_currency": order["presentmentCurrencyCode"],
            "financial_status": order.text("displayFinancialStatus").to_lowercase(),
            "taxes_included": order["taxesIncluded"], "note": order["note"],
            "total_price": self.amount(&order["totalPriceSet"]),
            "current_total_price": self.amount(&order["currentTotalPriceSet"]),
            "current_subtotal_price": self.amount(&order["currentSubtotalPriceSet"]),
            "total_outstanding": self.amount(&order["totalOutstandingSet"]),
            "note_attributes": pairs(order),
            "discount_codes": codes.collect::<Vec<_>>(),
            "customer": order.present("customer").map(customer),
            "line_items": lines.collect::<Vec<_>>(),
            "refunds": refunds.collect::<Vec<_>>(),
        })
    }

    fn line_item(self, line: &Value) -> Value {
        let allocations = line.list("discountAllocations").iter();
        let allocations =
            allocations.map(|one| json!({ "amount": self.amount(&one["allocatedAmountSet"]) }));
        json!({
            "id": id(line), "title": line["title"], "quantity": line["quantity"],
            "current_quantity": line["currentQuantity"],
            "fulfillable_quantity": line["unfulfilledQuantity"],
            "sku": line["sku"], "vendor": line["vendor"], "gift_card": line["isGiftCard"],
            "variant_id": line.present("variant").map(id),
            "product_id": line.present("product").map(id),
            "price": self.amount(&line["originalUnitPriceSet"]),
            "discount_allocations": allocations.collect::<Vec<_>>(),
            "properties": pairs(line), "tax_lines": [],
        })
    }

    /// The REST resource of a refund.
    pub(super) fn refund(self, refund: &Value) -> Value {
        let lines = refund["refundLineItems"].list("nodes").iter().map(|line| {
            json!({
                "line_item_id": id(&line["lineItem"]), "quantity": line["quantity"],
                "restock_type": line.text("restockType").to_lowercase(),
                "subtotal": self.amount(&line["subtotalSet"]),
            })
        });
        let transactions = refund["transactions"].list("nodes").iter().map(|one| {
            json!({
                "id": id(one), "kind": one.text("kind").to_lowercase(),
                "status": one.text("status").to_lowercase(), "gateway": one["gateway"],
                "amount": self.amount(&one["amountSet"]),
                "currency": one["amountSet"]["shopMoney"]["currencyCode"],
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
}

/// Writes the members of `current` over those of `payload`, which may have more. Elements of a list
/// are those with the same id, or at the same place if both lists are as long.
pub(super) fn overlay(payload: &mut Value, current: Value) {
    match (payload, current) {
        (Value::Object(members), Value::Object(current)) => {
            for (name, value) in current {
                overlay(members.entry(name).or_insert(Value::Null), value);
            }
        }
        (Value::Array(elements), Value::Array(current)) => {
            let is_as_long = elements.len() == current.len();
            let before = std::mem::take(elements);
            elements.extend(current.into_iter().enumerate().map(|(index, value)| {
                let same = match value.get("id") {
                    Some(id) => before.iter().find(|one| one.get("id") == Some(id)),
                    None => before.get(index).filter(|_| is_as_long),
                };
                let mut element = same.cloned().unwrap_or(Value::Null);
                overlay(&mut element, value);
                element
            }));
        }
        (payload, current) => *payload = current,
    }
}

/// What `orders/edited` carries: which lines have more or fewer pieces.
pub(super) fn order_edit(gid: &str, edit: &Value) -> Value {
    let change = |line: &Value, delta: i64| {
        let source = line.present("source").and_then(Value::as_str);
        json!({ "id": legacy_id(source.unwrap_or(line.text("id"))).parse::<u64>().ok(),
            "delta": delta })
    };
    let delta = |line: &Value| {
        let quantity = |name: &str| line[name].as_i64().unwrap_or_default();
        quantity("quantity") - quantity("quantityBefore")
    };
    let lines = edit.list("lineItems");
    let of = |is_wanted: fn(i64) -> bool| -> Vec<Value> {
        let lines = lines.iter().filter(|line| is_wanted(delta(line)));
        lines.map(|line| change(line, delta(line).abs())).collect()
    };
    let order = edit["originalOrder"].as_object().and_then(|order| order.values().next());
    let order = order.and_then(Value::as_str).map(legacy_id).unwrap_or_default();
    json!({ "order_edit": {
        "id": legacy_id(gid).parse::<u64>().ok(), "app_id": null, "notify_customer": false,
        "order_id": order.parse::<u64>().ok(), "staff_note": null,
        "committed_at": edit["updatedAt"],
        "line_items": { "additions": of(|delta| delta > 0), "removals": of(|delta| delta < 0) },
    } })
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

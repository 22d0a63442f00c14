//! Webhooks as Shopify writes them. Told again later, an order says more than it did: its refunds
//! are embedded, what is current has changed; what is asked for points has not.

use origin_domain::time::Time;
use serde_json::{Value, json};

use super::causes::{Cause, Deed, Line, Order};
use crate::shop::SHOP;

/// The detail of the event that carries a cause, under the id of a delivery. `known` is what
/// happened to the same order by then.
pub(crate) fn detail(webhook: &str, order: &Order, cause: &Cause, known: &[&Cause]) -> String {
    let topic = match cause.deed {
        Deed::Paid => "orders/paid",
        Deed::Refunded { .. } => "refunds/create",
        Deed::Cancelled => "orders/cancelled",
    };
    let payload = match &cause.deed {
        Deed::Refunded { .. } => refund(order, cause),
        Deed::Paid | Deed::Cancelled => whole(order, known),
    };
    let metadata = json!({"X-Shopify-Topic": topic, "X-Shopify-Shop-Domain": SHOP,
        "X-Shopify-Webhook-Id": webhook});
    json!({"payload": payload, "metadata": metadata}).to_string()
}

fn whole(order: &Order, known: &[&Cause]) -> Value {
    let at = |deed: &Deed| known.iter().find(|cause| cause.deed == *deed).map(|one| one.at_ms);
    let refunds: Vec<Value> = known
        .iter()
        .filter(|cause| matches!(cause.deed, Deed::Refunded { .. }))
        .map(|cause| refund(order, cause))
        .collect();
    json!({"id": order.id, "currency": "EUR", "test": order.is_test,
        "customer": order.customer.map(|id| json!({"id": id})),
        "processed_at": at(&Deed::Paid).map(time), "cancelled_at": at(&Deed::Cancelled).map(time),
        "current_total_price": (1_000 - refunds.len()).to_string(), "refunds": refunds,
        "line_items": order.lines.iter().map(line).collect::<Vec<_>>()})
}

fn line(line: &Line) -> Value {
    json!({"id": line.id, "quantity": line.quantity, "price": euros(line.price),
        "gift_card": line.is_gift_card,
        "discount_allocations": [{"amount": euros(line.discount)}]})
}

fn refund(order: &Order, cause: &Cause) -> Value {
    let Deed::Refunded { id, lines, goodwill } = &cause.deed else { return Value::Null };
    let lines = lines.iter().map(|(line, quantity)| {
        json!({"line_item_id": line, "quantity": quantity, "line_item": {"quantity": 99}})
    });
    // More was given than the goods are worth: Shopify's sign is the merchant's.
    let money = json!({"amount": format!("-{}", euros(*goodwill)), "currency_code": "EUR"});
    let adjustment = json!({"kind": "refund_discrepancy", "amount_set": {"shop_money": money}});
    let adjustments: Vec<Value> = (*goodwill > 0).then_some(adjustment).into_iter().collect();
    json!({"id": id, "order_id": order.id, "processed_at": time(cause.at_ms),
        "refund_line_items": lines.collect::<Vec<_>>(), "order_adjustments": adjustments})
}

fn time(at_ms: u64) -> String {
    Time(at_ms).to_rfc3339()
}

fn euros(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

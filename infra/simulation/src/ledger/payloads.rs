//! The payloads of Shopify's webhooks. A later delivery of the same order contains more: its
//! refunds are embedded and current values have changed; the values that determine points have not.

use domain_core::time::Time;
use serde_json::{Value, json};

use super::causes::{Cause, Line, Order, OrderChange};
use crate::world::{SHOP, Webhook};

/// The topic of an order that changed in any way.
pub(crate) const ORDERS_UPDATED: &str = "orders/updated";

/// The webhook of a cause, with the id of a delivery. `known` are the facts of the same order so
/// far. An order that was updated is reported as paid once more.
pub(crate) fn webhook(
    id: String,
    order: &Order,
    cause: &Cause,
    known: &[&Cause],
    is_update: bool,
) -> Webhook {
    let topic = topic(&cause.change, is_update);
    let payload = match &cause.change {
        OrderChange::Refunded { .. } => refund_payload(order, cause),
        OrderChange::Paid | OrderChange::Cancelled => order_payload(order, known),
    };
    Webhook { topic, id, payload: payload.to_string() }
}

fn topic(change: &OrderChange, is_update: bool) -> &'static str {
    match change {
        OrderChange::Paid if is_update => ORDERS_UPDATED,
        OrderChange::Paid => "orders/paid",
        OrderChange::Refunded { .. } => "refunds/create",
        OrderChange::Cancelled => "orders/cancelled",
    }
}

/// The demand to erase a customer and these orders.
pub(crate) fn erasure(id: String, customer: u64, orders: &[u64]) -> Webhook {
    let payload = json!({"shop_id": 1, "shop_domain": SHOP, "customer": {"id": customer},
        "orders_to_redact": orders});
    Webhook { topic: "customers/redact", id, payload: payload.to_string() }
}

fn order_payload(order: &Order, known: &[&Cause]) -> Value {
    let at = |change: &OrderChange| {
        known.iter().find(|cause| cause.change == *change).map(|one| one.at_ms)
    };
    let refunds: Vec<Value> = known
        .iter()
        .filter(|cause| matches!(cause.change, OrderChange::Refunded { .. }))
        .map(|cause| refund_payload(order, cause))
        .collect();
    json!({"id": order.id, "currency": "EUR", "test": order.is_test, "financial_status": "paid",
        "customer": order.customer.map(|id| json!({"id": id})),
        "processed_at": at(&OrderChange::Paid).map(time), "cancelled_at": at(&OrderChange::Cancelled).map(time),
        "current_total_price": (1_000 - refunds.len()).to_string(), "refunds": refunds,
        "line_items": order.lines.iter().map(line).collect::<Vec<_>>()})
}

fn line(line: &Line) -> Value {
    json!({"id": line.id, "quantity": line.quantity, "price": euros(line.price),
        "gift_card": line.is_gift_card,
        "discount_allocations": [{"amount": euros(line.discount)}]})
}

fn refund_payload(order: &Order, cause: &Cause) -> Value {
    let OrderChange::Refunded { id, lines, goodwill } = &cause.change else { return Value::Null };
    let lines = lines.iter().map(|(line, quantity)| {
        json!({"line_item_id": line, "quantity": quantity, "line_item": {"quantity": 99}})
    });
    // The refund exceeds the value of the goods: Shopify's sign is from the merchant's view.
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain_loyalty::OrderFact;

    use super::{OrderChange, topic};

    #[test]
    fn every_topic_that_moves_points_is_simulated() {
        let refunded = OrderChange::Refunded { id: 1, lines: Vec::new(), goodwill: 1 };
        let changes = [OrderChange::Paid, refunded, OrderChange::Cancelled];
        let topics = |change| [false, true].map(|is_update| topic(change, is_update));
        let simulated: BTreeSet<&str> = changes.iter().flat_map(topics).collect();
        assert_eq!(simulated, OrderFact::topics().collect());
    }
}

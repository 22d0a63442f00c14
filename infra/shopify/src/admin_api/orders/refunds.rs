//! Refunds of lines, of shipping and of money.

use serde_json::{Value, json};

use super::super::failure::{Failure, user_error};
use super::super::money::{amount, bag, places};
use super::super::mutations::refused;
use super::super::session::Context;
use super::create::add_transaction;
use super::lifecycle::computed;
use crate::store::{Decimal, Fields, kind_of, reference};

/// What will be refunded.
struct NewRefund {
    note: Value,
    /// Line items, with quantity and restock type.
    lines: Vec<(String, i64, Value)>,
    shipping: Decimal,
    transactions: Vec<(String, Decimal)>,
}

pub(super) fn create(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let input = &arguments["input"];
    let order = input.text("orderId");
    let refuse =
        |path: &[&str], message: &str| refused("refund", vec![user_error(path, message, None)]);
    if kind_of(order) != Some("Order") || context.shop.records.get(order).is_none() {
        return refuse(&["orderId"], "Order does not exist");
    }
    let mut lines = Vec::new();
    for (index, row) in input.list("refundLineItems").iter().enumerate() {
        let index = index.to_string();
        let id = row.text("lineItemId");
        let line = context.shop.records.get(id).filter(|one| one.parent.as_deref() == Some(order));
        let Some(line) = line else {
            return refuse(&["refundLineItems", &index, "lineItemId"], "Line item does not exist");
        };
        let quantity = row["quantity"].as_i64().unwrap_or(0);
        let refundable = line.value["refundableQuantity"].as_i64().unwrap_or(0);
        if quantity < 1 || quantity > refundable {
            let message = "Quantity cannot refund more items than were purchased";
            return refuse(&["refundLineItems", &index, "quantity"], message);
        }
        let restock = row.given("restockType").cloned().unwrap_or(json!("NO_RESTOCK"));
        lines.push((id.to_owned(), quantity, restock));
    }
    let transactions: Vec<(String, Decimal)> = input
        .list("transactions")
        .iter()
        .map(|one| (one.text("gateway").to_owned(), one.decimal("amount").unwrap_or_default()))
        .collect();
    let refunded: Decimal = transactions.iter().map(|(_, amount)| *amount).sum();
    let net = computed(context, order, "netPaymentSet");
    if refunded > net && !input.is_true("allowOverRefunding") {
        let message =
            format!("Refund amount {refunded} is greater than net payment received {net}");
        return refuse(&[], &message);
    }
    let shipping = match input["shipping"].is_true("fullRefund") {
        true => computed(context, order, "currentShippingPriceSet"),
        false => input["shipping"].decimal("amount").unwrap_or_default(),
    };
    let new = NewRefund { note: input["note"].clone(), lines, shipping, transactions };
    let id = write(context, order, new);
    Ok(json!({ "refund": reference(&id), "order": reference(order), "userErrors": [] }))
}

fn write(context: &mut Context<'_>, order: &str, new: NewRefund) -> String {
    let mut rows = Vec::new();
    for (id, quantity, restock) in &new.lines {
        rows.push(refund_line(context, id, *quantity, restock));
        take(context, id, *quantity);
    }
    let total: Decimal = new.transactions.iter().map(|(_, amount)| *amount).sum();
    let mut transactions = Vec::new();
    for (gateway, amount) in &new.transactions {
        let id = add_transaction(context, order, ("REFUND", gateway), *amount);
        transactions.push(reference(&id));
    }
    let settings = &context.shop.settings;
    let refund = json!({
        "note": new.note,
        "processedAt": crate::store::timestamp(context.now),
        "order": reference(order),
        "refundLineItems": rows,
        "transactions": transactions,
        "orderAdjustments": [],
        "totalRefundedSet": bag(settings, total),
        "shippingRefundSet": bag(settings, new.shipping),
        "refundShippingLines": [],
    });
    let id = context.shop.create("Refund", Some(order), refund, context.now);
    context.shop.records.update(order, context.now, |_| ());
    id
}

fn refund_line(context: &mut Context<'_>, id: &str, quantity: i64, restock: &Value) -> Value {
    let line = context.shop.records.value(id);
    let row = context.shop.mint("RefundLineItem");
    let settings = &context.shop.settings;
    let sold = Decimal::whole(line["quantity"].as_i64().unwrap_or(1));
    let total = amount(&line, "priceAfterAllDiscountsSet");
    let subtotal = total.share(Decimal::whole(quantity), sold, places(settings));
    let price = total.share(Decimal::whole(1), sold, places(settings));
    json!({
        "id": row, "lineItem": reference(id), "quantity": quantity, "restockType": restock,
        "restocked": restock != "NO_RESTOCK", "priceSet": bag(settings, price),
        "subtotalSet": bag(settings, subtotal), "totalTaxSet": bag(settings, Decimal::ZERO),
    })
}

/// Takes pieces off a line.
fn take(context: &mut Context<'_>, id: &str, quantity: i64) {
    context.shop.records.update(id, context.now, |fields| {
        for name in ["currentQuantity", "refundableQuantity", "unfulfilledQuantity"] {
            let left = fields.get(name).and_then(Value::as_i64).unwrap_or(0) - quantity;
            fields.insert(name.to_owned(), json!(left.max(0)));
        }
    });
}

fn current_lines(context: &Context<'_>, order: &str) -> Vec<(String, i64, Value)> {
    let lines = context.shop.records.children(order, "LineItem");
    let current = |line: &crate::store::Record| {
        let quantity = line.value["currentQuantity"].as_i64().filter(|quantity| *quantity > 0)?;
        Some((line.gid.clone(), quantity, json!("CANCEL")))
    };
    lines.filter_map(current).collect()
}

/// Refunds what is left of an order.
pub(super) fn refund_all(context: &mut Context<'_>, order: &str) {
    let lines = current_lines(context, order);
    let shipping = computed(context, order, "currentShippingPriceSet");
    let net = computed(context, order, "netPaymentSet");
    let gateways = context.shop.records.value(order)["paymentGatewayNames"].clone();
    let gateway = gateways.get(0).and_then(Value::as_str).unwrap_or("manual").to_owned();
    let transactions = if net > Decimal::ZERO { vec![(gateway, net)] } else { Vec::new() };
    write(context, order, NewRefund { note: Value::Null, lines, shipping, transactions });
}

/// Takes all pieces off an order without giving money back.
pub(super) fn remove_all(context: &mut Context<'_>, order: &str) {
    for (line, quantity, _) in current_lines(context, order) {
        take(context, &line, quantity);
    }
}

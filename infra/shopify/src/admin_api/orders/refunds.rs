//! Refunds of lines, of shipping and of money.

use serde_json::{Value, json};

use super::super::failure::{Failure, user_error};
use super::super::money::{amount, bag, places};
use super::super::mutations::error_payload;
use super::super::products;
use super::super::session::Context;
use super::create::{NewTransaction, add_transaction};
use super::lifecycle::computed;
use crate::store::{Decimal, Fields, Settings, Shop, reference, referenced};

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
    let refuse = |path: &[&str], message: &str| {
        error_payload("refund", vec![user_error(path, message, None)])
    };
    if context.shop.records.of("Order", order).is_none() {
        return refuse(&["orderId"], "Order does not exist");
    }
    let mut lines = Vec::new();
    for (index, row) in input.list("refundLineItems").iter().enumerate() {
        let index = index.to_string();
        let id = row.text("lineItemId");
        let line = context.shop.records.of("LineItem", id);
        let Some(line) = line.filter(|one| one.parent.as_deref() == Some(order)) else {
            return refuse(&["refundLineItems", &index, "lineItemId"], "Line item does not exist");
        };
        let quantity = row["quantity"].as_i64().unwrap_or(0);
        let refundable = line.value["refundableQuantity"].as_i64().unwrap_or(0);
        if quantity < 1 || quantity > refundable {
            let message = "Quantity cannot refund more items than were purchased";
            return refuse(&["refundLineItems", &index, "quantity"], message);
        }
        let restock = row.present("restockType").cloned().unwrap_or(json!("NO_RESTOCK"));
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
        if restock != "NO_RESTOCK" {
            put_back(context, id, *quantity);
        }
    }
    let total: Decimal = new.transactions.iter().map(|(_, amount)| *amount).sum();
    let mut transactions = Vec::new();
    for (gateway, amount) in &new.transactions {
        let new = NewTransaction::succeeded("REFUND", gateway, *amount);
        let id = add_transaction(context, order, new);
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
    let subtotal = value(settings, &line, quantity);
    let price = value(settings, &line, 1);
    json!({
        "id": row, "lineItem": reference(id), "quantity": quantity, "restockType": restock,
        "restocked": restock != "NO_RESTOCK", "priceSet": bag(settings, price),
        "subtotalSet": bag(settings, subtotal), "totalTaxSet": bag(settings, Decimal::ZERO),
    })
}

/// What the next pieces of a line that are refunded cost. The last one gets what rounding leaves: all
/// refunds of a line together are its price.
fn value(settings: &Settings, line: &Value, quantity: i64) -> Decimal {
    let number = |name: &str| line[name].as_i64().unwrap_or(0);
    let sold = number("quantity");
    let before = sold - number("refundableQuantity");
    let total = amount(line, "priceAfterAllDiscountsSet");
    let share =
        |pieces: i64| total.share(Decimal::whole(pieces), Decimal::whole(sold), places(settings));
    share(before + quantity) - share(before)
}

/// What the next piece of an order's line costs, as a refund would give it back.
pub fn piece_value(shop: &Shop, line: &str) -> Decimal {
    value(&shop.settings, &shop.records.value(line), 1)
}

/// Puts pieces of a line back into the stock.
fn put_back(context: &mut Context<'_>, line: &str, quantity: i64) {
    let line = context.shop.records.value(line);
    if let Some(variant) = referenced(&line["variant"]) {
        products::adjust(context, variant, quantity);
    }
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

fn current_lines(context: &Context<'_>, order: &str, restocks: bool) -> Vec<(String, i64, Value)> {
    let restock = if restocks { "CANCEL" } else { "NO_RESTOCK" };
    let lines = context.shop.records.children(order, "LineItem");
    let current = |line: &crate::store::Record| {
        let quantity = line.value["currentQuantity"].as_i64().filter(|quantity| *quantity > 0)?;
        Some((line.gid.clone(), quantity, json!(restock)))
    };
    lines.filter_map(current).collect()
}

/// Refunds what is left of an order.
pub(super) fn refund_all(context: &mut Context<'_>, order: &str, restocks: bool) {
    let lines = current_lines(context, order, restocks);
    let shipping = computed(context, order, "currentShippingPriceSet");
    let net = computed(context, order, "netPaymentSet");
    let gateways = context.shop.records.value(order)["paymentGatewayNames"].clone();
    let gateway = gateways.get(0).and_then(Value::as_str).unwrap_or("manual").to_owned();
    let transactions = if net > Decimal::ZERO { vec![(gateway, net)] } else { Vec::new() };
    write(context, order, NewRefund { note: Value::Null, lines, shipping, transactions });
}

/// Takes all pieces off an order without giving money back.
pub(super) fn remove_all(context: &mut Context<'_>, order: &str, restocks: bool) {
    for (line, quantity, _) in current_lines(context, order, restocks) {
        take(context, &line, quantity);
        if restocks {
            put_back(context, &line, quantity);
        }
    }
}

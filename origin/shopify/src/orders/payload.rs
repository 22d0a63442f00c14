//! The payloads. Only the members that move points are in them, and they mean what they mean in
//! Shopify's own: the ledger reads both with one reader.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::zone::Zone;
use crate::admin_api::operations::number_of as id;
use crate::admin_api::operations::{LineItem, Money, MoneyBag, Order, Refund};

/// The payload of `orders/updated`. Of its lines, `tips` are tips.
#[must_use]
pub fn order_payload(
    order: &Order,
    lines: &[LineItem],
    tips: &BTreeSet<String>,
    zone: &Zone,
) -> Value {
    let codes = order.discount_codes.iter().map(|code| json!({ "code": code }));
    let lines = lines.iter().map(|line| line_item(line, tips.contains(&line.id)));
    let status = order.display_financial_status.as_deref().map(str::to_lowercase);
    let customer = order
        .customer
        .as_ref()
        .map(|customer| json!({ "id": id(&customer.id), "tags": customer.tags.join(", ") }));
    json!({
        "id": id(&order.id),
        "created_at": zone.local(&order.created_at),
        "processed_at": zone.local(&order.processed_at),
        "test": order.test,
        "source_name": order.source_name,
        "currency": order.currency_code,
        "taxes_included": order.taxes_included,
        "financial_status": status,
        "total_outstanding": order.total_outstanding_set.shop_money.amount,
        "total_price_set": set(&order.total_price_set),
        "discount_codes": codes.collect::<Vec<_>>(),
        "customer": customer,
        "line_items": lines.collect::<Vec<_>>(),
    })
}

/// The payload of `orders/cancelled`, if it is.
#[must_use]
pub fn cancelled_payload(order: &Order) -> Option<Value> {
    let at = order.cancelled_at.as_ref()?;
    Some(json!({ "id": id(&order.id), "cancelled_at": at }))
}

/// The payload of `refunds/create`. Members that say what a refund is for are there only if it has
/// them: a refund without any is money without goods.
#[must_use]
pub fn refund_payload(order: &str, refund: &Refund) -> Value {
    let lines = refund.refund_line_items.nodes.iter();
    let lines = lines
        .map(|line| json!({ "line_item_id": id(&line.line_item.id), "quantity": line.quantity }));
    let shipping = refund.refund_shipping_lines.nodes.iter().map(|line| json!({ "id": line.id }));
    let duties = refund.duties.iter().flatten();
    let duties = duties.map(|duty| json!({ "amount_set": set(&duty.amount_set) }));
    let adjustments = refund.order_adjustments.nodes.iter().map(|adjustment| {
        json!({
            "amount": adjustment.amount_set.shop_money.amount,
            "amount_set": set(&adjustment.amount_set),
            "tax_amount": adjustment.tax_amount_set.shop_money.amount,
            "tax_amount_set": set(&adjustment.tax_amount_set),
        })
    });
    let transactions = refund.transactions.nodes.iter().map(|transaction| {
        let bag = &transaction.amount_set;
        // Webhooks state a transfer in the customer's currency.
        let money = bag.presentment_money.as_ref().unwrap_or(&bag.shop_money);
        json!({
            "id": id(&transaction.id),
            "kind": transaction.kind.to_lowercase(),
            "status": transaction.status.to_lowercase(),
            "amount": money.amount,
            "currency": money.currency_code,
        })
    });
    json!({
        "id": id(&refund.id),
        "order_id": id(order),
        "created_at": refund.created_at,
        "processed_at": refund.processed_at,
        "refund_line_items": lines.collect::<Vec<_>>(),
        "refund_shipping_lines": shipping.collect::<Vec<_>>(),
        "duties": duties.collect::<Vec<_>>(),
        "order_adjustments": adjustments.collect::<Vec<_>>(),
        "transactions": transactions.collect::<Vec<_>>(),
    })
}

fn line_item(line: &LineItem, is_tip: bool) -> Value {
    let allocations = line.discount_allocations.iter().map(|allocation| {
        let set_of = &allocation.allocated_amount_set;
        json!({ "amount": set_of.shop_money.amount, "amount_set": set(set_of) })
    });
    let taxes = line.tax_lines.iter().map(
        |tax| json!({ "price": tax.price_set.shop_money.amount, "price_set": set(&tax.price_set) }),
    );
    let mut payload = json!({
        "id": id(&line.id),
        "quantity": line.quantity,
        "gift_card": line.is_gift_card,
        "sku": line.sku,
        "vendor": line.vendor,
        "product_id": line.product.as_ref().map(|product| id(&product.id)),
        "variant_id": line.variant.as_ref().map(|variant| id(&variant.id)),
        "price": line.original_unit_price_set.shop_money.amount,
        "price_set": set(&line.original_unit_price_set),
        "discount_allocations": allocations.collect::<Vec<_>>(),
        "tax_lines": taxes.collect::<Vec<_>>(),
    });
    if is_tip {
        payload["tip_payment_gateway"] = Value::Null;
    }
    payload
}

fn set(bag: &MoneyBag) -> Value {
    let money =
        |money: &Money| json!({ "amount": money.amount, "currency_code": money.currency_code });
    let mut set = json!({ "shop_money": money(&bag.shop_money) });
    if let Some(presentment) = &bag.presentment_money {
        set["presentment_money"] = money(presentment);
    }
    set
}

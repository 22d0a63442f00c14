//! A line item of an order.

use serde_json::{Value, json};

use super::money::Currency;
use super::pricing::PricedLine;

/// An amount in the shop's currency and in the customer's, which is the same.
pub(super) fn money_set(minor: i64, currency: Currency) -> Value {
    let money = json!({ "amount": currency.decimal(minor), "currency_code": currency.code() });
    json!({ "shop_money": money, "presentment_money": money })
}

pub(super) fn line_item(id: u64, line: &PricedLine, currency: Currency) -> Value {
    let (variant, quantity) = (&line.variant, line.line.quantity);
    let properties = line.line.properties.iter();
    let properties = properties.map(|(name, value)| json!({ "name": name, "value": value }));
    let allocations = line.allocations.iter().map(|one| {
        json!({
            "amount": currency.decimal(one.amount),
            "amount_set": money_set(one.amount, currency),
            "discount_application_index": one.application,
        })
    });
    let manager = variant.stock.map(|_| "shopify");
    json!({
        "id": id,
        "admin_graphql_api_id": format!("gid://shopify/LineItem/{id}"),
        "attributed_staffs": [],
        "current_quantity": quantity,
        "fulfillable_quantity": quantity,
        "fulfillment_service": if variant.gift_card { "gift_card" } else { "manual" },
        "fulfillment_status": null,
        "gift_card": variant.gift_card,
        "grams": variant.grams,
        "name": variant.full_title(),
        "price": currency.decimal(variant.price),
        "price_set": money_set(variant.price, currency),
        "product_exists": true,
        "product_id": variant.product_id,
        "properties": properties.collect::<Vec<_>>(),
        "quantity": quantity,
        "requires_shipping": variant.requires_shipping,
        "sales_line_item_group_id": null,
        "sku": variant.sku,
        "taxable": variant.taxable,
        "title": variant.product_title,
        "total_discount": currency.decimal(0),
        "total_discount_set": money_set(0, currency),
        "variant_id": variant.id,
        "variant_inventory_management": manager,
        "variant_title": variant.title,
        "vendor": variant.vendor,
        "tax_lines": [],
        "duties": [],
        "discount_allocations": allocations.collect::<Vec<_>>(),
    })
}

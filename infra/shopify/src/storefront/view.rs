//! A cart as the Ajax API shows it.

use serde_json::{Map, Value, json};

use super::cart::{Cart, line_key};
use super::money::Currency;
use super::pricing::{Application, PricedLine, Pricing};
use super::shop::{DiscountClass, DiscountValue};

/// Attributes with this prefix are private: neither Liquid nor the Ajax API shows them.
const PRIVATE: &str = "__";

/// `cart.js`.
pub(super) fn cart(cart: &Cart, pricing: &Pricing, currency: Currency) -> Value {
    let money = |minor: i64| currency.ajax(minor);
    let attributes = cart.attributes.iter().filter(|(name, _)| !name.starts_with(PRIVATE));
    let attributes: Map<String, Value> =
        attributes.map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let quantities = pricing.lines.iter().map(|line| u64::from(line.line.quantity));
    let grams = pricing
        .lines
        .iter()
        .map(|line| u64::from(line.variant.grams).saturating_mul(line.line.quantity.into()));
    let line_discounts = pricing.applications.iter();
    let line_discounts = line_discounts.filter(|one| one.discount.class == DiscountClass::Product);
    let line_discount = line_discounts.fold(0, |sum: i64, one| sum.saturating_add(one.total));
    let order_level = pricing.applications.iter();
    let order_level = order_level.filter(|one| one.discount.class == DiscountClass::Order);
    let codes = pricing.codes.iter();
    json!({
        "token": cart.token,
        "note": cart.note,
        "attributes": attributes,
        "original_total_price": money(pricing.gross()),
        "total_price": money(pricing.total()),
        "total_discount": money(pricing.discount()),
        "total_weight": grams.fold(0, u64::saturating_add),
        "item_count": quantities.fold(0, u64::saturating_add),
        "items": pricing.lines.iter().map(|one| line(one, pricing, currency)).collect::<Vec<_>>(),
        "requires_shipping": pricing.lines.iter().any(|line| line.variant.requires_shipping),
        "currency": currency.code(),
        "items_subtotal_price": money(pricing.gross().saturating_sub(line_discount)),
        "cart_level_discount_applications":
            order_level.map(|one| application(one, currency)).collect::<Vec<_>>(),
        "discount_codes": codes
            .map(|(code, applicable)| json!({ "code": code, "applicable": applicable }))
            .collect::<Vec<_>>(),
    })
}

/// The key of a line at this moment.
pub(super) fn key_of(line: &PricedLine, pricing: &Pricing) -> String {
    line_key(&line.line, &codes_of(line, pricing))
}

/// The codes of class product that lower a line.
fn codes_of<'a>(line: &PricedLine, pricing: &'a Pricing) -> Vec<&'a str> {
    let discounts =
        line.allocations.iter().filter_map(|one| pricing.applications.get(one.application));
    discounts
        .filter(|one| one.discount.class == DiscountClass::Product)
        .map(|one| one.discount.code.as_str())
        .collect()
}

/// An item of `cart.js`, and the answer of `add.js`.
pub(super) fn line(line: &PricedLine, pricing: &Pricing, currency: Currency) -> Value {
    let money = |minor: i64| currency.ajax(minor);
    let (variant, quantity) = (&line.variant, i64::from(line.line.quantity.max(1)));
    let allocations: Vec<(&Application, i64)> = line
        .allocations
        .iter()
        .filter_map(|one| Some((pricing.applications.get(one.application)?, one.amount)))
        .filter(|(one, _)| one.discount.class == DiscountClass::Product)
        .collect();
    let line_discount = allocations.iter().fold(0, |sum: i64, (_, one)| sum.saturating_add(*one));
    let final_line_price = line.gross.saturating_sub(line_discount);
    let final_price = final_line_price / quantity;
    let mut item = json!({
        "id": variant.id,
        "key": key_of(line, pricing),
        "quantity": line.line.quantity,
        "variant_id": variant.id,
        "product_id": variant.product_id,
        "title": variant.full_title(),
        "product_title": variant.product_title,
        "variant_title": variant.title,
        "price": money(variant.price),
        "original_price": money(variant.price),
        "discounted_price": money(final_price),
        "final_price": money(final_price),
        "line_price": money(line.gross),
        "original_line_price": money(line.gross),
        "final_line_price": money(final_line_price),
        "total_discount": money(line_discount),
        "line_level_total_discount": money(line_discount),
    });
    let rest = json!({
        "sku": variant.sku,
        "grams": variant.grams,
        "vendor": variant.vendor,
        "product_type": variant.product_type,
        "taxable": variant.taxable,
        "gift_card": variant.gift_card,
        "requires_shipping": variant.requires_shipping,
        "properties": line.line.properties,
        "handle": variant.handle,
        "url": format!("/products/{}?variant={}", variant.handle, variant.id),
        "image": null,
        "featured_image": null,
        "product_has_only_default_variant": variant.title.is_none(),
        "variant_options": variant.options.iter().map(|(_, value)| value).collect::<Vec<_>>(),
        "options_with_values": variant
            .options
            .iter()
            .map(|(name, value)| json!({ "name": name, "value": value }))
            .collect::<Vec<_>>(),
        "line_level_discount_allocations": allocations
            .into_iter()
            .map(|(one, amount)| json!({
                "amount": money(amount), "discount_application": application(one, currency),
            }))
            .collect::<Vec<_>>(),
        "quantity_rule": {
            "min": variant.quantity_rule.minimum,
            "max": variant.quantity_rule.maximum,
            "increment": variant.quantity_rule.increment,
        },
        "has_components": false,
        "selling_plan_allocation": null,
    });
    if let (Value::Object(item), Value::Object(rest)) = (&mut item, rest) {
        item.extend(rest);
    }
    item
}

fn application(application: &Application, currency: Currency) -> Value {
    let discount = &application.discount;
    let (value, value_type) = match discount.value {
        DiscountValue::Percentage(share) => (percent(share), "percentage"),
        DiscountValue::Fixed(amount) | DiscountValue::FixedEach(amount) => {
            (currency.decimal(amount), "fixed_amount")
        }
    };
    json!({
        "type": "discount_code",
        "title": discount.code,
        "value": value,
        "value_type": value_type,
        "allocation_method": "across",
        "target_selection": if discount.products.is_some() { "entitled" } else { "all" },
        "target_type": "line_item",
        "total_allocated_amount": currency.ajax(application.total),
    })
}

/// Hundredths of a percent as Shopify writes a percentage: `10.0`, `12.5`, `12.25`.
pub(super) fn percent(share: u32) -> String {
    let (whole, rest) = (share / 100, share % 100);
    if rest.is_multiple_of(10) {
        format!("{whole}.{}", rest / 10)
    } else {
        format!("{whole}.{rest:02}")
    }
}

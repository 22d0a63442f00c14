//! The checkout: a priced cart becomes the order that webhooks carry (REST resource `Order`).
//!
//! Everything that Shopify documents of an order is there, except what the local Shopify has no
//! notion of: taxes and shipping are zero, addresses are null, the customer pays in the shop's
//! currency.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::cart::Cart;
use super::money::Currency;
use super::order_line::{line_item, money_set};
use super::pricing::Pricing;
use super::shop::{Customer, DiscountValue};
use super::view::percent;
use crate::clock::rfc3339_at;

/// What an order is besides its cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The order's id.
    pub order_id: u64,
    /// The id of the first line item; the following lines count up.
    pub first_line_id: u64,
    /// The number: `#1042` is 1042.
    pub number: u64,
    /// When it is placed.
    pub now_ms: u64,
    /// The shop's offset from UTC, which times are written with.
    pub utc_offset_minutes: i16,
    /// Whether it is paid at once.
    pub is_paid: bool,
    /// Whether it is a test order.
    pub is_test: bool,
    /// The channel: `web`, `pos` and so on.
    pub source_name: String,
}

/// Why there is no order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckoutError {
    /// There is nothing to buy.
    #[error("The cart is empty.")]
    Empty,
    /// A guest whose e-mail address can't be one.
    #[error("Enter a valid e-mail address.")]
    Email,
    /// The shop has no room for another order.
    #[error("The local Shopify has too many records.")]
    Full,
    /// There is too little of something.
    #[error("Only {stock} of {title} are left.")]
    OutOfStock {
        /// The variant.
        title: String,
        /// What is left.
        stock: u32,
    },
}

/// The order of a cart.
///
/// # Errors
/// [`CheckoutError`].
pub fn order(
    cart: &Cart,
    pricing: &Pricing,
    buyer: &Customer,
    currency: Currency,
    placement: &Placement,
) -> Result<Value, CheckoutError> {
    check_stock(pricing)?;
    let lines = (placement.first_line_id..).zip(&pricing.lines);
    let lines: Vec<Value> = lines.map(|(id, line)| line_item(id, line, currency)).collect();
    if lines.is_empty() {
        return Err(CheckoutError::Empty);
    }
    let mut order = head(cart, buyer, currency, placement);
    order.extend(amounts(pricing, currency, placement.is_paid));
    order.extend(discounts(pricing, currency));
    order.extend(absent());
    order.insert("line_items".to_owned(), lines.into());
    Ok(Value::Object(order))
}

fn check_stock(pricing: &Pricing) -> Result<(), CheckoutError> {
    let mut counts: BTreeMap<u64, u32> = BTreeMap::new();
    for line in &pricing.lines {
        let count = counts.entry(line.variant.id).or_default();
        *count = count.saturating_add(line.line.quantity);
        if let Some(stock) = line.variant.stock.filter(|stock| *count > *stock) {
            return Err(CheckoutError::OutOfStock { title: line.variant.full_title(), stock });
        }
    }
    Ok(())
}

fn head(
    cart: &Cart,
    buyer: &Customer,
    currency: Currency,
    placement: &Placement,
) -> Map<String, Value> {
    let time = rfc3339_at(placement.now_ms, placement.utc_offset_minutes);
    let attributes = cart.attributes.iter();
    let attributes = attributes.map(|(name, value)| json!({ "name": name, "value": value }));
    // The cart's token in an order is without its key.
    let cart_token = cart.token.split('?').next().unwrap_or_default();
    let email = Some(buyer.email.as_str()).filter(|email| !email.is_empty());
    object(json!({
        "id": placement.order_id,
        "admin_graphql_api_id": format!("gid://shopify/Order/{}", placement.order_id),
        "name": format!("#{}", placement.number),
        "number": placement.number.saturating_sub(1_000),
        "order_number": placement.number,
        "token": format!("{:032x}", placement.order_id),
        "checkout_id": placement.order_id,
        "checkout_token": format!("{:032x}", placement.order_id),
        "confirmation_number": format!("{:X}", placement.order_id),
        "cart_token": cart_token,
        "created_at": time,
        "processed_at": time,
        "updated_at": time,
        "cancelled_at": null,
        "cancel_reason": null,
        "closed_at": null,
        "confirmed": true,
        "test": placement.is_test,
        "source_name": placement.source_name,
        "financial_status": if placement.is_paid { "paid" } else { "pending" },
        "fulfillment_status": null,
        "currency": currency.code(),
        "presentment_currency": currency.code(),
        "taxes_included": true,
        "email": email,
        "contact_email": email,
        "customer": customer_of(buyer, currency, &time),
        "note": cart.note,
        "note_attributes": attributes.collect::<Vec<_>>(),
        "tags": "",
    }))
}

fn customer_of(customer: &Customer, currency: Currency, time: &str) -> Value {
    json!({
        "id": customer.id,
        "admin_graphql_api_id": format!("gid://shopify/Customer/{}", customer.id),
        "created_at": time,
        "updated_at": time,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "email": customer.email,
        "phone": null,
        "state": "enabled",
        "note": null,
        "verified_email": true,
        "multipass_identifier": null,
        "tax_exempt": false,
        "tax_exemptions": [],
        "currency": currency.code(),
        "tags": customer.tags.join(", "),
        "default_address": null,
    })
}

/// Each amount as text and as a set in both currencies.
fn amounts(pricing: &Pricing, currency: Currency, is_paid: bool) -> Map<String, Value> {
    let (gross, discount, total) = (pricing.gross(), pricing.discount(), pricing.total());
    let amounts = [
        ("total_line_items_price", gross),
        ("total_discounts", discount),
        ("current_total_discounts", discount),
        ("subtotal_price", total),
        ("current_subtotal_price", total),
        ("total_price", total),
        ("current_total_price", total),
        ("total_tax", 0),
        ("current_total_tax", 0),
        ("current_shipping_price", 0),
        ("total_tip_received", 0),
    ];
    let mut members = Map::new();
    for (name, amount) in amounts {
        members.insert(name.to_owned(), currency.decimal(amount).into());
        members.insert(format!("{name}_set"), money_set(amount, currency));
    }
    for name in [
        "total_shipping_price_set",
        "total_cash_rounding_payment_adjustment_set",
        "total_cash_rounding_refund_adjustment_set",
    ] {
        members.insert(name.to_owned(), money_set(0, currency));
    }
    let outstanding = if is_paid { 0 } else { total };
    members.insert("total_outstanding".to_owned(), currency.decimal(outstanding).into());
    let grams = pricing
        .lines
        .iter()
        .map(|line| u64::from(line.variant.grams).saturating_mul(line.line.quantity.into()));
    let grams = grams.fold(0, u64::saturating_add);
    members.insert("total_weight".to_owned(), grams.into());
    members
}

fn discounts(pricing: &Pricing, currency: Currency) -> Map<String, Value> {
    let codes = pricing.applications.iter().map(|one| {
        let kind = match one.discount.value {
            DiscountValue::Percentage(_) => "percentage",
            DiscountValue::Fixed(_) | DiscountValue::FixedEach(_) => "fixed_amount",
        };
        json!({
            "code": one.discount.code, "amount": currency.decimal(one.total), "type": kind,
        })
    });
    let applications = pricing.applications.iter().map(|one| {
        let (value, value_type) = match one.discount.value {
            DiscountValue::Percentage(share) => (percent(share), "percentage"),
            DiscountValue::Fixed(amount) | DiscountValue::FixedEach(amount) => {
                (currency.decimal(amount), "fixed_amount")
            }
        };
        let is_each = matches!(one.discount.value, DiscountValue::FixedEach(_));
        json!({
            "target_type": "line_item",
            "type": "discount_code",
            "value": value,
            "value_type": value_type,
            "allocation_method": if is_each { "each" } else { "across" },
            "target_selection": if one.discount.products.is_some() { "entitled" } else { "all" },
            "code": one.discount.code,
        })
    });
    object(json!({
        "discount_codes": codes.collect::<Vec<_>>(),
        "discount_applications": applications.collect::<Vec<_>>(),
    }))
}

/// What every order has and the local Shopify has nothing to say about.
fn absent() -> Map<String, Value> {
    object(json!({
        "app_id": 580_111, "browser_ip": null, "buyer_accepts_marketing": false,
        "client_details": null, "company": null, "current_total_additional_fees_set": null,
        "current_total_duties_set": null, "customer_locale": "en", "device_id": null,
        "duties_included": false, "estimated_taxes": false, "landing_site": null,
        "landing_site_ref": null, "location_id": null, "merchant_business_entity_id": null,
        "merchant_of_record_app_id": null, "order_status_url": null,
        "original_total_additional_fees_set": null, "original_total_duties_set": null,
        "payment_gateway_names": ["bogus"], "phone": null, "po_number": null, "reference": null,
        "referring_site": null, "source_identifier": null, "source_url": null, "tax_exempt": false,
        "tax_lines": [], "user_id": null, "billing_address": null, "shipping_address": null,
        "fulfillments": [], "payment_terms": null, "refunds": [], "returns": [],
        "shipping_lines": [],
    }))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

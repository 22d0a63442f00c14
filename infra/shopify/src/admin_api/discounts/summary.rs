//! The sentence that describes a discount.

use serde_json::Value;

use super::super::money::places;
use crate::store::{Decimal, Fields, Settings};

const SEPARATOR: &str = " • ";

/// What is off, of what, and from when on.
pub(super) fn summary(settings: &Settings, discount: &Value) -> String {
    let mut parts = vec![value(settings, discount)];
    let requirement = &discount["minimumRequirement"];
    if let Some(amount) = requirement["greaterThanOrEqualToSubtotal"].decimal("amount") {
        parts.push(format!("Minimum purchase of {}", money(settings, amount)));
    }
    if let Some(quantity) = requirement.present("greaterThanOrEqualToQuantity") {
        let quantity = quantity.as_str().map_or_else(|| quantity.to_string(), str::to_owned);
        parts.push(format!("Minimum quantity of {quantity}"));
    }
    if discount.is_true("appliesOncePerCustomer") {
        parts.push("One use per customer".to_owned());
    }
    parts.join(SEPARATOR)
}

/// What is off, and of what.
pub(super) fn value(settings: &Settings, discount: &Value) -> String {
    let gets = &discount["customerGets"];
    let off = match gets["value"].text("__typename") {
        "DiscountPercentage" => {
            let percent =
                gets["value"].decimal("percentage").unwrap_or_default().times(100).to_string();
            format!("{}% off", percent.strip_suffix(".0").unwrap_or(&percent))
        }
        "DiscountAmount" => {
            let amount = gets["value"]["amount"].decimal("amount").unwrap_or_default();
            format!("{} off", money(settings, amount))
        }
        _ if discount.text("__typename").ends_with("FreeShipping") => {
            return "Free shipping on all products".to_owned();
        }
        _ => return "Buy products and get products".to_owned(),
    };
    let items = &gets["items"];
    let count = |name: &str, one: &str, many: &str| match items.list(name).len() {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    };
    let items = match items.text("__typename") {
        "DiscountProducts" => count("products", "product", "products"),
        "DiscountCollections" => count("collections", "collection", "collections"),
        _ if settings.sells_subscriptions && !gets.is_true("appliesOnSubscription") => {
            "one-time purchase products".to_owned()
        }
        _ => "entire order".to_owned(),
    };
    format!("{off} {items}")
}

fn money(settings: &Settings, amount: Decimal) -> String {
    let sign = match settings.currency.as_str() {
        "EUR" => "€",
        "GBP" => "£",
        "JPY" => "¥",
        "AUD" | "CAD" | "NZD" | "USD" => "$",
        _ => "",
    };
    let amount = amount.fixed(places(settings));
    if sign.is_empty() {
        format!("{amount} {}", settings.currency)
    } else {
        format!("{sign}{amount}")
    }
}

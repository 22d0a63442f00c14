//! Money in records: one currency for the shop and for what buyers see.

use serde_json::{Value, json};

use crate::store::{Decimal, Fields, Settings, decimals};

/// A `MoneyV2`.
pub(super) fn money(settings: &Settings, amount: Decimal) -> Value {
    json!({ "amount": amount.to_string(), "currencyCode": settings.currency })
}

/// A `MoneyBag`.
pub(super) fn bag(settings: &Settings, amount: Decimal) -> Value {
    let money = money(settings, amount);
    json!({ "shopMoney": money, "presentmentMoney": money })
}

/// The amount of the field of a record that is a `MoneyBag`; zero without it.
pub(super) fn amount(record: &Value, field: &str) -> Decimal {
    record[field]["shopMoney"].decimal("amount").unwrap_or_default()
}

/// The decimal places of the shop's currency.
pub(super) fn places(settings: &Settings) -> u32 {
    decimals(&settings.currency)
}

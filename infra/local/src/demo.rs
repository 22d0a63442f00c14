//! The demo shop's names and secrets: for one machine only. A deployable binary has no default
//! secret and refuses to start without its own.

use domain_core::currency::decimals;
use domain_core::money::Money;
use domain_core::time::Time;
use serde_json::Value;

/// Where the edge listens by default.
pub const URL: &str = "http://127.0.0.1:8080";
/// The shop.
pub const SHOP: &str = "demo.myshopify.com";
/// The shop's one currency.
pub const CURRENCY: &str = "EUR";
/// Shopify's app secret.
pub const SHOPIFY_SECRET: &str = "dev-shopify-secret";
/// The client id of the local Shopify app.
pub const SHOPIFY_CLIENT_ID: &str = "dev-shopify-client-id";
/// The staff token.
pub const STAFF_TOKEN: &str = "dev-staff-token-0000000000000000";
/// Its customers.
pub const CUSTOMERS: [&str; 10] =
    ["1001", "1002", "1003", "1004", "1005", "1006", "1007", "1008", "1009", "1010"];
/// Our own key, which is never Shopify's secret.
pub const KEYS: &str = "dev1:dev-forecourt-key-0000000000000000";
/// The AWS region of all parts.
pub const REGION: &str = "local-1";
/// The path under which the App Proxy is reached on the storefront.
pub const PROXY_PREFIX: &str = "/apps/forecourt";
/// The hot table.
pub const HOT_TABLE: &str = "forecourt-hot";
/// The commands table.
pub const COMMANDS_TABLE: &str = "forecourt-commands";
/// The bus.
pub const BUS: &str = "forecourt";

/// The products of the demo shop.
pub const PRODUCTS: [(&str, &str); 3] = [
    ("bike", include_str!("../demo/bike.json")),
    ("tee", include_str!("../demo/tee.json")),
    ("guitar", include_str!("../demo/guitar.json")),
];
/// Its loyalty program.
pub const PROGRAM: &str = include_str!("../demo/program.json");
/// Its customers' past orders.
pub const ORDERS: &str = include_str!("../demo/orders.json");
/// A paid order with every key Shopify documents.
const ORDERS_PAID: &str = include_str!("../fixtures/orders-paid.json");
/// A refund of one of its tees, with every key Shopify documents.
const REFUNDS_CREATE: &str = include_str!("../fixtures/refunds-create.json");
/// Its placeholder for the link of the cart that it was handed over from.
const FIXTURE_LINK: &str = "cart-of-customer-1001";
/// When it was created, when it was processed, and when it was refunded.
const FIXTURE_TIMES: [&str; 3] =
    ["2026-11-20T18:04:11+01:00", "2026-11-20T18:04:09+01:00", "2026-11-20T18:04:13+01:00"];

/// The paid order as it would be delivered at `now`, with the signed link of the cart that it was
/// handed over from, if there is one.
#[must_use]
pub fn orders_paid(link: Option<&str>, now: Time) -> String {
    at(ORDERS_PAID.replace(FIXTURE_LINK, link.unwrap_or(FIXTURE_LINK)), now)
}

/// A document of the demo in another currency: the same numbers of minor units, so that EUR 19.90
/// becomes JPY 1990. Amounts are written as texts with two decimals, or as minor units.
///
/// # Panics
/// Never: the documents are JSON.
#[must_use]
pub fn in_currency(document: &str, currency: &str) -> String {
    if currency == CURRENCY {
        return document.to_owned();
    }
    let mut json = serde_json::from_str(document).expect("the documents are JSON");
    denominate(&mut json, currency);
    json.to_string()
}

fn denominate(json: &mut Value, currency: &str) {
    match json {
        Value::String(text) if text == CURRENCY => currency.clone_into(text),
        Value::String(text) => {
            let is_amount = text.rsplit_once('.').is_some_and(|(_, cents)| cents.len() == 2);
            if let Some(Money(minor)) = Money::from_decimal(text, 2).filter(|_| is_amount) {
                *text = decimal(minor, decimals(currency) as usize);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| denominate(item, currency)),
        Value::Object(fields) => fields.values_mut().for_each(|field| denominate(field, currency)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Minor units as Shopify writes them.
fn decimal(minor: i64, places: usize) -> String {
    let digits = format!("{:0>width$}", minor.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let sign = if minor < 0 { "-" } else { "" };
    if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// The refund of a part of that order as it would be delivered at `now`.
#[must_use]
pub fn refunds_create(now: Time) -> String {
    at(REFUNDS_CREATE.to_owned(), now)
}

/// The same order once it was cancelled at `now`, with the refund embedded as Shopify does.
///
/// # Panics
/// Never: the fixtures are JSON.
#[must_use]
pub fn orders_cancelled(now: Time) -> String {
    let read = |text: &str| -> serde_json::Value {
        serde_json::from_str(text).expect("the fixtures are JSON")
    };
    let mut order = read(ORDERS_PAID);
    order["cancelled_at"] = FIXTURE_TIMES[2].into();
    order["cancel_reason"] = "customer".into();
    order["refunds"] = serde_json::json!([read(REFUNDS_CREATE)]);
    at(order.to_string(), now)
}

fn at(payload: String, now: Time) -> String {
    let now = now.to_rfc3339();
    FIXTURE_TIMES.iter().fold(payload, |payload, time| payload.replace(time, &now))
}

/// The local edge's distribution: the one that is deployed.
pub const DISTRIBUTION: &str = include_str!("../../../edge/distribution.json");

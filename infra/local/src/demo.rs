//! The demo shop's names and secrets: for one machine only. A deployable binary has no default
//! secret and refuses to start without its own.

use origin_domain::time::Time;

/// Where the edge listens unless told otherwise.
pub const URL: &str = "http://127.0.0.1:8080";
/// The shop.
pub const SHOP: &str = "demo.myshopify.com";
/// The shop's one currency.
pub const CURRENCY: &str = "EUR";
/// Shopify's app secret.
pub const SHOPIFY_SECRET: &str = "dev-shopify-secret";
/// The staff token.
pub const STAFF_TOKEN: &str = "dev-staff-token-0000000000000000";
/// Our own key, which is never Shopify's secret.
pub const KEYS: &str = "dev1:dev-forecourt-key-0000000000000000";
/// The AWS region everything believes to be in.
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
pub const PRODUCTS: [(&str, &str); 2] =
    [("bike", include_str!("../demo/bike.json")), ("tee", include_str!("../demo/tee.json"))];
/// Its loyalty programme.
pub const PROGRAM: &str = include_str!("../demo/program.json");
/// Its customers' past orders.
pub const ORDERS: &str = include_str!("../demo/orders.json");
/// A paid order with every key Shopify documents.
const ORDERS_PAID: &str = include_str!("../fixtures/orders-paid.json");
/// The cart that order names.
const FIXTURE_CART: &str = "cart-of-customer-1001";
/// When it was created, and when it was processed.
const FIXTURE_TIMES: [&str; 2] = ["2026-11-20T18:04:11+01:00", "2026-11-20T18:04:09+01:00"];

/// The paid order as it would be delivered for `cart` at `now`.
#[must_use]
pub fn orders_paid(cart: Option<&str>, now: Time) -> String {
    let named = ORDERS_PAID.replace(FIXTURE_CART, cart.unwrap_or(FIXTURE_CART));
    let now = now.to_rfc3339();
    FIXTURE_TIMES.iter().fold(named, |payload, time| payload.replace(time, &now))
}

/// The local edge's distribution: the one that is deployed.
pub const DISTRIBUTION: &str = include_str!("../../../edge/distribution.json");

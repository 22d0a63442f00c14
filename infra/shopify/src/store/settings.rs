//! What the merchant and Shopify decide about a shop.

use time::Duration;

/// First id given out: as large as Shopify's, so that code which assumes 32 bits fails here too.
const FIRST_ID: u64 = 60_000_000_000_001;
/// Ids of each millisecond: more than a shop can use in it.
const IDS_PER_MS: u64 = 1_000;

/// The first id of a shop that starts at a moment: above all ids of shops that started earlier,
/// which an app may have stored. Until the year 2255 it is exact as a number of JavaScript.
#[must_use]
pub fn first_id_at(now_ms: u64) -> u64 {
    now_ms.saturating_mul(IDS_PER_MS).saturating_add(FIRST_ID)
}

/// Facts about the shop and the installed app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Name of the shop, which is also the default vendor.
    pub name: String,
    /// The permanent domain.
    pub domain: String,
    /// Number of the shop.
    pub shop_id: u64,
    /// ISO 4217 code.
    pub currency: String,
    /// IANA name of the time zone.
    pub timezone: String,
    /// Number of the app.
    pub app_id: u64,
    /// Title and handle of the app.
    pub app_handle: String,
    /// Client id of the app.
    pub app_key: String,
    /// API version of webhooks, which the app chooses.
    pub webhook_version: String,
    /// Whether the shop sells subscriptions: texts of discounts differ.
    pub sells_subscriptions: bool,
    /// Whether the shop is on Plus.
    pub is_plus: bool,
    /// Where this server is reached, without a slash at the end.
    pub base_url: String,
    /// How long Shopify takes.
    pub delays: Delays,
    /// The first id given out.
    pub first_id: u64,
}

/// How long things take that Shopify does after the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delays {
    /// From the request of a bulk operation until it runs.
    pub bulk_start: Duration,
    /// From the start of a bulk operation until its result.
    pub bulk_run: Duration,
    /// Until a cancelled bulk operation stops.
    pub bulk_cancel: Duration,
    /// Until redeem codes exist.
    pub redeem_codes: Duration,
    /// Until customers are merged.
    pub merge: Duration,
    /// Until the search index has a change.
    pub search_index: Duration,
}

impl Default for Delays {
    fn default() -> Self {
        Self {
            bulk_start: Duration::seconds(1),
            bulk_run: Duration::seconds(2),
            bulk_cancel: Duration::seconds(1),
            redeem_codes: Duration::seconds(1),
            merge: Duration::seconds(1),
            search_index: Duration::seconds(5),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: "Local Shop".to_owned(),
            domain: "local-shop.myshopify.com".to_owned(),
            shop_id: 63_755_419_881,
            currency: "EUR".to_owned(),
            timezone: "Europe/Berlin".to_owned(),
            app_id: 347_082_227_713,
            app_handle: "forecourt".to_owned(),
            app_key: "local-client-id".to_owned(),
            webhook_version: "2026-07".to_owned(),
            sells_subscriptions: false,
            is_plus: false,
            base_url: "http://127.0.0.1:4010".to_owned(),
            delays: Delays::default(),
            first_id: FIRST_ID,
        }
    }
}

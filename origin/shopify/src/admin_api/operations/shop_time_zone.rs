//! The time zone of the shop's calendar.

use serde::{Deserialize, Serialize};

use super::super::operation::Operation;

/// The operation.
#[derive(Debug, Clone, Serialize)]
pub struct ShopTimeZone {}

/// Its answer.
#[derive(Debug, Clone, Deserialize)]
pub struct ShopTimeZoneAnswer {
    /// The shop.
    pub shop: ZonedShop,
}

/// A shop's zone.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ZonedShop {
    /// A name of the IANA database, such as `Europe/Berlin`.
    pub iana_timezone: String,
}

// === impl ShopTimeZone ===

impl Operation for ShopTimeZone {
    const DOCUMENT: &'static str = include_str!("shop_time_zone.graphql");
    const IS_REPEATABLE: bool = true;
    type Answer = ShopTimeZoneAnswer;
}

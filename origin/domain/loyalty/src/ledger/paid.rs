//! An order as it was when it was paid.
//!
//! Tips are not part of it: Shopify sends them as lines, but they are no goods, so they earn no
//! points, count towards no tier, and money refunded without goods is not for them. `order.rs` leaves
//! them out when it reads the payload.

use domain_core::money::Money;
use domain_core::time::{MINUTE_MS, Time};
use serde::{Deserialize, Serialize};

/// An order as it was when it was paid: only members that never change after that.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paid {
    /// When the order was placed (`processed_at`): the program of that time applies.
    pub at: Time,
    /// The offset from UTC of the shop's clock at that time, as the payload states it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub utc_offset_minutes: i16,
    /// The shop's currency, that of every amount.
    pub currency: String,
    /// Whether it was placed to try out the shop.
    pub is_test: bool,
    /// Where it was placed (`source_name`), such as `web` or `pos`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The codes that gave a discount.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discount_codes: Vec<String>,
    /// The customer's tags at that time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub customer_tags: Vec<String>,
    /// Its lines.
    pub lines: Vec<PaidLine>,
    /// The taxes that were paid on top of the lines; zero where prices include them.
    #[serde(default)]
    pub tax: Money,
    /// The rate at which the customer paid in another currency than the shop's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<Exchange>,
    /// Whether it is a row of an import, which knows only what the goods cost together. What the shop
    /// states of the order replaces it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_imported: bool,
}

/// A rate of exchange: one amount in two currencies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// The currency of the customer.
    pub currency: String,
    /// The amount in the customer's currency; above zero.
    pub presentment: Money,
    /// The same amount in the shop's currency.
    pub shop: Money,
}

fn is_zero(minutes: &i16) -> bool {
    *minutes == 0
}

/// One line of a paid order. Of two statements of a line the greater one counts: an edit adds to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PaidLine {
    /// Shopify's line item id.
    pub id: String,
    /// How many were bought.
    pub quantity: u32,
    /// Their price together, less the discounts on them.
    pub amount: Money,
    /// Whether it is a gift card.
    pub is_gift_card: bool,
    /// Shopify's product id; a custom line has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// Shopify's variant id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The merchant's own code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// Who makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
}

// === impl Paid ===

impl Paid {
    /// Whether this statement of an order has the time of the payment, if the ledger knows `known`: the
    /// first of imports does, and any of the shop's.
    pub(super) fn is_timed_by(&self, known: &Self) -> bool {
        self.is_imported && (known.is_imported, known.at) < (true, self.at)
    }

    /// The time on the shop's wall clock, as if it were UTC: its date is the shop's.
    #[must_use]
    pub fn local_time(&self) -> Time {
        let offset_ms = u64::from(self.utc_offset_minutes.unsigned_abs()) * MINUTE_MS;
        if self.utc_offset_minutes < 0 {
            self.at.minus_ms(offset_ms)
        } else {
            self.at.plus_ms(offset_ms)
        }
    }
}

// === impl Exchange ===

impl Exchange {
    /// An amount of the customer's currency in the shop's, rounded to the nearest unit.
    #[must_use]
    pub fn convert(&self, amount: Money) -> Money {
        let [amount, shop, presentment] =
            [amount, self.shop, self.presentment].map(|money| i128::from(money.0));
        let nearest = (2 * amount * shop + presentment) / (2 * presentment).max(1);
        Money(i64::try_from(nearest).unwrap_or(i64::MAX))
    }
}

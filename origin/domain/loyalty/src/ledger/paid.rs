//! An order as it was when it was paid.

use domain_core::money::Money;
use domain_core::time::Time;
use serde::{Deserialize, Serialize};

/// An order as it was when it was paid: only members that never change after that.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paid {
    /// When the order was placed (`processed_at`): the program of that time applies.
    pub at: Time,
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
}

/// One line of a paid order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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

//! An order as the operations read it: what moves points, and nothing about persons but the
//! customer's id and tags.

use serde::Deserialize;

use super::page::Page;

/// An order.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// Its global id.
    pub id: String,
    /// RFC 3339.
    pub updated_at: String,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339: when it was placed.
    pub processed_at: String,
    /// RFC 3339.
    pub cancelled_at: Option<String>,
    /// Whether it was placed to try out the shop.
    pub test: bool,
    /// Where it was placed.
    pub source_name: Option<String>,
    /// The shop's currency.
    pub currency_code: String,
    /// Whether prices include taxes.
    pub taxes_included: bool,
    /// The codes that gave a discount.
    pub discount_codes: Vec<String>,
    /// Such as `PAID`.
    pub display_financial_status: Option<String>,
    /// What is not paid yet.
    pub total_outstanding_set: MoneyBag,
    /// The total.
    pub total_price_set: MoneyBag,
    /// The tips in it.
    pub total_tip_received_set: MoneyBag,
    /// The customer; a guest's order has none, nor has any without approval for customer data.
    pub customer: Option<Customer>,
    /// The first of its lines.
    pub line_items: Page<LineItem>,
    /// Its refunds.
    pub refunds: Vec<Reference>,
}

/// An object of which only the id is read.
#[derive(Debug, Clone, Deserialize)]
pub struct Reference {
    /// Its global id.
    pub id: String,
}

/// The customer of an order.
#[derive(Debug, Clone, Deserialize)]
pub struct Customer {
    /// The global id.
    pub id: String,
    /// The tags.
    pub tags: Vec<String>,
}

/// A line of an order.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LineItem {
    /// Its global id.
    pub id: String,
    /// How many were bought, those that came back included.
    pub quantity: u64,
    /// Whether it is a gift card.
    pub is_gift_card: bool,
    /// The merchant's own code.
    pub sku: Option<String>,
    /// Who makes it.
    pub vendor: Option<String>,
    /// The product; a custom line has none.
    pub product: Option<Reference>,
    /// The variant.
    pub variant: Option<Reference>,
    /// The price of one before discounts.
    pub original_unit_price_set: MoneyBag,
    /// The discounts on it.
    pub discount_allocations: Vec<DiscountAllocation>,
    /// The taxes on it.
    pub tax_lines: Vec<TaxLine>,
}

/// A part of a discount.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiscountAllocation {
    /// The amount.
    pub allocated_amount_set: MoneyBag,
}

/// A tax.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaxLine {
    /// The amount.
    pub price_set: MoneyBag,
}

/// An amount in the shop's currency and, where it is read, in the customer's.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MoneyBag {
    /// In the shop's currency.
    pub shop_money: Money,
    /// In the customer's.
    pub presentment_money: Option<Money>,
}

/// An amount as Shopify writes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Money {
    /// A decimal number.
    pub amount: String,
    /// ISO 4217.
    pub currency_code: String,
}

// === impl Reference ===

impl Reference {
    /// The number in it: what webhooks, tokens and the ledger call an id.
    #[must_use]
    pub fn number(&self) -> &str {
        number_of(&self.id)
    }
}

/// The number of a global id.
pub(crate) fn number_of(gid: &str) -> &str {
    let last = gid.rsplit('/').next().unwrap_or(gid);
    last.split('?').next().unwrap_or(last)
}

//! What is known of an order, whichever webhook told it. Nothing in it comes from a clock, a
//! delivery or the ledger, so the same facts in any order are the same bytes.

use serde::{Deserialize, Serialize};

use super::cause::{Cause, CauseKind};
use crate::money::Money;
use crate::time::Time;

/// Most lines of an order. Shopify's own carts stop at 500; twice that is 65 KB encoded, a sixth of
/// what a DynamoDB item holds.
pub const ORDER_LINES_MAX: usize = 1_000;

/// The stored form of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderItem {
    /// The number of distinct causes its facts hold.
    pub version: u64,
    /// The facts themselves.
    pub facts: OrderFacts,
}

/// Everything known of one order that can move points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderFacts {
    /// Shopify's order id.
    pub order: String,
    /// Shopify's customer id; a guest has none.
    pub customer: Option<String>,
    /// Its payment, unless only other facts have arrived so far.
    pub paid: Option<Paid>,
}

/// An order as it was when it was paid: only what never changes after that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paid {
    /// When the order was placed (`processed_at`): the programme of that time applies.
    pub at: Time,
    /// The shop's currency, which every amount is in.
    pub currency: String,
    /// Whether it was placed to try out the shop.
    pub is_test: bool,
    /// Its lines.
    pub lines: Vec<PaidLine>,
}

/// One line of a paid order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaidLine {
    /// Shopify's line item id.
    pub id: String,
    /// How many were bought.
    pub quantity: u32,
    /// What they cost together, less the discounts on them.
    pub amount: Money,
    /// Whether it is a gift card.
    pub is_gift_card: bool,
}

// === impl OrderItem ===

impl OrderItem {
    /// An order of which nothing is known but its id.
    #[must_use]
    pub fn of(order: &str) -> Self {
        let facts = OrderFacts { order: order.to_owned(), customer: None, paid: None };
        Self { version: 0, facts }
    }
}

// === impl OrderFacts ===

impl OrderFacts {
    /// Whether these facts hold a cause already.
    #[must_use]
    pub fn knows(&self, cause: &Cause) -> bool {
        match cause.kind {
            CauseKind::Order => self.paid.is_some(),
        }
    }
}

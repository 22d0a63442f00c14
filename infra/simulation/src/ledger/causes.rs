//! Facts about orders, in types of the simulation: neither Shopify here nor the oracle uses the
//! domain's types.

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) id: u64,
    pub(crate) quantity: u32,
    /// The unit price, in cents.
    pub(crate) price: i64,
    /// The discount on the whole line, in cents.
    pub(crate) discount: i64,
    pub(crate) is_gift_card: bool,
}

/// One order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) id: u64,
    /// `None` for a guest's order.
    pub(crate) customer: Option<u64>,
    pub(crate) is_test: bool,
    pub(crate) lines: Vec<Line>,
}

/// A change of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OrderChange {
    /// It was paid.
    Paid,
    /// A refund: quantities of lines, and an amount beyond them, in cents.
    Refunded {
        id: u64,
        lines: Vec<(u64, u32)>,
        goodwill: i64,
    },
    Cancelled,
}

/// A fact that Shopify reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cause {
    /// The index of the order in Shopify's list.
    pub(crate) order: usize,
    pub(crate) change: OrderChange,
    /// To the second, the precision of Shopify's timestamps.
    pub(crate) at_ms: u64,
}

// === impl Line ===

impl Line {
    pub(crate) fn amount(&self) -> i64 {
        self.price * i64::from(self.quantity) - self.discount
    }
}

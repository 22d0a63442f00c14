//! What happens to customers, in words of our own: neither who tells it nor the judge speaks the
//! domain's.

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) id: u64,
    pub(crate) quantity: u32,
    /// Of one, in cents.
    pub(crate) price: i64,
    /// Off the whole line, in cents.
    pub(crate) discount: i64,
    pub(crate) is_gift_card: bool,
}

/// One order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) id: u64,
    /// A guest's has none.
    pub(crate) customer: Option<u64>,
    pub(crate) is_test: bool,
    pub(crate) lines: Vec<Line>,
}

/// What happened to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Deed {
    /// It was paid.
    Paid,
    /// So many of these lines were given back, and so many cents beyond them.
    Refunded {
        id: u64,
        lines: Vec<(u64, u32)>,
        goodwill: i64,
    },
    Cancelled,
}

/// One thing that Shopify knows and tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cause {
    /// Where the order stands in Shopify's books.
    pub(crate) order: usize,
    pub(crate) deed: Deed,
    /// To the second, as Shopify writes it.
    pub(crate) at_ms: u64,
}

// === impl Line ===

impl Line {
    pub(crate) fn amount(&self) -> i64 {
        self.price * i64::from(self.quantity) - self.discount
    }
}

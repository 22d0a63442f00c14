//! Causes: why points move. Each cause counts once per shop.

use domain_core::id::CommandId;
use serde::{Deserialize, Serialize};

/// Why points move.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cause {
    /// The kind.
    #[serde(rename = "type")]
    pub kind: CauseKind,
    /// Its id within the kind.
    pub id: String,
}

/// The kinds of causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// An order was paid; the id is the order's.
    Order,
    /// Part of an order was refunded; the id is the refund's.
    Refund,
    /// An order was cancelled; the id is the order's.
    Cancellation,
    /// A customer requested a reward; the id is the redemption's.
    Redemption,
    /// Staff gave or took points; the id is the adjustment's.
    Adjustment,
    /// Shopify merged a customer into another one; the id is that of the customer who is gone.
    Merge,
}

// === impl Cause ===

impl Cause {
    /// The payment of an order.
    #[must_use]
    pub fn order(id: &str) -> Self {
        Self { kind: CauseKind::Order, id: id.to_owned() }
    }

    /// A refund.
    #[must_use]
    pub fn refund(id: &str) -> Self {
        Self { kind: CauseKind::Refund, id: id.to_owned() }
    }

    /// The cancellation of an order.
    #[must_use]
    pub fn cancellation(order: &str) -> Self {
        Self { kind: CauseKind::Cancellation, id: order.to_owned() }
    }

    /// A redemption.
    #[must_use]
    pub fn redemption(id: CommandId) -> Self {
        Self { kind: CauseKind::Redemption, id: id.to_hex() }
    }

    /// An adjustment by staff.
    #[must_use]
    pub fn adjustment(id: CommandId) -> Self {
        Self { kind: CauseKind::Adjustment, id: id.to_hex() }
    }

    /// The merge of a customer into another one.
    #[must_use]
    pub fn merge(gone: &str) -> Self {
        Self { kind: CauseKind::Merge, id: gone.to_owned() }
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}/{}", self.kind.name(), self.id)
    }
}

// === impl CauseKind ===

impl CauseKind {
    /// Its name in keys, ids and answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Refund => "refund",
            Self::Cancellation => "cancellation",
            Self::Redemption => "redemption",
            Self::Adjustment => "adjustment",
            Self::Merge => "merge",
        }
    }
}

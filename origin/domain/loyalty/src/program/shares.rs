//! What each line contributes to the points of a rule, exactly: so the points of the goods that a
//! customer keeps are rounded down once, and do not depend on which lines came back.

use serde::{Deserialize, Serialize};

use crate::ledger::remaining_goods::RemainingGoods;
use crate::points::{POINTS_MAX, Points};

/// Most weights of an order, over all its rules: 36 KB encoded.
pub(super) const WEIGHTS_MAX: usize = 4_000;

/// The points of one rule, as a function of the goods that were not returned: `value` (or else the sum of
/// all weights) times the remaining part of the weights, divided by `divisor`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shares {
    /// The weight of each line of the order, in the order's sequence; empty: its price.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weights: Vec<u64>,
    /// The value for the order as a whole, if it is not the sum of the weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<u64>,
    /// What the value is divided by; above zero.
    pub divisor: u64,
}

// === impl Shares ===

impl Shares {
    /// So many points, spread over the order by price.
    pub(super) fn by_price(points: i128) -> Self {
        Self { weights: Vec::new(), value: u64::try_from(points).ok(), divisor: 1 }
    }

    /// The points of the goods that were not returned, rounded down.
    pub(crate) fn points(&self, remaining: &RemainingGoods<'_>) -> Points {
        let (part, whole) = match self.weights.is_empty() {
            true => (remaining.price(), remaining.whole_price()),
            false => (remaining.part(self.weights.iter().copied()), sum(&self.weights)),
        };
        let points = match self.value {
            None => remaining.reduced(part, &[], &[self.divisor]),
            Some(_) if whole == 0 => 0,
            Some(value) => remaining.reduced(part, &[value], &[whole, self.divisor]),
        };
        Points(points.min(POINTS_MAX))
    }
}

fn sum(weights: &[u64]) -> u64 {
    weights.iter().fold(0, |sum, weight| sum.saturating_add(*weight))
}

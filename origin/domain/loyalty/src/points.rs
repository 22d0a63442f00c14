//! Points, which customers earn: whole numbers, with a type of their own apart from money.

use serde::{Deserialize, Serialize};

/// A number of points. Negative points are a reduction.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Points(pub i64);

/// Most points one entry, tier or reward may name: nine million such entries still sum up within
/// an `i64`, and no account comes near that many.
pub const POINTS_MAX: i64 = 1_000_000_000_000;

// === impl Points ===

impl Points {
    /// No points.
    pub const ZERO: Self = Self(0);

    /// The sum; stops at the ends of `i64`, which [`POINTS_MAX`] keeps out of reach.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, within the same ends.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl std::iter::Sum for Points {
    fn sum<I: Iterator<Item = Self>>(points: I) -> Self {
        points.fold(Self::ZERO, Self::plus)
    }
}

//! Path summaries: a min-plus semiring of the fewest changes on a set of paths, with the prices of
//! the paths without changes.

use crate::priced_diagram::PriceBounds;

/// The summary of a set of paths.
#[derive(Debug, Clone, Copy)]
pub(super) struct PathSummary {
    /// The fewest changes on any path, and a hint that leads to that path. They are one number, so
    /// that the better of two is a minimum without a branch.
    fewest: u64,
    /// Prices of the paths without changes; [`PriceBounds::ZERO`] if there is no such path.
    pub(super) prices: PriceBounds,
}

/// Bits of the hint.
const HINT_BITS: u32 = u32::BITS;

// === impl PathSummary ===

impl PathSummary {
    /// No path: the neutral element of [`Self::add`].
    pub(super) const ZERO: Self = Self { fewest: u64::MAX, prices: PriceBounds::ZERO };

    /// The empty path: the neutral element of [`Self::multiply`].
    pub(super) const ONE: Self = Self { fewest: 0, prices: PriceBounds::ONE };

    /// Paths that each change one choice.
    pub(super) const CHANGE: Self = Self { fewest: 1 << HINT_BITS, prices: PriceBounds::ZERO };

    /// Paths without changes.
    pub(super) fn unchanged(prices: PriceBounds) -> Self {
        Self { fewest: 0, prices }
    }

    /// The fewest changes.
    pub(super) fn changes(&self) -> u64 {
        self.fewest >> HINT_BITS
    }

    /// The hint; undefined if there are no changes.
    pub(super) fn hint(&self) -> u32 {
        u32::try_from(self.fewest & u64::from(u32::MAX)).expect("masked to 32 bits")
    }

    /// The product of two summaries. The hint is `hint` if `other` paths have changes, otherwise
    /// the hint of `self`.
    pub(super) fn extend(&self, other: &Self, hint: u32) -> Self {
        let here = self.fewest;
        let with_changes = ((here >> HINT_BITS) + other.changes()) << HINT_BITS | u64::from(hint);
        Self {
            fewest: if other.changes() == 0 { here } else { with_changes },
            prices: self.prices.multiply(&other.prices),
        }
    }

    /// The product of two summaries, with `hint` as the hint.
    pub(super) fn multiply(&self, other: &Self, hint: u32) -> Self {
        Self {
            fewest: (self.changes() + other.changes()) << HINT_BITS | u64::from(hint),
            prices: self.prices.multiply(&other.prices),
        }
    }

    /// The sum of two summaries: the union of the paths.
    pub(super) fn add(&mut self, other: &Self) {
        self.fewest = self.fewest.min(other.fewest);
        self.prices.add(&other.prices);
    }
}

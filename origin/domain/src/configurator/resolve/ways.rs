//! What is known of many ways at once: the fewest changes on any of them, and what those cost that
//! change nothing.

use crate::configurator::chart::Bounds;

/// Some ways, at least one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ways {
    /// The fewest changes on any, and a hint that leads to them: one number, so that the better of
    /// two is a minimum and no branch.
    fewest: u64,
    /// Prices of the ways that change nothing; [`Bounds::NONE`] if all change something.
    pub(super) prices: Bounds,
}

/// Bits of the hint.
const HINT_BITS: u32 = u32::BITS;

// === impl Ways ===

impl Ways {
    /// No way is known yet: whatever is joined to it wins.
    pub(super) const NONE: Self = Self { fewest: u64::MAX, prices: Bounds::NONE };

    /// The one way that goes nowhere.
    pub(super) const HERE: Self = Self { fewest: 0, prices: Bounds::HERE };

    /// Ways of which each changes one choice.
    pub(super) const CHANGE: Self = Self { fewest: 1 << HINT_BITS, prices: Bounds::NONE };

    /// Ways that change nothing.
    pub(super) fn free(prices: Bounds) -> Self {
        Self { fewest: 0, prices }
    }

    /// The fewest changes.
    pub(super) fn changes(&self) -> u64 {
        self.fewest >> HINT_BITS
    }

    /// The hint; means nothing without changes.
    pub(super) fn hint(&self) -> u32 {
        u32::try_from(self.fewest & u64::from(u32::MAX)).expect("masked to 32 bits")
    }

    /// Each of these continued by each of those. The hint is `hint` if those change something, else
    /// the one before.
    pub(super) fn past(&self, those: &Self, hint: u32) -> Self {
        let here = self.fewest;
        let detour = ((here >> HINT_BITS) + those.changes()) << HINT_BITS | u64::from(hint);
        Self {
            fewest: if those.changes() == 0 { here } else { detour },
            prices: self.prices.then(&those.prices),
        }
    }

    /// Each of these continued by each of those, in a way that `hint` stands for.
    pub(super) fn then(&self, those: &Self, hint: u32) -> Self {
        Self {
            fewest: (self.changes() + those.changes()) << HINT_BITS | u64::from(hint),
            prices: self.prices.then(&those.prices),
        }
    }

    /// These and those.
    pub(super) fn join(&mut self, those: &Self) {
        self.fewest = self.fewest.min(those.fewest);
        self.prices.join(&those.prices);
    }
}

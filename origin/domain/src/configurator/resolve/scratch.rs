//! Memory for the walks of one resolution, kept for the next.

use crate::configurator::chart::{Bounds, Chart};

/// The fewest changes on some ways, and the arc that is to be known of the first of them. One
/// number, so that the better of two is a minimum and no branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fewest(u64);

/// Bits of the arc.
const ARC_BITS: u32 = u32::BITS;

/// What is known of every set, stretch and node under some choices. Means nothing between
/// resolutions.
#[derive(Debug, Default)]
pub(in crate::configurator) struct Scratch {
    /// Whether each set lacks the choice of its layer.
    pub(super) lacks: Vec<bool>,
    /// How many choices must change along each stretch, what it costs, and in how many ways it is
    /// passed: with the choices where its sets have them, with all their values where not.
    pub(super) changes: Vec<u16>,
    pub(super) tolls: Vec<Bounds>,
    pub(super) ways: Vec<u128>,
    /// Fewest changes from the top to each node, and the last arc with changes.
    pub(super) above: Vec<Fewest>,
    /// Fewest changes from each node to the bottom, and the first arc with changes.
    pub(super) below: Vec<Fewest>,
    /// Fewest changes before and behind each stretch, and the arc along it.
    pub(super) around: Vec<Fewest>,
    /// Prices of the ways that change nothing, and their number: to each node, from each node on,
    /// and before and behind each stretch.
    pub(super) priced_above: Vec<Bounds>,
    pub(super) ways_above: Vec<u128>,
    pub(super) priced_below: Vec<Bounds>,
    pub(super) priced_around: Vec<Bounds>,
}

// === impl Fewest ===

impl Fewest {
    /// No way at all.
    pub(super) const NO_WAY: Self = Self(u64::MAX);

    /// A way without changes.
    pub(super) const NONE: Self = Self(0);

    pub(super) fn new(changes: u64, arc: u32) -> Self {
        Self(changes << ARC_BITS | u64::from(arc))
    }

    pub(super) fn changes(self) -> u64 {
        self.0 >> ARC_BITS
    }

    /// The arc; means nothing without changes, but around a stretch.
    pub(super) fn arc(self) -> u32 {
        u32::try_from(self.0 & u64::from(u32::MAX)).expect("masked to 32 bits")
    }

    /// These ways, continued along an arc with this many changes.
    pub(super) fn along(self, changes: u16, arc: u32) -> Self {
        let detour = Self::new(self.changes() + u64::from(changes), arc);
        if changes == 0 { self } else { detour }
    }
}

// === impl Scratch ===

impl Scratch {
    /// Forgets everything and makes room for a diagram.
    pub(super) fn clear(&mut self, chart: &Chart) {
        let nodes = chart.diagram.node_count();
        let stretches = chart.free.len();
        refill(&mut self.lacks, chart.sets.len(), false);
        refill(&mut self.changes, stretches, 0);
        self.tolls.clone_from(&chart.free);
        self.ways.clone_from(&chart.free_ways);
        refill(&mut self.above, nodes, Fewest::NO_WAY);
        refill(&mut self.below, nodes, Fewest::NO_WAY);
        refill(&mut self.around, stretches, Fewest::NO_WAY);
        refill(&mut self.priced_above, nodes, Bounds::NONE);
        refill(&mut self.ways_above, nodes, 0);
        refill(&mut self.priced_below, nodes, Bounds::NONE);
        refill(&mut self.priced_around, stretches, Bounds::NONE);
    }
}

fn refill<T: Clone>(memory: &mut Vec<T>, length: usize, with: T) {
    memory.clear();
    memory.resize(length, with);
}

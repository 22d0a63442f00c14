//! Memory for the walks of one resolution, kept for the next.

use crate::configurator::chart::{Bounds, Chart};

/// More changes than any way needs: there is no way.
pub(super) const NO_WAY: u16 = u16::MAX;

/// What is known of every set, stretch and node under some choices. Means nothing between
/// resolutions.
#[derive(Debug, Default)]
pub(in crate::configurator) struct Scratch {
    /// Whether each set lacks the choice of its layer.
    pub(super) lacks: Vec<bool>,
    /// How many choices must change along each stretch, and what it costs: with the choices where
    /// its sets have them, with all their values where not.
    pub(super) changes: Vec<u16>,
    pub(super) tolls: Vec<Bounds>,
    /// Fewest changes from the top to each node, and the last of them on the first such way.
    pub(super) above: Vec<u16>,
    pub(super) before: Vec<Detour>,
    /// Fewest changes from each node to the bottom, and the first of them on the first such way.
    pub(super) below: Vec<u16>,
    pub(super) behind: Vec<Detour>,
    /// Fewest changes before and behind each stretch, and the node at which the first such way
    /// enters it.
    pub(super) around: Vec<u16>,
    pub(super) around_from: Vec<u32>,
    /// Prices of the ways that change nothing: to each node, from each node on, and before and
    /// behind each stretch.
    pub(super) priced_above: Vec<Bounds>,
    pub(super) priced_below: Vec<Bounds>,
    pub(super) priced_around: Vec<Bounds>,
}

/// A stretch with changes on a way to or from a node, and the node at its other end. Means nothing
/// where the way has no changes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Detour {
    pub(super) stretch: u32,
    pub(super) beyond: u32,
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
        refill(&mut self.above, nodes, NO_WAY);
        self.before.resize(nodes, Detour::default());
        refill(&mut self.below, nodes, NO_WAY);
        self.behind.resize(nodes, Detour::default());
        refill(&mut self.around, stretches, NO_WAY);
        self.around_from.resize(stretches, 0);
        refill(&mut self.priced_above, nodes, Bounds::NONE);
        refill(&mut self.priced_below, nodes, Bounds::NONE);
        refill(&mut self.priced_around, stretches, Bounds::NONE);
    }
}

fn refill<T: Clone>(memory: &mut Vec<T>, length: usize, with: T) {
    memory.clear();
    memory.resize(length, with);
}

//! Prices of the ways that change nothing.

use super::scratch::{Fewest, Scratch};
use crate::configurator::chart::{Bounds, Chart};

/// The configurations that have every choice: prices, without the base price, and number.
#[derive(Debug, Clone, Copy)]
pub(in crate::configurator) struct Extent {
    pub(in crate::configurator) prices: Bounds,
    pub(in crate::configurator) count: u128,
}

/// Prices to each node that is reached without a change.
pub(super) fn price_from_above(chart: &Chart, scratch: &mut Scratch) -> Extent {
    let Scratch { changes, tolls, ways, above, priced_above, ways_above, .. } = scratch;
    (priced_above[0], ways_above[0]) = (Bounds::HERE, 1);
    for (arcs, node) in chart.diagram.arcs.iter().zip(0..) {
        if above[node] != Fewest::NONE {
            continue;
        }
        let (here, ways_here) = (priced_above[node], ways_above[node]);
        for arc in arcs {
            let (stretch, child) = (arc.stretch as usize, arc.child as usize);
            if changes[stretch] == 0 {
                priced_above[child].join(&here.then(&tolls[stretch]));
                ways_above[child] += ways_here * ways[stretch];
            }
        }
    }
    let truth = chart.diagram.truth() as usize;
    Extent { prices: priced_above[truth], count: ways_above[truth] }
}

/// Prices from each node on, and around each stretch.
pub(super) fn price_from_below(chart: &Chart, scratch: &mut Scratch) {
    let Scratch { changes, tolls, above, below, priced_above, priced_below, priced_around, .. } =
        scratch;
    let truth = chart.diagram.truth() as usize;
    priced_below[truth] = Bounds::HERE;
    for (arcs, node) in chart.diagram.arcs.iter().rev().zip((0..truth).rev()) {
        // A way through a value may leave the selection at that value's own option and nowhere
        // else: it comes from a node reached without a change, and goes on from one reached with
        // at most one.
        let is_reached = above[node] == Fewest::NONE;
        let is_passed = above[node].changes() <= 1 && below[node] == Fewest::NONE;
        if !is_reached && !is_passed {
            continue;
        }
        let here = priced_above[node];
        let mut on = Bounds::NONE;
        for arc in arcs {
            let (stretch, child) = (arc.stretch as usize, arc.child as usize);
            if below[child] != Fewest::NONE {
                continue;
            }
            let there = priced_below[child];
            if changes[stretch] == 0 {
                on.join(&there.then(&tolls[stretch]));
            }
            if is_reached && changes[stretch] <= 1 {
                priced_around[stretch].join(&here.then(&there));
            }
        }
        priced_below[node] = on;
    }
}

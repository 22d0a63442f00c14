//! Prices of the ways that change nothing.

use super::scratch::Scratch;
use crate::configurator::chart::{Bounds, Chart};

/// Prices to each node that is reached without a change. Returns prices, without the base price,
/// and number of the configurations that have every choice.
pub(super) fn price_from_above(chart: &Chart, scratch: &mut Scratch) -> Bounds {
    let Scratch { changes, tolls, above, priced_above, .. } = scratch;
    priced_above[0] = Bounds::HERE;
    for (arcs, node) in chart.diagram.arcs.iter().zip(0..) {
        if above[node] != 0 {
            continue;
        }
        let here = priced_above[node];
        for arc in arcs {
            if changes[arc.stretch as usize] == 0 {
                let there = here.then(&tolls[arc.stretch as usize]);
                priced_above[arc.child as usize].join(&there);
            }
        }
    }
    priced_above[chart.diagram.truth() as usize]
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
        let is_reached = above[node] == 0;
        let is_passed = above[node] <= 1 && below[node] == 0;
        if !is_reached && !is_passed {
            continue;
        }
        let here = priced_above[node];
        let mut on = Bounds::NONE;
        for arc in arcs {
            if below[arc.child as usize] != 0 {
                continue;
            }
            let stretch = arc.stretch as usize;
            let there = priced_below[arc.child as usize];
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

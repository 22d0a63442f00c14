//! The fewest choices that must change: along each stretch, to reach each node from the top, to go
//! on from it to the bottom, and before and behind each stretch.

use super::choices::Choices;
use super::scratch::{Detour, NO_WAY, Scratch};
use crate::configurator::chart::{Bounds, Chart};

/// Notes what each stretch costs under these choices.
pub(super) fn toll(chart: &Chart, choices: &Choices, scratch: &mut Scratch) {
    let mut narrowed = Vec::new();
    for (layer, choice) in choices.iter() {
        for set in chart.diagram.layers[layer].sets.clone() {
            let has = chart.diagram.values.get(set).binary_search(&choice).is_ok();
            scratch.lacks[set as usize] = !has;
            if has && chart.sets[set as usize].size > 1 {
                narrowed.extend_from_slice(chart.stretches_of.get(set));
            }
            if !has {
                for stretch in chart.stretches_of.get(set) {
                    scratch.changes[*stretch as usize] += 1;
                }
            }
        }
    }
    narrowed.sort_unstable();
    narrowed.dedup();
    for stretch in narrowed {
        let mut toll = Bounds::HERE;
        for set in chart.diagram.stretches.get(stretch) {
            toll = toll.then(&toll_of(chart, choices, scratch, *set));
        }
        scratch.tolls[stretch as usize] = toll;
    }
}

/// What a set costs under these choices: the choice if it has it, any of its values if not.
pub(super) fn toll_of(chart: &Chart, choices: &Choices, scratch: &Scratch, set: u32) -> Bounds {
    let known = &chart.sets[set as usize];
    match choices.at(known.layer as usize) {
        Some(choice) if !scratch.lacks[set as usize] => chart.narrowed(set, choice),
        _ => known.bounds(),
    }
}

/// Counts changes from the top to each node.
pub(super) fn reach_from_above(chart: &Chart, scratch: &mut Scratch) {
    let Scratch { changes, above, before, .. } = scratch;
    above[0] = 0;
    for (arcs, node) in chart.diagram.arcs.iter().zip(0..) {
        let (here, last) = (above[node as usize], before[node as usize]);
        for arc in arcs {
            let cost = changes[arc.stretch as usize];
            let child = arc.child as usize;
            if here + cost < above[child] {
                above[child] = here + cost;
                let detour = Detour { stretch: arc.stretch, beyond: node };
                before[child] = if cost > 0 { detour } else { last };
            }
        }
    }
}

/// Counts changes from each node to the bottom, and around each stretch.
pub(super) fn reach_from_below(chart: &Chart, scratch: &mut Scratch) {
    let Scratch { changes, above, below, behind, around, around_from, .. } = scratch;
    let truth = chart.diagram.truth();
    below[truth as usize] = 0;
    for (arcs, node) in chart.diagram.arcs.iter().rev().zip((0..truth).rev()) {
        let here = above[node as usize];
        let (mut least, mut first) = (NO_WAY, Detour::default());
        for arc in arcs {
            let stretch = arc.stretch as usize;
            let (cost, there) = (changes[stretch], below[arc.child as usize]);
            if there + cost < least {
                least = there + cost;
                let detour = Detour { stretch: arc.stretch, beyond: arc.child };
                first = if cost > 0 { detour } else { behind[arc.child as usize] };
            }
            if here + there < around[stretch] {
                around[stretch] = here + there;
                around_from[stretch] = node;
            }
        }
        (below[node as usize], behind[node as usize]) = (least, first);
    }
}

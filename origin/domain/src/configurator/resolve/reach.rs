//! The fewest choices that must change: along each stretch, to reach each node from the top, to go
//! on from it to the bottom, and before and behind each stretch.

use super::choices::Choices;
use super::scratch::{Fewest, Scratch};
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
        let (mut toll, mut ways) = (Bounds::HERE, 1);
        for set in chart.diagram.stretches.get(stretch) {
            toll = toll.then(&toll_of(chart, choices, scratch, *set));
            let known = &chart.sets[*set as usize];
            let is_chosen = choices.at(known.layer as usize).is_some();
            let is_narrowed = is_chosen && !scratch.lacks[*set as usize];
            ways *= if is_narrowed { 1 } else { u128::from(known.size) };
        }
        (scratch.tolls[stretch as usize], scratch.ways[stretch as usize]) = (toll, ways);
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
    let Scratch { changes, above, .. } = scratch;
    above[0] = Fewest::NONE;
    let mut number = 0;
    for (arcs, node) in chart.diagram.arcs.iter().zip(0..) {
        let here: Fewest = above[node];
        for arc in arcs {
            let there = here.along(changes[arc.stretch as usize], number);
            let child = &mut above[arc.child as usize];
            *child = there.min(*child);
            number += 1;
        }
    }
}

/// Counts changes from each node to the bottom, and around each stretch.
pub(super) fn reach_from_below(chart: &Chart, scratch: &mut Scratch) {
    let Scratch { changes, above, below, around, .. } = scratch;
    let truth = chart.diagram.truth() as usize;
    below[truth] = Fewest::NONE;
    let mut number = chart.diagram.arc_count();
    for (arcs, node) in chart.diagram.arcs.iter().rev().zip((0..truth).rev()) {
        let here = above[node].changes();
        let mut least = Fewest::NO_WAY;
        for arc in arcs.iter().rev() {
            number -= 1;
            let stretch = arc.stretch as usize;
            let there = below[arc.child as usize];
            least = least.min(there.along(changes[stretch], number));
            let through = Fewest::new(here + there.changes(), number);
            around[stretch] = through.min(around[stretch]);
        }
        below[node] = least;
    }
}

//! The walks of a resolution: over the parts from small to large, over the nodes down and up, and
//! over the parts from large to small.

use super::choices::Choices;
use super::scratch::Scratch;
use super::ways::Ways;
use crate::configurator::chart::Chart;
use crate::configurator::diagram::{Joint, JointKind};

/// Where the ways around a part have their changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Around {
    /// Before and behind the arc of this number, which passes the part.
    Arc(u32),
    /// In the other part of this joint, and around the joint.
    Beside { joint: u32, other: u32 },
}

/// Set in a hint that means an arc.
const IS_ARC: u32 = 1 << 31;

/// Set in a hint that means the first part of a joint, the second being the other.
const IS_ONE: u32 = 1;

/// What passing each part takes, the smaller before those they make.
pub(super) fn pass(chart: &Chart, choices: &Choices, scratch: &mut Scratch) {
    let along = &mut scratch.along;
    along.clear();
    along.extend(chart.sets.iter().map(|set| Ways::free(set.bounds())));
    for (layer, choice) in choices.iter() {
        let own = Ways::free(chart.price_of(layer, choice));
        for set in chart.diagram.layers[layer].sets.clone() {
            let has = chart.diagram.values.get(set).binary_search(&choice).is_ok();
            along[set as usize] = if has { own } else { Ways::CHANGE };
        }
    }
    for joint in &chart.diagram.joints {
        let (one, two) = (along[joint.one as usize], along[joint.two as usize]);
        along.push(match joint.kind {
            JointKind::Both => one.then(&two, 0),
            JointKind::Either => {
                let mut ways = one;
                ways.join(&two);
                ways
            }
        });
    }
}

/// Ways from the top to each node; the hint is the last arc with changes.
pub(super) fn descend(chart: &Chart, scratch: &mut Scratch) -> Ways {
    let Scratch { along, above, .. } = scratch;
    above.clear();
    above.resize(chart.diagram.node_count(), Ways::NONE);
    above[0] = Ways::HERE;
    let mut number = 0;
    for (arcs, node) in chart.diagram.arcs.iter().zip(0..) {
        let here: Ways = above[node];
        for arc in arcs {
            above[arc.child as usize].join(&here.past(&along[arc.part as usize], number));
            number += 1;
        }
    }
    above[chart.diagram.truth() as usize]
}

/// Ways from each node to the bottom, the hint being the first arc with changes; and ways around
/// the parts that arcs pass.
pub(super) fn ascend(chart: &Chart, scratch: &mut Scratch) {
    let Scratch { along, above, below, around } = scratch;
    let truth = chart.diagram.truth() as usize;
    below.clear();
    below.resize(truth + 1, Ways::HERE);
    around.clear();
    around.resize(chart.diagram.part_count(), Ways::NONE);
    let mut number = chart.diagram.arc_count();
    for (arcs, node) in chart.diagram.arcs.iter().rev().zip((0..truth).rev()) {
        let here = above[node];
        let mut on = Ways::NONE;
        for arc in arcs.iter().rev() {
            number -= 1;
            let there = below[arc.child as usize];
            on.join(&there.past(&along[arc.part as usize], number));
            around[arc.part as usize].join(&here.then(&there, IS_ARC | number));
        }
        below[node] = on;
    }
}

/// Ways around the parts of other parts.
pub(super) fn take_apart(chart: &Chart, scratch: &mut Scratch) {
    let Scratch { along, around, .. } = scratch;
    let sets = chart.diagram.values.len();
    let mut number = chart.diagram.joint_count();
    for joint in chart.diagram.joints.iter().rev() {
        number -= 1;
        let here = around[sets + number as usize];
        let (one, two) = (joint.one as usize, joint.two as usize);
        match joint.kind {
            JointKind::Both => {
                let (along_one, along_two) = (along[one], along[two]);
                around[one].join(&here.past(&along_two, number << 1 | IS_ONE));
                around[two].join(&here.past(&along_one, number << 1));
            }
            JointKind::Either => {
                around[one].join(&here);
                around[two].join(&here);
            }
        }
    }
}

/// What a hint of the ways around a part means.
pub(super) fn around(joints: &[Joint], hint: u32) -> Around {
    if hint & IS_ARC > 0 {
        return Around::Arc(hint & !IS_ARC);
    }
    let joint = hint >> 1;
    let Joint { one, two, .. } = joints[joint as usize];
    Around::Beside { joint, other: if hint & IS_ONE > 0 { two } else { one } }
}

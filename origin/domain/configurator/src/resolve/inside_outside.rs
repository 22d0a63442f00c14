//! The inside–outside algorithm (Baker, 1979) on the factored diagram, in the semiring of path
//! summaries: parts bottom-up, nodes forward and backward, parts top-down.

use super::choices::Choices;
use super::path_summary::PathSummary;
use super::scratch::Scratch;
use crate::diagram::{Factor, FactorKind};
use crate::priced_diagram::PricedDiagram;

/// The context of a part: where the best path outside it has its changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// Before and after the arc with this number, whose label is the part.
    Arc(u32),
    /// In the other part of this factor, and outside the factor.
    Sibling { factor: u32, other: u32 },
}

/// The flag of a hint that refers to an arc.
const IS_ARC: u32 = 1 << 31;

/// The flag of a hint for the first part of a factor: the second part is the other one.
const IS_ONE: u32 = 1;

/// The paths inside each part, smaller parts first.
pub(super) fn inside(priced: &PricedDiagram, choices: &Choices, scratch: &mut Scratch) {
    let inside = &mut scratch.inside;
    inside.clear();
    inside.extend(priced.sets.iter().map(|set| PathSummary::unchanged(set.bounds())));
    for (layer, choice) in choices.iter() {
        let own = PathSummary::unchanged(priced.price_of(layer, choice));
        for set in priced.diagram.layers[layer].sets.clone() {
            let has = priced.diagram.values.get(set).binary_search(&choice).is_ok();
            inside[set as usize] = if has { own } else { PathSummary::CHANGE };
        }
    }
    for factor in &priced.diagram.factors {
        let (one, two) = (inside[factor.one as usize], inside[factor.two as usize]);
        inside.push(match factor.kind {
            FactorKind::ProductNode => one.multiply(&two, 0),
            FactorKind::UnionNode => {
                let mut sum = one;
                sum.add(&two);
                sum
            }
        });
    }
}

/// The paths from the root to each node; the hint is the last arc with changes.
pub(super) fn forward(priced: &PricedDiagram, scratch: &mut Scratch) -> PathSummary {
    let Scratch { inside, forward, .. } = scratch;
    forward.clear();
    forward.resize(priced.diagram.node_count(), PathSummary::ZERO);
    forward[0] = PathSummary::ONE;
    let mut number = 0;
    for (arcs, node) in priced.diagram.arcs.iter().zip(0..) {
        let here: PathSummary = forward[node];
        for arc in arcs {
            forward[arc.child as usize].add(&here.extend(&inside[arc.part as usize], number));
            number += 1;
        }
    }
    forward[priced.diagram.terminal() as usize]
}

/// The paths from each node to the terminal, with the first arc with changes as the hint; and the
/// paths outside the parts of arcs.
pub(super) fn backward(priced: &PricedDiagram, scratch: &mut Scratch) {
    let Scratch { inside, forward, backward, outside } = scratch;
    let terminal = priced.diagram.terminal() as usize;
    backward.clear();
    backward.resize(terminal + 1, PathSummary::ONE);
    outside.clear();
    outside.resize(priced.diagram.part_count(), PathSummary::ZERO);
    let mut number = priced.diagram.arc_count();
    for (arcs, node) in priced.diagram.arcs.iter().rev().zip((0..terminal).rev()) {
        let here = forward[node];
        let mut sum = PathSummary::ZERO;
        for arc in arcs.iter().rev() {
            number -= 1;
            let there = backward[arc.child as usize];
            sum.add(&there.extend(&inside[arc.part as usize], number));
            outside[arc.part as usize].add(&here.multiply(&there, IS_ARC | number));
        }
        backward[node] = sum;
    }
}

/// The paths outside the parts of factors, larger parts first.
pub(super) fn outside(priced: &PricedDiagram, scratch: &mut Scratch) {
    let Scratch { inside, outside, .. } = scratch;
    let sets = priced.diagram.values.len();
    let mut number = priced.diagram.factor_count();
    for factor in priced.diagram.factors.iter().rev() {
        number -= 1;
        let here = outside[sets + number as usize];
        let (one, two) = (factor.one as usize, factor.two as usize);
        match factor.kind {
            FactorKind::ProductNode => {
                let (inside_one, inside_two) = (inside[one], inside[two]);
                outside[one].add(&here.extend(&inside_two, number << 1 | IS_ONE));
                outside[two].add(&here.extend(&inside_one, number << 1));
            }
            FactorKind::UnionNode => {
                outside[one].add(&here);
                outside[two].add(&here);
            }
        }
    }
}

/// The context that a hint of the paths outside a part refers to.
pub(super) fn context(factors: &[Factor], hint: u32) -> Context {
    if hint & IS_ARC > 0 {
        return Context::Arc(hint & !IS_ARC);
    }
    let factor = hint >> 1;
    let Factor { one, two, .. } = factors[factor as usize];
    Context::Sibling { factor, other: if hint & IS_ONE > 0 { two } else { one } }
}

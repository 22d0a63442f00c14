//! The one best configuration: the fewest choices changed, then the fewest other wishes missed,
//! then the lowest price.

use super::chart::Chart;
use super::diagram::{Joint, JointKind};

/// What is wanted of each layer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    /// The chosen value.
    pub(super) choice: Option<u16>,
    /// Whether the choice is not to be changed.
    pub(super) is_fixed: bool,
    /// The value to take if nothing is chosen, or the choice must change.
    pub(super) usual: Option<u16>,
}

/// What a way through the diagram costs, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    changes: u32,
    misses: u32,
    price: i64,
}

const NOTHING: Cost = Cost { changes: 0, misses: 0, price: 0 };

// === impl Wish ===

impl Wish {
    /// Whatever is cheapest.
    pub(super) const NONE: Self = Self { choice: None, is_fixed: false, usual: None };
}

// === impl Cost ===

impl Cost {
    fn plus(self, other: Self) -> Self {
        Self {
            changes: self.changes + other.changes,
            misses: self.misses + other.misses,
            price: self.price + other.price,
        }
    }
}

/// The best configuration, a value for each option, and its price without the base price; `None`
/// if the fixed choices allow none. `wishes` has one for each layer.
pub(super) fn nearest(chart: &Chart, wishes: &[Wish]) -> Option<(Vec<u16>, i64)> {
    let diagram = &chart.diagram;
    let best_of_sets: Vec<_> =
        (0..).zip(&chart.sets).map(|(set, _)| best_value(chart, wishes, set)).collect();
    let mut tolls: Vec<Option<Cost>> =
        best_of_sets.iter().map(|best| best.map(|(cost, _)| cost)).collect();
    for joint in &diagram.joints {
        let (one, two) = (tolls[joint.one as usize], tolls[joint.two as usize]);
        tolls.push(match joint.kind {
            JointKind::Both => one.zip(two).map(|(one, two)| one.plus(two)),
            JointKind::Either => one.into_iter().chain(two).min(),
        });
    }
    // From the bottom up: what it costs to get on from each node, and along which arc.
    let mut costs: Vec<Option<Cost>> = vec![None; diagram.node_count()];
    let mut ways = vec![0; diagram.node_count()];
    let truth = diagram.truth();
    costs[truth as usize] = Some(NOTHING);
    for (arcs, node) in diagram.arcs.iter().rev().zip((0..truth).rev()) {
        for (at, arc) in arcs.iter().enumerate() {
            let (Some(toll), Some(on)) = (tolls[arc.part as usize], costs[arc.child as usize])
            else {
                continue;
            };
            let cost = toll.plus(on);
            if costs[node as usize].is_none_or(|best| cost < best) {
                costs[node as usize] = Some(cost);
                ways[node as usize] = at;
            }
        }
    }
    let price = costs[0]?.price;
    let mut parts = Vec::new();
    let mut node = 0;
    while node != truth {
        let arc = diagram.arcs.get(node)[ways[node as usize]];
        parts.push(arc.part);
        node = arc.child;
    }
    Some((along(chart, parts, &tolls, &best_of_sets), price))
}

/// The configuration on the best way along these parts.
fn along(
    chart: &Chart,
    mut parts: Vec<u32>,
    tolls: &[Option<Cost>],
    best_of_sets: &[Option<(Cost, u16)>],
) -> Vec<u16> {
    let diagram = &chart.diagram;
    let mut configuration = vec![0; chart.layer_of.len()];
    while let Some(part) = parts.pop() {
        match diagram.joint(part) {
            Some(Joint { kind: JointKind::Both, one, two }) => parts.extend([one, two]),
            Some(Joint { kind: JointKind::Either, one, two }) => {
                let is_one = tolls[one as usize] == tolls[part as usize];
                parts.push(if is_one { one } else { two });
            }
            None => {
                let layer = chart.sets[part as usize].layer as usize;
                let variable = usize::from(diagram.layers[layer].variable);
                // What is no option is a hidden sum.
                if let Some(value) = configuration.get_mut(variable) {
                    *value = best_of_sets[part as usize].expect("ways with a cost have values").1;
                }
            }
        }
    }
    configuration
}

/// The best value of a set for its layer's wish; `None` if it lacks what is fixed.
fn best_value(chart: &Chart, wishes: &[Wish], set: u32) -> Option<(Cost, u16)> {
    let known = &chart.sets[set as usize];
    let wish = wishes[known.layer as usize];
    let values = chart.diagram.values.get(set);
    let wanted = |wanted: Option<u16>| wanted.filter(|value| values.binary_search(value).is_ok());
    let price = |value: u16| chart.weights[known.layer as usize][usize::from(value)];
    if let Some(choice) = wanted(wish.choice) {
        return Some((Cost { price: price(choice), ..NOTHING }, choice));
    }
    if wish.is_fixed {
        return None;
    }
    let changes = u32::from(wish.choice.is_some());
    let (misses, value) = match wanted(wish.usual) {
        Some(usual) => (0, usual),
        None => (u32::from(wish.usual.is_some()), known.cheapest),
    };
    Some((Cost { changes, misses, price: price(value) }, value))
}

//! The nearest configuration: the shortest path through the diagram with lexicographic costs.
//! Fewest changed choices come first, then fewest missed preferences, then the lowest price.

use super::diagram::{Factor, FactorKind};
use super::priced_diagram::PricedDiagram;

/// The preference for the value of one layer.
#[derive(Debug, Clone, Copy)]
pub(super) struct LayerPreference {
    /// The chosen value.
    pub(super) choice: Option<u16>,
    /// Whether the choice must not change.
    pub(super) is_fixed: bool,
    /// The value to take if nothing is chosen, or if the choice must change.
    pub(super) preferred: Option<u16>,
}

/// The cost of a path, the most significant part first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    changes: u32,
    misses: u32,
    price: i64,
}

const NO_COST: Cost = Cost { changes: 0, misses: 0, price: 0 };

// === impl LayerPreference ===

impl LayerPreference {
    /// Prefers the cheapest value.
    pub(super) const NONE: Self = Self { choice: None, is_fixed: false, preferred: None };
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

/// The best configuration, a value for each option, and its price without the base price; `None` if
/// the fixed choices allow none. `preferences` has one entry for each layer.
pub(super) fn nearest(
    priced: &PricedDiagram,
    preferences: &[LayerPreference],
) -> Option<(Vec<u16>, i64)> {
    let diagram = &priced.diagram;
    let best_of_sets: Vec<_> =
        (0..).zip(&priced.sets).map(|(set, _)| best_value(priced, preferences, set)).collect();
    let mut part_costs: Vec<Option<Cost>> =
        best_of_sets.iter().map(|best| best.map(|(cost, _)| cost)).collect();
    for factor in &diagram.factors {
        let (one, two) = (part_costs[factor.one as usize], part_costs[factor.two as usize]);
        part_costs.push(match factor.kind {
            FactorKind::ProductNode => one.zip(two).map(|(one, two)| one.plus(two)),
            FactorKind::UnionNode => one.into_iter().chain(two).min(),
        });
    }
    // From the bottom up: the lowest cost from each node to the terminal, and its arc.
    let mut costs: Vec<Option<Cost>> = vec![None; diagram.node_count()];
    let mut best_arcs = vec![0; diagram.node_count()];
    let terminal = diagram.terminal();
    costs[terminal as usize] = Some(NO_COST);
    for (arcs, node) in diagram.arcs.iter().rev().zip((0..terminal).rev()) {
        for (at, arc) in arcs.iter().enumerate() {
            let (Some(part), Some(rest)) =
                (part_costs[arc.part as usize], costs[arc.child as usize])
            else {
                continue;
            };
            let cost = part.plus(rest);
            if costs[node as usize].is_none_or(|best| cost < best) {
                costs[node as usize] = Some(cost);
                best_arcs[node as usize] = at;
            }
        }
    }
    let price = costs[0]?.price;
    let mut parts = Vec::new();
    let mut node = 0;
    while node != terminal {
        let arc = diagram.arcs.get(node)[best_arcs[node as usize]];
        parts.push(arc.part);
        node = arc.child;
    }
    Some((configuration_of(priced, parts, &part_costs, &best_of_sets), price))
}

/// The configuration on the best path through these parts.
fn configuration_of(
    priced: &PricedDiagram,
    mut parts: Vec<u32>,
    part_costs: &[Option<Cost>],
    best_of_sets: &[Option<(Cost, u16)>],
) -> Vec<u16> {
    let diagram = &priced.diagram;
    let mut configuration = vec![0; priced.layer_of.len()];
    while let Some(part) = parts.pop() {
        match diagram.factor(part) {
            Some(Factor { kind: FactorKind::ProductNode, one, two }) => parts.extend([one, two]),
            Some(Factor { kind: FactorKind::UnionNode, one, two }) => {
                let is_one = part_costs[one as usize] == part_costs[part as usize];
                parts.push(if is_one { one } else { two });
            }
            None => {
                let layer = priced.sets[part as usize].layer as usize;
                let variable = usize::from(diagram.layers[layer].variable);
                // A variable that is not an option is a hidden sum.
                if let Some(value) = configuration.get_mut(variable) {
                    *value = best_of_sets[part as usize].expect("a path with a cost has values").1;
                }
            }
        }
    }
    configuration
}

/// The best value of a set for the preference of its layer; `None` if it lacks the fixed value.
fn best_value(
    priced: &PricedDiagram,
    preferences: &[LayerPreference],
    number: u32,
) -> Option<(Cost, u16)> {
    let set = &priced.sets[number as usize];
    let preference = preferences[set.layer as usize];
    let values = priced.diagram.values.get(number);
    let in_set = |value: Option<u16>| value.filter(|value| values.binary_search(value).is_ok());
    let price = |value: u16| priced.weights[set.layer as usize][usize::from(value)];
    if let Some(choice) = in_set(preference.choice) {
        return Some((Cost { price: price(choice), ..NO_COST }, choice));
    }
    if preference.is_fixed {
        return None;
    }
    let changes = u32::from(preference.choice.is_some());
    let (misses, value) = match in_set(preference.preferred) {
        Some(value) => (0, value),
        None => (u32::from(preference.preferred.is_some()), set.cheapest),
    };
    Some((Cost { changes, misses, price: price(value) }, value))
}

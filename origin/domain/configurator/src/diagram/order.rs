//! Initial variable orders, in which variables that share rules are close together.
//!
//! Two heuristics make many candidates: hubs, which suit industrial products, and FORCE (Aloul,
//! Markov and Sakallah, 2003), which suits all others: every constraint pulls its variables to its
//! centre until nothing moves. An estimate ranks the candidates; the compiled diagrams decide.

use super::frontier::ConstraintGraph;
use super::hubs::Hubs;
use crate::model::Model;

/// The numbers of hubs to try: there is no sharp criterion for a hub.
const HUBS: [usize; 8] = [0, 2, 4, 6, 8, 10, 12, 16];

/// Orders made by FORCE: from the authored order and from shuffles of it.
const FORCE_STARTS: u64 = 4;

/// Of orders whose estimates agree in this many bits after the first, one is enough: they are
/// mostly the same.
const ALIKE_BITS: u32 = 4;

/// Orders in which the tables alone take this many times the minimum come last: they have an option
/// with many values far down.
const WIDE: u128 = 4;

/// Rounds of FORCE; it converges long before.
const ROUNDS_MAX: usize = 200;

/// Positions are whole multiples of this fraction of a place.
const FRACTION: i64 = 1 << 20;

/// Initial orders of all variables, the most promising first.
pub(super) fn initial_orders(model: &Model<'_>) -> Vec<Vec<u16>> {
    let mut graph = ConstraintGraph::of(model);
    let mut orders: Vec<Vec<u16>> = (0..FORCE_STARTS).map(|start| force(model, start)).collect();
    for count in HUBS.into_iter().filter(|count| *count < model.option_count()) {
        for is_widest_first in [false, true] {
            orders.push(Hubs { count, is_widest_first }.order(&mut graph));
        }
    }
    let mut ranked: Vec<_> =
        orders.into_iter().map(|order| (graph.estimate(&order), order)).collect();
    let least = ranked.iter().map(|(estimate, _)| estimate.children).min().unwrap_or_default();
    ranked.sort_by_key(|(estimate, _)| (estimate.children > least * WIDE, estimate.nodes));
    ranked.dedup_by_key(|(estimate, _)| {
        estimate.nodes >> estimate.nodes.max(1).ilog2().saturating_sub(ALIKE_BITS)
    });
    ranked.into_iter().map(|(_, order)| with_sums(model, &order)).collect()
}

/// An order of the options by FORCE, from the authored order or a shuffle of it.
fn force(model: &Model<'_>, start: u64) -> Vec<u16> {
    let options = u16::try_from(model.option_count()).expect("options are bounded");
    let mut order: Vec<u16> = (0..options).collect();
    if start > 0 {
        shuffle(&mut order, start);
    }
    let hypergraph = Hypergraph::of(model);
    let mut best = (hypergraph.span(&order), order.clone());
    for _ in 0..ROUNDS_MAX {
        let next = hypergraph.centred(&order);
        if next == order {
            break;
        }
        order = next;
        let span = hypergraph.span(&order);
        if span < best.0 {
            best = (span, order.clone());
        }
    }
    best.1
}

/// The hypergraph of options and constraints: the options of each constraint, and the constraints
/// of each option.
struct Hypergraph {
    scopes: Vec<Vec<u16>>,
    constraints: Vec<Vec<usize>>,
}

// === impl Hypergraph ===

impl Hypergraph {
    fn of(model: &Model<'_>) -> Self {
        let count = model.option_count();
        let is_option = |variable: &u16| usize::from(*variable) < count;
        let scopes: Vec<Vec<u16>> = model
            .constraints
            .iter()
            .map(|constraint| constraint.scope.iter().copied().filter(is_option).collect())
            .filter(|scope: &Vec<u16>| !scope.is_empty())
            .collect();
        let mut constraints = vec![Vec::new(); count];
        for (index, scope) in scopes.iter().enumerate() {
            for option in scope {
                constraints[usize::from(*option)].push(index);
            }
        }
        Self { scopes, constraints }
    }

    /// The distance between first and last option, summed over the constraints.
    fn span(&self, order: &[u16]) -> i64 {
        let places = places(order);
        let span = |scope: &Vec<u16>| {
            let places = scope.iter().map(|option| places[usize::from(*option)]);
            places.clone().max().unwrap_or(0) - places.min().unwrap_or(0)
        };
        self.scopes.iter().map(span).sum()
    }

    /// The order after one round of FORCE.
    fn centred(&self, order: &[u16]) -> Vec<u16> {
        let places = places(order);
        let centre = |scope: &Vec<u16>| {
            let sum: i64 = scope.iter().map(|option| places[usize::from(*option)]).sum();
            sum * FRACTION / length(scope)
        };
        let centres: Vec<i64> = self.scopes.iter().map(centre).collect();
        let target = |option: &u16| {
            let option = usize::from(*option);
            let constraints = &self.constraints[option];
            if constraints.is_empty() {
                return places[option] * FRACTION;
            }
            constraints.iter().map(|index| centres[*index]).sum::<i64>() / length(constraints)
        };
        let mut keyed: Vec<(i64, u16)> =
            order.iter().map(|option| (target(option), *option)).collect();
        keyed.sort_unstable();
        keyed.into_iter().map(|(_, option)| option).collect()
    }
}

fn places(order: &[u16]) -> Vec<i64> {
    let mut places = vec![0; order.len()];
    for (option, place) in order.iter().zip(0..) {
        places[usize::from(*option)] = place;
    }
    places
}

fn length<T>(items: &[T]) -> i64 {
    i64::try_from(items.len()).expect("lists in memory are shorter than 2^63")
}

/// Inserts each hidden sum directly after the last option it depends on.
fn with_sums(model: &Model<'_>, order: &[u16]) -> Vec<u16> {
    let places = places(order);
    let mut after: Vec<Vec<u16>> = vec![Vec::new(); order.len() + 1];
    let sums = u16::try_from(model.option_count()).expect("options are bounded")..;
    for (sum, variable) in model.sums.iter().zip(sums) {
        let last = sum.options.iter().map(|option| places[usize::from(*option)] + 1).max();
        let last = usize::try_from(last.unwrap_or(0)).expect("places are not negative");
        after[last].push(variable);
    }
    let mut all = after[0].clone();
    for (option, sums) in order.iter().zip(&after[1..]) {
        all.push(*option);
        all.extend(sums);
    }
    all
}

/// Fisher–Yates shuffle with a linear congruential generator: the quality of the randomness does
/// not matter, but the result must be the same each time.
fn shuffle(order: &mut [u16], seed: u64) {
    let mut state = seed;
    for last in (1..order.len()).rev() {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let pick = (state >> 33) % (last as u64 + 1);
        order.swap(last, usize::try_from(pick).expect("below the length"));
    }
}

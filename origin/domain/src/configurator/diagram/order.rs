//! First orders of the variables: those that rules bind together stand close together.
//!
//! Many are made, by two ways of thinking: by hubs, which suits industrial products, and by FORCE
//! (Aloul, Markov, Sakallah 2003), which suits all others: every constraint pulls its variables to
//! its centre until nothing moves. An estimate ranks them, and the diagrams decide.

use super::frontier::Bonds;
use super::hubs::Hubs;
use crate::configurator::model::Model;

/// How many hubs there may be: nobody knows what to call one.
const HUBS: [usize; 8] = [0, 2, 4, 6, 8, 10, 12, 16];

/// How many orders by force: from the authored one and from shuffles of it.
const FORCE_STARTS: u64 = 4;

/// Of orders whose estimates agree in so many bits behind the first, one is enough: they are mostly
/// the same.
const ALIKE_BITS: u32 = 4;

/// Orders in which the tables alone take so many times the least of all come last: they have an
/// option of many values far down.
const WIDE: u128 = 4;

/// Rounds of pulling; it settles long before.
const ROUNDS_MAX: usize = 200;

/// Positions are whole numbers of this fraction of a place.
const FRACTION: i64 = 1 << 20;

/// First orders of all variables, the most promising first.
pub(super) fn first_orders(model: &Model<'_>) -> Vec<Vec<u16>> {
    let mut bonds = Bonds::of(model);
    let mut orders: Vec<Vec<u16>> = (0..FORCE_STARTS).map(|start| force(model, start)).collect();
    for count in HUBS.into_iter().filter(|count| *count < model.option_count()) {
        for is_widest_first in [false, true] {
            orders.push(Hubs { count, is_widest_first }.order(&mut bonds));
        }
    }
    let mut ranked: Vec<_> =
        orders.into_iter().map(|order| (bonds.extent(&order), order)).collect();
    let least = ranked.iter().map(|(extent, _)| extent.children).min().unwrap_or_default();
    ranked.sort_by_key(|(extent, _)| (extent.children > least * WIDE, extent.nodes));
    ranked.dedup_by_key(|(extent, _)| {
        extent.nodes >> extent.nodes.max(1).ilog2().saturating_sub(ALIKE_BITS)
    });
    ranked.into_iter().map(|(_, order)| with_sums(model, &order)).collect()
}

/// An order of the options by force, from the authored order or a shuffle of it.
fn force(model: &Model<'_>, start: u64) -> Vec<u16> {
    let options = u16::try_from(model.option_count()).expect("options are bounded");
    let mut order: Vec<u16> = (0..options).collect();
    if start > 0 {
        shuffle(&mut order, start);
    }
    let pulls = Pulls::of(model);
    let mut best = (pulls.span(&order), order.clone());
    for _ in 0..ROUNDS_MAX {
        let next = pulls.pulled(&order);
        if next == order {
            break;
        }
        order = next;
        let span = pulls.span(&order);
        if span < best.0 {
            best = (span, order.clone());
        }
    }
    best.1
}

/// The options of each constraint, and the constraints of each option.
struct Pulls {
    scopes: Vec<Vec<u16>>,
    constraints: Vec<Vec<usize>>,
}

// === impl Pulls ===

impl Pulls {
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

    /// The order after one round of pulling.
    fn pulled(&self, order: &[u16]) -> Vec<u16> {
        let places = places(order);
        let centre = |scope: &Vec<u16>| {
            let sum: i64 = scope.iter().map(|option| places[usize::from(*option)]).sum();
            sum * FRACTION / length(scope)
        };
        let centres: Vec<i64> = self.scopes.iter().map(centre).collect();
        let pulled_to = |option: &u16| {
            let option = usize::from(*option);
            let pulls = &self.constraints[option];
            if pulls.is_empty() {
                return places[option] * FRACTION;
            }
            pulls.iter().map(|index| centres[*index]).sum::<i64>() / length(pulls)
        };
        let mut keyed: Vec<(i64, u16)> =
            order.iter().map(|option| (pulled_to(option), *option)).collect();
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

/// Puts each hidden sum directly behind the last option it looks at.
fn with_sums(model: &Model<'_>, order: &[u16]) -> Vec<u16> {
    let places = places(order);
    let mut behind: Vec<Vec<u16>> = vec![Vec::new(); order.len() + 1];
    let sums = u16::try_from(model.option_count()).expect("options are bounded")..;
    for (sum, variable) in model.sums.iter().zip(sums) {
        let last = sum.options.iter().map(|option| places[usize::from(*option)] + 1).max();
        let last = usize::try_from(last.unwrap_or(0)).expect("places are not negative");
        behind[last].push(variable);
    }
    let mut all = behind[0].clone();
    for (option, sums) in order.iter().zip(&behind[1..]) {
        all.push(*option);
        all.extend(sums);
    }
    all
}

/// Fisher–Yates with a linear congruential generator: any scatter will do, the same each time.
fn shuffle(order: &mut [u16], seed: u64) {
    let mut state = seed;
    for last in (1..order.len()).rev() {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let pick = (state >> 33) % (last as u64 + 1);
        order.swap(last, usize::try_from(pick).expect("below the length"));
    }
}

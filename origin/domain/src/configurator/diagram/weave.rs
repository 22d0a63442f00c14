//! From constraints to one diagram: weave in some orders, sift the smallest, and take what is best to
//! serve.
//!
//! Few nodes and few parts are not the same. Sifting finds the fewest nodes, and where options
//! follow from a few hubs and from nothing else, it moves hubs down among them: fewer nodes, but
//! each remembers something, and what would have been one part of many vehicles is cut in pieces.
//! So both are made, and what is served decides.

use super::Exhausted;
use super::forge::Budget;
use super::loom::{Loom, Watch};
use super::order;
use super::served::Diagram;
use crate::configurator::model::Model;

/// How many first orders are tried from the first on that comes to the end: what is served of them
/// differs in size by a factor of two.
const TRIALS: usize = 6;

/// How many first orders are tried until one comes to the end, and the steps that each may take,
/// a good half second; if none does, a few are tried for longer.
const ROUNDS: [Round; 2] =
    [Round { orders: 8, steps_max: 100_000_000 }, Round { orders: 2, steps_max: 300_000_000 }];

/// A trial may take this many steps for every two of the best before it, and some: what takes longer
/// is seldom better.
const TRIAL_STEPS_PER_TWO: u64 = 3;
const TRIAL_STEPS_MIN: u64 = 5_000_000;

/// Nodes, dead ones included, from which on sifting pays in the middle of weaving. After each such
/// sifting the diagram may quadruple before the next.
const CROWD_MIN: usize = 200_000;

/// Children in a diagram, times its levels, up to which it is sifted at the end, and up to which
/// that is done in every trial: it takes some four steps for each, one and a half seconds and a
/// sixtieth. Larger ones gain little.
const SIFT_CELLS_MAX: usize = 40_000_000;
const SIFT_EACH_CELLS_MAX: usize = 400_000;

/// Weaves all constraints of a model; `None` if nothing satisfies them.
pub(super) fn weave(
    model: &Model<'_>,
    budget: Budget,
    sift_steps: u64,
    watch: Watch<'_>,
) -> Result<Option<Diagram>, Exhausted> {
    let mut sift_steps = sift_steps;
    let Trials { smallest, mut best, promising, .. } =
        Trials::of(model, budget, &mut sift_steps, watch)?;
    let mut loom = match smallest {
        Some(loom) => loom,
        None => {
            let mut loom = Loom::new(model, promising, budget)?;
            loom.conjoin_sifting(CROWD_MIN, &mut sift_steps, watch)?;
            best = loom.diagram(model);
            loom
        }
    };
    if best.is_some() && loom.cells() <= SIFT_CELLS_MAX {
        loom.report(watch)?;
        for sifted in loom.last_sifted(model, &mut sift_steps)? {
            keep_lighter(&mut best, sifted);
        }
    }
    Ok(best)
}

/// Keeps the one that takes less to serve.
fn keep_lighter(best: &mut Option<Diagram>, other: Option<Diagram>) {
    let weight = |diagram: &Diagram| diagram.arcs.item_count() + diagram.joints.len();
    let Some(other) = other else { return };
    if best.as_ref().is_none_or(|best| weight(&other) < weight(best)) {
        *best = Some(other);
    }
}

/// Trials of so many first orders.
struct Round {
    orders: usize,
    steps_max: u64,
}

/// What came of weaving in some orders without sifting.
struct Trials {
    /// How many were tried from the first on that came to the end.
    count: usize,
    /// Steps the next one may take.
    steps_max: u64,
    /// The one with the fewest nodes: most promising to sift.
    smallest: Option<Loom>,
    /// What is best to serve so far.
    best: Option<Diagram>,
    /// The order that came furthest, and how many constraints were left then.
    promising: Vec<u16>,
    fewest_left: usize,
}

// === impl Trials ===

impl Trials {
    fn of(
        model: &Model<'_>,
        budget: Budget,
        sift_steps: &mut u64,
        watch: Watch<'_>,
    ) -> Result<Self, Exhausted> {
        let orders = order::first_orders(model);
        let mut trials = Self {
            count: 0,
            steps_max: 0,
            smallest: None,
            best: None,
            promising: orders[0].clone(),
            fewest_left: usize::MAX,
        };
        for round in ROUNDS {
            trials.steps_max = round.steps_max.min(budget.steps);
            for order in orders.iter().take(round.orders) {
                if let Some(loom) = trials.attempt(model, order, budget, watch)? {
                    trials.keep(loom, model, sift_steps)?;
                }
                trials.count += usize::from(trials.smallest.is_some());
                if trials.count == TRIALS {
                    break;
                }
            }
            if trials.smallest.is_some() {
                break;
            }
        }
        Ok(trials)
    }

    /// Weaves in one order; `None` if it does not come to the end.
    fn attempt(
        &mut self,
        model: &Model<'_>,
        order: &[u16],
        budget: Budget,
        watch: Watch<'_>,
    ) -> Result<Option<Loom>, Exhausted> {
        let trial = Budget { steps: self.steps_max, ..budget };
        let Ok(mut loom) = Loom::new(model, order.to_vec(), trial) else { return Ok(None) };
        loom.report(watch)?;
        let outcome = loom.conjoin(watch);
        let left = loom.left();
        match outcome {
            Ok(()) => {}
            Err(Exhausted::Stopped) => return Err(Exhausted::Stopped),
            Err(_) if left < self.fewest_left => {
                (self.fewest_left, self.promising) = (left, order.to_vec());
                return Ok(None);
            }
            Err(_) => return Ok(None),
        }
        let steps = trial.steps - loom.steps_left();
        let enough = steps / 2 * TRIAL_STEPS_PER_TWO + TRIAL_STEPS_MIN;
        self.steps_max = self.steps_max.min(enough);
        Ok(Some(loom))
    }

    /// Keeps what is better than before.
    fn keep(
        &mut self,
        mut loom: Loom,
        model: &Model<'_>,
        sift_steps: &mut u64,
    ) -> Result<(), Exhausted> {
        keep_lighter(&mut self.best, loom.diagram(model));
        if self.best.is_some() && loom.cells() <= SIFT_EACH_CELLS_MAX {
            for sifted in loom.last_sifted(model, sift_steps)? {
                keep_lighter(&mut self.best, sifted);
            }
        }
        if self.smallest.as_ref().is_none_or(|other| loom.size() < other.size()) {
            self.smallest = Some(loom);
        }
        Ok(())
    }
}

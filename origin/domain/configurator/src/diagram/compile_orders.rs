//! Compiles the constraints in several variable orders, sifts the smallest diagram, and returns the
//! one with the smallest factored form.
//!
//! The order with the fewest nodes is not always the one with the fewest parts. Sifting minimises
//! nodes. Where options depend on a few hubs alone, it moves the hubs down between them: there are
//! fewer nodes, but a part that many configurations share is split. So both diagrams are built, and
//! the size of the factored form decides.

use super::Exhausted;
use super::builder::{DiagramBuilder, Watch};
use super::factored::Diagram;
use super::order;
use super::unique_table::Budget;
use crate::model::Model;

/// Initial orders tried from the first one that completes on: their factored forms differ in size
/// by a factor of two.
const TRIALS: usize = 6;

/// Initial orders tried until one completes, and the steps that each may take, a good half second.
/// If no order completes, a second round tries a few with more steps.
const ROUNDS: [Round; 2] =
    [Round { orders: 8, steps_max: 100_000_000 }, Round { orders: 2, steps_max: 300_000_000 }];

/// A trial may take this many steps for every two of the best trial before it, plus the minimum: an
/// order that takes longer is seldom better.
const TRIAL_STEPS_PER_TWO: u64 = 3;
const TRIAL_STEPS_MIN: u64 = 5_000_000;

/// Nodes, dead ones included, from which on sifting pays off midway. After each such sifting the
/// diagram may quadruple before the next.
const SIFT_NODES_MIN: usize = 200_000;

/// Children in a diagram, times its levels, up to which the final diagram is sifted, and up to
/// which the diagram of every trial is. Sifting takes some four steps for each: one and a half
/// seconds and a sixtieth of a second. Larger diagrams gain little.
const SIFT_CELLS_MAX: usize = 40_000_000;
const SIFT_EACH_CELLS_MAX: usize = 400_000;

/// Compiles all constraints of a model; `None` if nothing satisfies them.
pub(super) fn compile_orders(
    model: &Model<'_>,
    budget: Budget,
    sift_steps: u64,
    watch: Watch<'_>,
) -> Result<Option<Diagram>, Exhausted> {
    let mut sift_steps = sift_steps;
    let Trials { smallest, mut best, promising, .. } =
        Trials::of(model, budget, &mut sift_steps, watch)?;
    let mut builder = match smallest {
        Some(builder) => builder,
        None => {
            let mut builder = DiagramBuilder::new(model, promising, budget)?;
            builder.conjoin_with_sifting(SIFT_NODES_MIN, &mut sift_steps, watch)?;
            best = builder.diagram(model);
            builder
        }
    };
    if best.is_some() && builder.cells() <= SIFT_CELLS_MAX {
        builder.report(watch)?;
        for sifted in builder.final_siftings(model, &mut sift_steps)? {
            replace_if_smaller(&mut best, sifted);
        }
    }
    Ok(best)
}

/// Replaces `best` if `other` has fewer arcs and factors.
fn replace_if_smaller(best: &mut Option<Diagram>, other: Option<Diagram>) {
    let size = |diagram: &Diagram| diagram.arcs.item_count() + diagram.factors.len();
    let Some(other) = other else { return };
    if best.as_ref().is_none_or(|best| size(&other) < size(best)) {
        *best = Some(other);
    }
}

/// A round of trials.
struct Round {
    orders: usize,
    steps_max: u64,
}

/// The results of compiling in some orders without sifting.
struct Trials {
    /// Trials from the first one that completed on.
    count: usize,
    /// Steps the next trial may take.
    steps_max: u64,
    /// The diagram with the fewest nodes: the most promising one to sift.
    smallest: Option<DiagramBuilder>,
    /// The smallest factored form so far.
    best: Option<Diagram>,
    /// The incomplete order that conjoined most constraints, and how many remained.
    promising: Vec<u16>,
    fewest_remaining: usize,
}

// === impl Trials ===

impl Trials {
    fn of(
        model: &Model<'_>,
        budget: Budget,
        sift_steps: &mut u64,
        watch: Watch<'_>,
    ) -> Result<Self, Exhausted> {
        let orders = order::initial_orders(model);
        let mut trials = Self {
            count: 0,
            steps_max: 0,
            smallest: None,
            best: None,
            promising: orders[0].clone(),
            fewest_remaining: usize::MAX,
        };
        for round in ROUNDS {
            trials.steps_max = round.steps_max.min(budget.steps);
            for order in orders.iter().take(round.orders) {
                if let Some(builder) = trials.attempt(model, order, budget, watch)? {
                    trials.record(builder, model, sift_steps)?;
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

    /// Compiles in one order; `None` if it does not complete.
    fn attempt(
        &mut self,
        model: &Model<'_>,
        order: &[u16],
        budget: Budget,
        watch: Watch<'_>,
    ) -> Result<Option<DiagramBuilder>, Exhausted> {
        let trial = Budget { steps: self.steps_max, ..budget };
        let Ok(mut builder) = DiagramBuilder::new(model, order.to_vec(), trial) else {
            return Ok(None);
        };
        builder.report(watch)?;
        let outcome = builder.conjoin(watch);
        let remaining = builder.remaining();
        match outcome {
            Ok(()) => {}
            Err(Exhausted::Stopped) => return Err(Exhausted::Stopped),
            Err(_) if remaining < self.fewest_remaining => {
                (self.fewest_remaining, self.promising) = (remaining, order.to_vec());
                return Ok(None);
            }
            Err(_) => return Ok(None),
        }
        let steps = trial.steps - builder.steps_left();
        let enough = steps / 2 * TRIAL_STEPS_PER_TWO + TRIAL_STEPS_MIN;
        self.steps_max = self.steps_max.min(enough);
        Ok(Some(builder))
    }

    /// Records a completed trial.
    fn record(
        &mut self,
        mut builder: DiagramBuilder,
        model: &Model<'_>,
        sift_steps: &mut u64,
    ) -> Result<(), Exhausted> {
        replace_if_smaller(&mut self.best, builder.diagram(model));
        if self.best.is_some() && builder.cells() <= SIFT_EACH_CELLS_MAX {
            for sifted in builder.final_siftings(model, sift_steps)? {
                replace_if_smaller(&mut self.best, sifted);
            }
        }
        if self.smallest.as_ref().is_none_or(|other| builder.size() < other.size()) {
            self.smallest = Some(builder);
        }
        Ok(())
    }
}

//! From constraints to one diagram: try some orders, conjoin block by block from the top down, sift
//! the smallest, and take what is best to serve.
//!
//! From the top down: what the rules above leave possible bounds what has to be told apart below.
//! Bottom up, the diagrams under way are a hundred times larger than the last one. Block by block:
//! each conjunction passes through the whole diagram, and for a few constraints in one block, which
//! is small, it does so once.
//!
//! Few nodes and few parts are not the same. Sifting finds the fewest nodes, and where options
//! follow from a few hubs and from nothing else, it moves hubs down among them: fewer nodes, but
//! each remembers something, and what would have been one part of many vehicles is cut in pieces.
//! So both are made, and what is served decides.

use super::Exhausted;
use super::forest::{Classes, Forest};
use super::forge::{Budget, FALSE, Forge, Node, TRUE};
use super::layered::Layered;
use super::order;
use super::relation::Relations;
use super::served::Diagram;
use super::sift::Sifter;
use crate::configurator::model::Model;

/// How many first orders are tried from the first on that comes to the end: what is best of so many
/// is within a fifth of the best of all.
const TRIALS: usize = 6;

/// How many first orders are tried until one comes to the end, and the steps that each may take,
/// a good half second; if none does, a few are tried for longer.
const ROUNDS: [Round; 2] =
    [Round { orders: 8, steps_max: 100_000_000 }, Round { orders: 2, steps_max: 300_000_000 }];

/// A trial may take this many steps for every two of the best before it, and some: what takes longer
/// is seldom better.
const TRIAL_STEPS_PER_TWO: u64 = 3;
const TRIAL_STEPS_MIN: u64 = 5_000_000;

/// Constraints in a block.
const BLOCK: usize = 16;

/// Nodes, dead ones included, from which on sifting pays in the middle of weaving. After each such
/// sifting the diagram may quadruple before the next.
const CROWD_MIN: usize = 200_000;

/// Siftings at the end: the third seldom finds three percent.
const LAST_SIFTINGS: usize = 2;

/// Children in a diagram, times its levels, up to which it is sifted at the end: it takes some four
/// steps for each, one and a half seconds. Larger ones gain little.
const LAST_SIFT_CELLS_MAX: usize = 40_000_000;

/// How far weaving has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Rules and price sums woven into the diagram, of `constraints`.
    pub woven: usize,
    /// Rules and price sums in all.
    pub constraints: usize,
    /// Nodes of the diagram and of what is still to be woven.
    pub nodes: usize,
}

/// Told how far weaving has come; answers whether to go on.
pub(super) type Watch<'w> = &'w mut dyn FnMut(Progress) -> bool;

/// One diagram for all constraints.
pub(super) struct Woven<'l> {
    pub(super) forge: &'l Forge,
    pub(super) root: Node,
    /// The variable of each level.
    pub(super) order: &'l [u16],
    /// Of each variable, the class of each value: what the diagram's values are.
    pub(super) classes: &'l [Classes],
}

/// A diagram on its way: what is woven so far, and the constraints still to come as the roots of
/// the forest, the one that reaches down deepest first.
struct Loom {
    forest: Forest,
    classes: Vec<Classes>,
    cloth: Node,
    constraints: usize,
}

/// Weaves all constraints of a model; `None` if nothing satisfies them.
pub(super) fn weave(
    model: &Model<'_>,
    budget: Budget,
    sift_steps: u64,
    watch: Watch<'_>,
) -> Result<Option<Diagram>, Exhausted> {
    let Trials { smallest, mut best, promising, .. } = Trials::of(model, budget, watch)?;
    let mut sift_steps = sift_steps;
    let mut loom = match smallest {
        Some(loom) => loom,
        None => {
            let mut loom = Loom::new(model, promising, budget)?;
            loom.conjoin_sifting((CROWD_MIN, &mut sift_steps), budget, watch)?;
            best = loom.diagram(model);
            loom
        }
    };
    if best.is_none() {
        return Ok(None);
    }
    for _ in 0..LAST_SIFTINGS {
        if loom.cells() > LAST_SIFT_CELLS_MAX {
            break;
        }
        loom.report(watch)?;
        loom.sift(&mut sift_steps, budget)?;
        keep_lighter(&mut best, loom.diagram(model));
    }
    Ok(best)
}

/// Keeps the one that takes less to serve.
fn keep_lighter(best: &mut Option<Diagram>, other: Option<Diagram>) {
    let weight = |diagram: &Diagram| diagram.arcs.item_count() + diagram.joints.len();
    if best.as_ref().map(weight).is_none_or(|best| other.as_ref().map(weight) < Some(best)) {
        *best = other;
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
    fn of(model: &Model<'_>, budget: Budget, watch: Watch<'_>) -> Result<Self, Exhausted> {
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
                trials.attempt(model, order, budget, watch)?;
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

    /// Weaves in one order, and keeps what is better than before.
    fn attempt(
        &mut self,
        model: &Model<'_>,
        order: &[u16],
        budget: Budget,
        watch: Watch<'_>,
    ) -> Result<(), Exhausted> {
        let trial = Budget { steps: self.steps_max, ..budget };
        let Ok(mut loom) = Loom::new(model, order.to_vec(), trial) else { return Ok(()) };
        loom.report(watch)?;
        let outcome = loom.conjoin(watch);
        let left = loom.forest.roots.len();
        match outcome {
            Ok(()) => {}
            Err(Exhausted::Stopped) => return Err(Exhausted::Stopped),
            Err(_) if left < self.fewest_left => {
                (self.fewest_left, self.promising) = (left, order.to_vec());
                return Ok(());
            }
            Err(_) => return Ok(()),
        }
        let steps = trial.steps - loom.forest.forge.steps_left();
        let enough = steps / 2 * TRIAL_STEPS_PER_TWO + TRIAL_STEPS_MIN;
        self.steps_max = self.steps_max.min(enough);
        keep_lighter(&mut self.best, loom.diagram(model));
        if self.smallest.as_ref().is_none_or(|other| loom.size() < other.size()) {
            self.smallest = Some(loom);
        }
        Ok(())
    }
}

// === impl Loom ===

impl Loom {
    /// All constraints of the model in a first order, nothing woven yet.
    fn new(model: &Model<'_>, order: Vec<u16>, budget: Budget) -> Result<Self, Exhausted> {
        let mut levels = vec![0; order.len()];
        for (variable, level) in order.iter().zip(0..) {
            levels[usize::from(*variable)] = level;
        }
        let domain = |variable: &u16| model.domains[usize::from(*variable)];
        let mut forge = Forge::new(order.iter().map(domain).collect(), budget);
        let relations = Relations { levels: &levels, domains: &model.domains, settled: &[] };
        let mut roots = Vec::with_capacity(model.constraints.len());
        for constraint in &model.constraints {
            roots.push(relations.of(&mut forge, model, constraint)?);
        }
        let mut forest = Forest { forge, order, roots };
        forest.forge.collect(&mut forest.roots);
        forest.tighten()?;
        let by_level = forest.merge_values(budget)?;
        let mut classes = vec![Classes::new(); by_level.len()];
        for (variable, of_level) in forest.order.iter().zip(by_level) {
            classes[usize::from(*variable)] = of_level;
        }
        let mut loom = Self { forest, classes, cloth: TRUE, constraints: model.constraints.len() };
        loom.lay_out();
        Ok(loom)
    }

    /// What was woven, as it would be served; `None` if nothing satisfies it.
    fn diagram(&self, model: &Model<'_>) -> Option<Diagram> {
        let Forest { forge, order, .. } = &self.forest;
        let woven = Woven { forge, root: self.cloth, order, classes: &self.classes };
        let is_satisfiable = self.cloth != FALSE;
        is_satisfiable.then(|| Diagram::of(Layered::of(&woven, &model.domains)))
    }

    /// Sorts what is still to be woven.
    fn lay_out(&mut self) {
        let forest = &mut self.forest;
        let mut roots = std::mem::take(&mut forest.roots);
        roots.sort_by_cached_key(|root| {
            std::cmp::Reverse((forest.bottom(*root), forest.forge.level(*root)))
        });
        forest.roots = roots;
    }

    /// Nodes there are, dead ones included.
    fn size(&self) -> usize {
        self.forest.forge.node_end() as usize
    }

    /// Children there are, times levels.
    fn cells(&self) -> usize {
        let Forest { forge, order, .. } = &self.forest;
        (2..forge.node_end()).map(|node| forge.children(node).len()).sum::<usize>() * order.len()
    }

    fn report(&self, watch: Watch<'_>) -> Result<(), Exhausted> {
        let woven = self.constraints - self.forest.roots.len();
        let progress = Progress { woven, constraints: self.constraints, nodes: self.size() };
        if watch(progress) { Ok(()) } else { Err(Exhausted::Stopped) }
    }

    /// Weaves in what is left.
    fn conjoin(&mut self, watch: Watch<'_>) -> Result<(), Exhausted> {
        let mut live = self.collect();
        while !self.forest.roots.is_empty() {
            let rest = self.forest.roots.len().saturating_sub(BLOCK);
            let Forest { forge, roots, .. } = &mut self.forest;
            let mut block = TRUE;
            for constraint in &roots[rest..] {
                block = forge.and(block, *constraint)?;
            }
            self.cloth = forge.and(self.cloth, block)?;
            roots.truncate(if self.cloth == FALSE { 0 } else { rest });
            if forge.is_crowded(live) {
                live = self.collect();
                self.report(watch)?;
            }
        }
        self.collect();
        Ok(())
    }

    /// The same, sifting whenever the nodes have grown beyond `nodes_max`, which grows with them.
    fn conjoin_sifting(
        &mut self,
        (mut nodes_max, steps): (usize, &mut u64),
        budget: Budget,
        watch: Watch<'_>,
    ) -> Result<(), Exhausted> {
        loop {
            self.forest.forge.set_nodes_max(nodes_max);
            let left = self.forest.roots.len();
            match self.conjoin(watch) {
                Err(Exhausted::Nodes) => {}
                outcome => return outcome,
            }
            self.collect();
            let is_stuck = self.forest.roots.len() == left;
            if is_stuck || self.size() * 4 > nodes_max {
                self.report(watch)?;
                self.sift(steps, budget)?;
            }
            nodes_max = nodes_max.max(self.size() * 4);
            if is_stuck {
                nodes_max *= 2;
            }
        }
    }

    fn collect(&mut self) -> usize {
        let Forest { forge, roots, .. } = &mut self.forest;
        roots.push(self.cloth);
        let bytes = forge.collect(roots);
        self.cloth = roots.pop().expect("it was just put there");
        bytes
    }

    fn sift(&mut self, steps: &mut u64, budget: Budget) -> Result<(), Exhausted> {
        let Forest { forge, order, roots } = &mut self.forest;
        roots.push(self.cloth);
        let mut sifter = Sifter::new(forge, roots, order, *steps);
        sifter.sift();
        *steps = sifter.steps_left();
        order.clear();
        order.extend_from_slice(sifter.order());
        *forge = sifter.into_forge(roots, Budget { steps: forge.steps_left(), ..budget })?;
        self.cloth = roots.pop().expect("it was just put there");
        self.lay_out();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, Loom, order};
    use crate::configurator::chart::{Chart, Prices};
    use crate::configurator::model::Model;
    use crate::configurator::product::Product;
    use crate::configurator::resolve::{Choices, Count};

    const BIKE: &[u8] = include_bytes!("../../../../../infra/local/demo/bike.json");
    const BUDGET: Budget = Budget { steps: 50_000_000, bytes: 64 << 20 };

    /// Sifting in the middle is for products too large for a test: here it is made to happen at
    /// every turn of a small one.
    #[test]
    fn a_product_woven_with_sifting_at_every_turn_has_the_same_configurations() {
        let product = Product::parse(BIKE).unwrap();
        let model = Model::of(&product).unwrap();
        let orders = order::first_orders(&model);
        for (start, crowd) in [(0, 40), (1, 60), (2, 40), (3, 60)] {
            let mut sifted = 0;
            let mut loom = Loom::new(&model, orders[start].clone(), BUDGET).unwrap();
            let mut watch = |_| {
                sifted += 1;
                true
            };
            loom.conjoin_sifting((crowd, &mut 10_000_000), BUDGET, &mut watch).unwrap();
            assert!(sifted > 1, "start {start}: nothing was sifted");
            let diagram = loom.diagram(&model).unwrap();
            let chart = Chart::of(diagram, &Prices::of(&product, &model));
            let count = Count::of(&chart, &Choices::of(&chart, []));
            assert_eq!(&count, 1_928_176, "start {start}");
        }
    }
}

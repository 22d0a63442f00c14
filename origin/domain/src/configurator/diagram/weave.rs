//! From constraints to one diagram: try some orders, conjoin bottom up, sift the smallest, and take
//! what is best to serve.
//!
//! Few nodes and few parts are not the same. Sifting finds the fewest nodes, and where options
//! follow from a few hubs and from nothing else, it moves hubs down among them: fewer nodes, but
//! each remembers something, and what would have been one part of many vehicles is cut in pieces.
//! So both are made, and what is served decides. Sifting makes Megane five times smaller and a model
//! in which every version is an exception eight times larger.

use super::Exhausted;
use super::forest::{Classes, Forest};
use super::forge::{Budget, FALSE, Forge, Node, TRUE};
use super::layered::Layered;
use super::order;
use super::relation::Relations;
use super::served::Diagram;
use super::sift::Sifter;
use crate::configurator::model::Model;

/// How many first orders are tried. Their diagrams differ in size by a factor of two to ten.
const TRIALS: u64 = 4;

/// Steps one trial may take. If none comes to the end, the one that came furthest may take more: the
/// largest models take half of that.
const TRIAL_STEPS_MAX: u64 = 6_000_000;
const LAST_TRIAL_STEPS_MAX: u64 = 30_000_000;

/// A trial may take this many steps for every two of the best before it, and some: what takes longer
/// is seldom better.
const TRIAL_STEPS_PER_TWO: u64 = 3;
const TRIAL_STEPS_MIN: u64 = 2_000_000;

/// Nodes, dead ones included, from which on sifting pays in the middle of weaving. After each such
/// sifting the diagram may quadruple before the next.
const CROWD_MIN: usize = 200_000;

/// Siftings at the end: the third seldom finds three percent.
const LAST_SIFTINGS: usize = 2;

/// Steps those may take together: some three seconds. Industrial models that gain from sifting are
/// through with a fifth.
const LAST_SIFT_STEPS_MAX: u64 = 300_000_000;

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
/// the forest, the one that reaches down deepest last: weaving it in then leaves alone what lies
/// below it.
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
    let Trials { smallest, mut best, promising } = Trials::of(model, budget, watch)?;
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
    let mut last_steps = sift_steps.min(LAST_SIFT_STEPS_MAX);
    for _ in 0..LAST_SIFTINGS {
        loom.report(watch)?;
        loom.sift(&mut last_steps, budget)?;
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

/// What came of weaving in some orders without sifting.
struct Trials {
    /// The one with the fewest nodes: most promising to sift.
    smallest: Option<Loom>,
    /// What is best to serve so far.
    best: Option<Diagram>,
    /// The order that came furthest, if none came to the end.
    promising: u64,
}

// === impl Trials ===

impl Trials {
    fn of(model: &Model<'_>, budget: Budget, watch: Watch<'_>) -> Result<Self, Exhausted> {
        let mut trials = Self { smallest: None, best: None, promising: 0 };
        let mut fewest_left = usize::MAX;
        let mut steps_max = TRIAL_STEPS_MAX;
        for start in 0..TRIALS {
            match trials.attempt(model, (start, steps_max), budget, watch)? {
                Ended::Woven { steps } => {
                    steps_max = steps_max.min(steps / 2 * TRIAL_STEPS_PER_TWO + TRIAL_STEPS_MIN);
                }
                Ended::Early { left } if left < fewest_left => {
                    (trials.promising, fewest_left) = (start, left);
                }
                Ended::Early { .. } => {}
            }
        }
        if trials.smallest.is_none() {
            trials.attempt(model, (trials.promising, LAST_TRIAL_STEPS_MAX), budget, watch)?;
        }
        Ok(trials)
    }

    /// Weaves in one order, and keeps what is better than before.
    fn attempt(
        &mut self,
        model: &Model<'_>,
        (start, steps_max): (u64, u64),
        budget: Budget,
        watch: Watch<'_>,
    ) -> Result<Ended, Exhausted> {
        let trial = Budget { steps: budget.steps.min(steps_max), ..budget };
        let Ok(mut loom) = Loom::new(model, start, trial) else {
            return Ok(Ended::Early { left: usize::MAX });
        };
        loom.report(watch)?;
        match loom.conjoin(watch) {
            Ok(()) => {}
            Err(Exhausted::Stopped) => return Err(Exhausted::Stopped),
            Err(_) => return Ok(Ended::Early { left: loom.forest.roots.len() }),
        }
        let steps = trial.steps - loom.forest.forge.steps_left();
        keep_lighter(&mut self.best, loom.diagram(model));
        if self.smallest.as_ref().is_none_or(|other| loom.size() < other.size()) {
            self.smallest = Some(loom);
        }
        Ok(Ended::Woven { steps })
    }
}

/// How a trial ended.
enum Ended {
    /// Everything is woven, in so many steps.
    Woven { steps: u64 },
    /// So many constraints were left when something ran out.
    Early { left: usize },
}

// === impl Loom ===

impl Loom {
    /// All constraints of the model in first order number `start`, nothing woven yet.
    fn new(model: &Model<'_>, start: u64, budget: Budget) -> Result<Self, Exhausted> {
        let order = order::order(model, start);
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
        roots.sort_by_cached_key(|root| (forest.bottom(*root), forest.forge.level(*root)));
        forest.roots = roots;
    }

    /// Nodes there are, dead ones included.
    fn size(&self) -> usize {
        self.forest.forge.node_end() as usize
    }

    fn report(&self, watch: Watch<'_>) -> Result<(), Exhausted> {
        let woven = self.constraints - self.forest.roots.len();
        let progress = Progress { woven, constraints: self.constraints, nodes: self.size() };
        if watch(progress) { Ok(()) } else { Err(Exhausted::Stopped) }
    }

    /// Weaves in what is left, bottom up.
    fn conjoin(&mut self, watch: Watch<'_>) -> Result<(), Exhausted> {
        let mut live = self.collect();
        while let Some(constraint) = self.forest.roots.pop() {
            let woven = self.forest.forge.and(self.cloth, constraint);
            if woven.is_err() {
                self.forest.roots.push(constraint);
            }
            self.cloth = woven?;
            if self.cloth == FALSE {
                self.forest.roots.clear();
            }
            if self.forest.forge.is_crowded(live) {
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
    use super::{Budget, Loom};
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
        for (start, crowd) in [(0, 40), (1, 60), (2, 40), (3, 60)] {
            let mut sifted = 0;
            let mut loom = Loom::new(&model, start, BUDGET).unwrap();
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

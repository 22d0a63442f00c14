//! Where constraints are woven into one diagram, block by block from the top down.
//!
//! From the top down: what the rules above leave possible bounds what has to be told apart below.
//! Bottom up, the diagrams under way are a hundred times larger than the last one. Block by block:
//! each conjunction passes through the whole diagram, and for a few constraints in one block, which
//! is small, it does so once.

use super::Exhausted;
use super::forest::{Classes, Forest};
use super::forge::{Budget, FALSE, Forge, Node, TRUE};
use super::layered::Layered;
use super::relation::Relations;
use super::served::Diagram;
use super::sift::Sifter;
use crate::configurator::model::Model;

/// Constraints in a block: of 4 to 32, where large models take the least time.
const BLOCK: usize = 16;

/// Siftings at the end: the third seldom finds three percent.
const LAST_SIFTINGS: usize = 2;

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
pub(super) struct Loom {
    forest: Forest,
    classes: Vec<Classes>,
    cloth: Node,
    constraints: usize,
}

// === impl Loom ===

impl Loom {
    /// All constraints of the model in a first order, nothing woven yet.
    pub(super) fn new(
        model: &Model<'_>,
        order: Vec<u16>,
        budget: Budget,
    ) -> Result<Self, Exhausted> {
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
        let by_level = forest.merge_values()?;
        let mut classes = vec![Classes::new(); by_level.len()];
        for (variable, of_level) in forest.order.iter().zip(by_level) {
            classes[usize::from(*variable)] = of_level;
        }
        let mut loom = Self { forest, classes, cloth: TRUE, constraints: model.constraints.len() };
        loom.lay_out();
        Ok(loom)
    }

    /// What was woven, as it would be served; `None` if nothing satisfies it.
    pub(super) fn diagram(&self, model: &Model<'_>) -> Option<Diagram> {
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
    pub(super) fn size(&self) -> usize {
        self.forest.forge.node_end() as usize
    }

    /// Constraints still to be woven in.
    pub(super) fn left(&self) -> usize {
        self.forest.roots.len()
    }

    pub(super) fn steps_left(&self) -> u64 {
        self.forest.forge.steps_left()
    }

    /// Children there are, times levels.
    pub(super) fn cells(&self) -> usize {
        let Forest { forge, order, .. } = &self.forest;
        (2..forge.node_end()).map(|node| forge.children(node).len()).sum::<usize>() * order.len()
    }

    pub(super) fn report(&self, watch: Watch<'_>) -> Result<(), Exhausted> {
        let woven = self.constraints - self.left();
        let progress = Progress { woven, constraints: self.constraints, nodes: self.size() };
        if watch(progress) { Ok(()) } else { Err(Exhausted::Stopped) }
    }

    /// Weaves in what is left.
    pub(super) fn conjoin(&mut self, watch: Watch<'_>) -> Result<(), Exhausted> {
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
    pub(super) fn conjoin_sifting(
        &mut self,
        mut nodes_max: usize,
        steps: &mut u64,
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
                self.sift(steps)?;
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

    /// What each sifting at the end makes of it.
    pub(super) fn last_sifted(
        &mut self,
        model: &Model<'_>,
        steps: &mut u64,
    ) -> Result<[Option<Diagram>; LAST_SIFTINGS], Exhausted> {
        let mut sifted = [const { None }; LAST_SIFTINGS];
        for one in &mut sifted {
            self.sift(steps)?;
            *one = self.diagram(model);
        }
        Ok(sifted)
    }

    fn sift(&mut self, steps: &mut u64) -> Result<(), Exhausted> {
        let Forest { forge, order, roots } = &mut self.forest;
        roots.push(self.cloth);
        let mut sifter = Sifter::new(forge, roots, order, *steps);
        sifter.sift();
        *steps = sifter.steps_left();
        order.clear();
        order.extend_from_slice(sifter.order());
        *forge = sifter.into_forge(roots, forge.budget_left())?;
        self.cloth = roots.pop().expect("it was just put there");
        self.lay_out();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::order;
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
        let orders = order::first_orders(&model);
        for (start, crowd) in [(0, 40), (1, 60), (2, 40), (3, 60)] {
            let mut sifted = 0;
            let mut loom = Loom::new(&model, orders[start].clone(), BUDGET).unwrap();
            let mut watch = |_| {
                sifted += 1;
                true
            };
            loom.conjoin_sifting(crowd, &mut 10_000_000, &mut watch).unwrap();
            assert!(sifted > 1, "start {start}: nothing was sifted");
            let diagram = loom.diagram(&model).unwrap();
            let chart = Chart::of(diagram, &Prices::of(&product, &model));
            let count = Count::of(&chart, &Choices::of(&chart, []));
            assert_eq!(&count, 1_928_176, "start {start}");
        }
    }
}

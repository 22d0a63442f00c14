//! Builds one diagram from all constraints in one variable order, block by block from the top down.
//!
//! Top down, because the upper rules limit the states that the lower levels must distinguish;
//! bottom up, the intermediate diagrams are a hundred times larger than the result. In blocks,
//! because each conjunction traverses the whole diagram: a block of a few constraints is small and
//! takes one traversal.

use super::Exhausted;
use super::factored::Diagram;
use super::forest::{Classes, Forest};
use super::quasi_reduced::QuasiReduced;
use super::relation::Relations;
use super::sift::Sifter;
use super::unique_table::{Budget, FALSE, Node, TRUE, UniqueTable};
use crate::model::Model;

/// Constraints in a block: of 4 to 32, the size at which large models take the least time.
const BLOCK: usize = 16;

/// Siftings of the final diagram: a third one seldom saves three percent.
const FINAL_SIFTINGS: usize = 2;

/// Progress of a compilation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Rules and price sums in the diagram so far, of `constraints`.
    pub conjoined: usize,
    /// Rules and price sums in all.
    pub constraints: usize,
    /// Nodes of the diagram and of the constraints that remain.
    pub nodes: usize,
}

/// Receives the progress of a compilation; returns whether to continue.
pub(super) type Watch<'w> = &'w mut dyn FnMut(Progress) -> bool;

/// The reduced diagram of all constraints.
pub(super) struct ReducedDiagram<'l> {
    pub(super) table: &'l UniqueTable,
    pub(super) root: Node,
    /// The variable of each level.
    pub(super) order: &'l [u16],
    /// For each variable, the class of each value; the diagram branches on classes.
    pub(super) classes: &'l [Classes],
}

/// An unfinished diagram, and the remaining constraints as the roots of the forest, the one with
/// the lowest bottom level first.
pub(super) struct DiagramBuilder {
    forest: Forest,
    classes: Vec<Classes>,
    root: Node,
    constraints: usize,
}

// === impl DiagramBuilder ===

impl DiagramBuilder {
    /// A builder with all constraints of the model in an initial order, none conjoined yet.
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
        let mut table = UniqueTable::new(order.iter().map(domain).collect(), budget);
        let relations = Relations { levels: &levels, domains: &model.domains, fixed: &[] };
        let mut roots = Vec::with_capacity(model.constraints.len());
        for constraint in &model.constraints {
            roots.push(relations.of(&mut table, model, constraint)?);
        }
        let mut forest = Forest { table, order, roots };
        forest.table.collect(&mut forest.roots);
        forest.tighten()?;
        let by_level = forest.merge_values()?;
        let mut classes = vec![Classes::new(); by_level.len()];
        for (variable, of_level) in forest.order.iter().zip(by_level) {
            classes[usize::from(*variable)] = of_level;
        }
        let mut builder =
            Self { forest, classes, root: TRUE, constraints: model.constraints.len() };
        builder.sort_roots();
        Ok(builder)
    }

    /// The factored form of the diagram; `None` if nothing satisfies it.
    pub(super) fn diagram(&self, model: &Model<'_>) -> Option<Diagram> {
        let Forest { table, order, .. } = &self.forest;
        let reduced = ReducedDiagram { table, root: self.root, order, classes: &self.classes };
        let is_satisfiable = self.root != FALSE;
        is_satisfiable.then(|| Diagram::of(QuasiReduced::of(&reduced, &model.domains)))
    }

    /// Sorts the constraints that remain.
    fn sort_roots(&mut self) {
        let forest = &mut self.forest;
        let mut roots = std::mem::take(&mut forest.roots);
        roots.sort_by_cached_key(|root| {
            std::cmp::Reverse((forest.bottom(*root), forest.table.level(*root)))
        });
        forest.roots = roots;
    }

    /// The number of nodes, dead ones included.
    pub(super) fn size(&self) -> usize {
        self.forest.table.node_end() as usize
    }

    /// The number of constraints that remain.
    pub(super) fn remaining(&self) -> usize {
        self.forest.roots.len()
    }

    pub(super) fn steps_left(&self) -> u64 {
        self.forest.table.steps_left()
    }

    /// The number of children, times the number of levels.
    pub(super) fn cells(&self) -> usize {
        let Forest { table, order, .. } = &self.forest;
        (2..table.node_end()).map(|node| table.children(node).len()).sum::<usize>() * order.len()
    }

    pub(super) fn report(&self, watch: Watch<'_>) -> Result<(), Exhausted> {
        let conjoined = self.constraints - self.remaining();
        let progress = Progress { conjoined, constraints: self.constraints, nodes: self.size() };
        if watch(progress) { Ok(()) } else { Err(Exhausted::Stopped) }
    }

    /// Conjoins the constraints that remain.
    pub(super) fn conjoin(&mut self, watch: Watch<'_>) -> Result<(), Exhausted> {
        let mut live = self.collect();
        while !self.forest.roots.is_empty() {
            let rest = self.forest.roots.len().saturating_sub(BLOCK);
            let Forest { table, roots, .. } = &mut self.forest;
            let mut block = TRUE;
            for constraint in &roots[rest..] {
                block = table.and(block, *constraint)?;
            }
            self.root = table.and(self.root, block)?;
            roots.truncate(if self.root == FALSE { 0 } else { rest });
            if table.should_collect(live) {
                live = self.collect();
                self.report(watch)?;
            }
        }
        self.collect();
        Ok(())
    }

    /// As [`Self::conjoin`], but sifts whenever there are more than `nodes_max` nodes. The limit
    /// grows with the diagram.
    pub(super) fn conjoin_with_sifting(
        &mut self,
        mut nodes_max: usize,
        steps: &mut u64,
        watch: Watch<'_>,
    ) -> Result<(), Exhausted> {
        loop {
            self.forest.table.set_nodes_max(nodes_max);
            let remaining = self.forest.roots.len();
            match self.conjoin(watch) {
                Err(Exhausted::Nodes) => {}
                outcome => return outcome,
            }
            self.collect();
            let is_stuck = self.forest.roots.len() == remaining;
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
        let Forest { table, roots, .. } = &mut self.forest;
        roots.push(self.root);
        let bytes = table.collect(roots);
        self.root = roots.pop().expect("it was just put there");
        bytes
    }

    /// The diagram after each of the final siftings.
    pub(super) fn final_siftings(
        &mut self,
        model: &Model<'_>,
        steps: &mut u64,
    ) -> Result<[Option<Diagram>; FINAL_SIFTINGS], Exhausted> {
        let mut sifted = [const { None }; FINAL_SIFTINGS];
        for diagram in &mut sifted {
            self.sift(steps)?;
            *diagram = self.diagram(model);
        }
        Ok(sifted)
    }

    fn sift(&mut self, steps: &mut u64) -> Result<(), Exhausted> {
        let Forest { table, order, roots } = &mut self.forest;
        roots.push(self.root);
        let mut sifter = Sifter::new(table, roots, order, *steps);
        sifter.sift();
        *steps = sifter.steps_left();
        order.clear();
        order.extend_from_slice(sifter.order());
        *table = sifter.into_table(roots, table.budget_left())?;
        self.root = roots.pop().expect("it was just put there");
        self.sort_roots();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::order;
    use super::{Budget, DiagramBuilder};
    use crate::model::Model;
    use crate::priced_diagram::{PricedDiagram, Prices};
    use crate::product::Product;
    use crate::resolve::{Choices, Count};

    const BIKE: &[u8] = include_bytes!("../../../../../infra/local/demo/bike.json");
    const BUDGET: Budget = Budget { steps: 50_000_000, bytes: 64 << 20 };

    /// Compilation sifts midway only for products too large for a test. A low limit makes it sift a
    /// small product at every step.
    #[test]
    fn sifting_at_every_step_does_not_change_the_configurations() {
        let product = Product::parse(BIKE).unwrap();
        let model = Model::of(&product).unwrap();
        let orders = order::initial_orders(&model);
        for (start, nodes_max) in [(0, 40), (1, 60), (2, 40), (3, 60)] {
            let mut siftings = 0;
            let mut builder = DiagramBuilder::new(&model, orders[start].clone(), BUDGET).unwrap();
            let mut watch = |_| {
                siftings += 1;
                true
            };
            builder.conjoin_with_sifting(nodes_max, &mut 10_000_000, &mut watch).unwrap();
            assert!(siftings > 1, "start {start}: nothing was sifted");
            let diagram = builder.diagram(&model).unwrap();
            let priced = PricedDiagram::of(diagram, &Prices::of(&product, &model));
            let count = Count::of(&priced, &Choices::of(&priced, []));
            assert_eq!(&count, 1_928_176, "start {start}");
        }
    }
}

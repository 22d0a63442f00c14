//! The form a diagram is served in: immutable, read from top to bottom, and small.
//!
//! Values of a node that lead to the same place are one set. A node that is passed in only one way,
//! from one place, is not kept: an arc runs along a *stretch*, which is one set for each layer it
//! passes. In industrial models four nodes of five vanish so, and the same stretch serves many
//! arcs.

use std::collections::HashMap;
use std::ops::Range;

use super::layered::Layered;

/// A diagram. The first node is the top, the last is truth; arcs lead to later nodes only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::configurator) struct Diagram {
    pub(in crate::configurator) layers: Vec<Layer>,
    /// The values of all sets, ascending in each.
    pub(in crate::configurator) values: Lists<u16>,
    /// The sets of all stretches, each one layer below the one before.
    pub(in crate::configurator) stretches: Lists<u32>,
    /// The arcs of all nodes but truth.
    pub(in crate::configurator) arcs: Lists<Arc>,
}

/// One layer: a variable, and the sets of its values that arcs take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::configurator) struct Layer {
    pub(in crate::configurator) variable: u16,
    pub(in crate::configurator) sets: Range<u32>,
}

/// A way from one node to a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::configurator) struct Arc {
    pub(in crate::configurator) child: u32,
    pub(in crate::configurator) stretch: u32,
}

/// Many lists, one behind the other in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::configurator) struct Lists<T> {
    /// Where each list begins; one more at the end.
    starts: Vec<u32>,
    items: Vec<T>,
}

// === impl Lists ===

impl<T> Lists<T> {
    pub(in crate::configurator) fn new() -> Self {
        Self { starts: vec![0], items: Vec::new() }
    }

    /// Ends the list under way.
    pub(in crate::configurator) fn end_list(&mut self) {
        self.starts.push(index(self.items.len()));
    }

    /// Adds to the list under way.
    pub(in crate::configurator) fn push(&mut self, item: T) {
        self.items.push(item);
    }

    /// How many lists there are.
    pub(in crate::configurator) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// How many items all lists have together.
    pub(in crate::configurator) fn item_count(&self) -> usize {
        self.items.len()
    }

    pub(in crate::configurator) fn get(&self, list: u32) -> &[T] {
        let list = list as usize;
        &self.items[self.starts[list] as usize..self.starts[list + 1] as usize]
    }

    /// The item of this number, all lists counted through.
    pub(in crate::configurator) fn item(&self, item: u32) -> &T {
        &self.items[item as usize]
    }

    /// The list an item is in.
    pub(in crate::configurator) fn list_of(&self, item: u32) -> u32 {
        index(self.starts.partition_point(|start| *start <= item) - 1)
    }

    pub(in crate::configurator) fn iter(&self) -> impl DoubleEndedIterator<Item = &[T]> {
        self.starts.windows(2).map(|ends| &self.items[ends[0] as usize..ends[1] as usize])
    }
}

impl<T> FromIterator<Vec<T>> for Lists<T> {
    fn from_iter<I: IntoIterator<Item = Vec<T>>>(lists: I) -> Self {
        let mut all = Self::new();
        for list in lists {
            all.items.extend(list);
            all.end_list();
        }
        all
    }
}

// === impl Diagram ===

impl Diagram {
    /// The number of the last node: nothing is left to decide.
    pub(in crate::configurator) fn truth(&self) -> u32 {
        index(self.arcs.len())
    }

    /// How many nodes there are, truth included.
    pub(in crate::configurator) fn node_count(&self) -> usize {
        self.arcs.len() + 1
    }

    /// How many arcs there are.
    pub(in crate::configurator) fn arc_count(&self) -> u32 {
        index(self.arcs.items.len())
    }

    /// Contracts a diagram in layers.
    pub(super) fn of(layered: Layered) -> Self {
        let mut parents = vec![0_u8; layered.arcs.len() + 1];
        for arc in layered.arcs.iter().flatten() {
            let parents = &mut parents[arc.child as usize];
            *parents = parents.saturating_add(1);
        }
        let truth = layered.arcs.len();
        let is_passed = |node: u32| {
            let node = node as usize;
            node != 0 && node != truth && parents[node] == 1 && layered.arcs[node].len() == 1
        };
        let kept: Vec<u32> = (0..index(truth)).filter(|node| !is_passed(*node)).collect();
        let mut numbers = vec![0; truth + 1];
        for (number, node) in (0..).zip(kept.iter().copied().chain([index(truth)])) {
            numbers[node as usize] = number;
        }
        let mut arcs = Lists::new();
        let (mut stretches, mut known) = (Lists::new(), HashMap::new());
        for node in kept {
            for way in &layered.arcs[node as usize] {
                let mut sets = vec![way.set];
                let mut child = way.child;
                while is_passed(child) {
                    let on = layered.arcs[child as usize][0];
                    sets.push(on.set);
                    child = on.child;
                }
                let stretch = *known.entry(sets).or_insert_with_key(|sets| {
                    sets.iter().for_each(|set| stretches.push(*set));
                    stretches.end_list();
                    index(stretches.len() - 1)
                });
                arcs.push(Arc { child: numbers[child as usize], stretch });
            }
            arcs.end_list();
        }
        Self { layers: layered.layers, values: layered.values, stretches, arcs }
    }
}

pub(super) fn index(number: usize) -> u32 {
    u32::try_from(number).expect("a budget keeps diagrams below 2^32 of anything")
}

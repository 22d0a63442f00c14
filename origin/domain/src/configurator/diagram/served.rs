//! The form a diagram is served in: immutable, read from top to bottom, and small.
//!
//! Values of a node that lead to the same place are one set. An arc passes a *part*: a set, or two
//! parts one behind the other, or either of two parts. The same part serves many arcs and many
//! other parts.

use std::ops::Range;

/// A diagram. The first node is the top, the last is truth; arcs lead to later nodes only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::configurator) struct Diagram {
    pub(in crate::configurator) layers: Vec<Layer>,
    /// The values of all sets, ascending in each.
    pub(in crate::configurator) values: Lists<u16>,
    /// The parts that are no sets. The sets are the first parts, in their order, and these those
    /// behind them; each is made of earlier ones.
    pub(in crate::configurator) joints: Vec<Joint>,
    /// The arcs of all nodes but truth.
    pub(in crate::configurator) arcs: Lists<Arc>,
}

/// One layer: a variable, and the sets of its values that arcs take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::configurator) struct Layer {
    pub(in crate::configurator) variable: u16,
    pub(in crate::configurator) sets: Range<u32>,
}

/// Two parts as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::configurator) struct Joint {
    pub(in crate::configurator) kind: JointKind,
    pub(in crate::configurator) one: u32,
    pub(in crate::configurator) two: u32,
}

/// How two parts are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::configurator) enum JointKind {
    /// The second begins at the layer where the first ends.
    Both,
    /// They begin and end at the same layers, and no way runs along both.
    Either,
}

/// A way from one node to a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::configurator) struct Arc {
    pub(in crate::configurator) child: u32,
    pub(in crate::configurator) part: u32,
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

    /// What a part is made of; `None` if it is a set.
    pub(in crate::configurator) fn joint(&self, part: u32) -> Option<Joint> {
        Some(self.joints[(part as usize).checked_sub(self.values.len())?])
    }

    /// How many parts are no sets.
    pub(in crate::configurator) fn joint_count(&self) -> u32 {
        index(self.joints.len())
    }

    /// How many parts there are.
    pub(in crate::configurator) fn part_count(&self) -> usize {
        self.values.len() + self.joints.len()
    }

    /// How many arcs there are.
    pub(in crate::configurator) fn arc_count(&self) -> u32 {
        index(self.arcs.items.len())
    }
}

pub(super) fn index(number: usize) -> u32 {
    u32::try_from(number).expect("a budget keeps diagrams below 2^32 of anything")
}

//! Factored decision diagram: the immutable, compact form from which answers are read.
//!
//! The values of a node that lead to the same child form a set. An arc is labelled with a *part*: a
//! set, the product of two parts one after the other, or the union of two parts. Arcs and other
//! parts share parts.

use std::ops::Range;

/// A diagram. The first node is the root, the last is the terminal; arcs lead to later nodes only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Diagram {
    pub(crate) layers: Vec<Layer>,
    /// The values of all sets, ascending in each.
    pub(crate) values: Lists<u16>,
    /// The parts that are not sets. Parts are numbered: first the sets, then these. Each consists
    /// of two parts with lower numbers.
    pub(crate) factors: Vec<Factor>,
    /// The arcs of all nodes except the terminal.
    pub(crate) arcs: Lists<Arc>,
}

/// One layer: a variable and the sets of its values that occur.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layer {
    pub(crate) variable: u16,
    pub(crate) sets: Range<u32>,
}

/// A part that consists of two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Factor {
    pub(crate) kind: FactorKind,
    pub(crate) one: u32,
    pub(crate) two: u32,
}

/// How a factor combines its two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum FactorKind {
    /// A path takes both parts: the second begins at the layer where the first ends.
    ProductNode,
    /// A path takes one of the parts: they begin and end at the same layers and have no path in
    /// common.
    UnionNode,
}

/// An arc from one node to a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arc {
    pub(crate) child: u32,
    pub(crate) part: u32,
}

/// Many lists in one contiguous block of memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lists<T> {
    /// The start of each list, and the end of the last.
    starts: Vec<u32>,
    items: Vec<T>,
}

// === impl Lists ===

impl<T> Lists<T> {
    pub(crate) fn new() -> Self {
        Self { starts: vec![0], items: Vec::new() }
    }

    /// Ends the current list.
    pub(crate) fn end_list(&mut self) {
        self.starts.push(index(self.items.len()));
    }

    /// Appends to the current list.
    pub(crate) fn push(&mut self, item: T) {
        self.items.push(item);
    }

    /// The number of lists.
    pub(crate) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The number of items in all lists together.
    pub(crate) fn item_count(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn get(&self, list: u32) -> &[T] {
        let list = list as usize;
        &self.items[self.starts[list] as usize..self.starts[list + 1] as usize]
    }

    /// The item with this number; items are numbered across all lists.
    pub(crate) fn item(&self, item: u32) -> &T {
        &self.items[item as usize]
    }

    /// The list that contains an item.
    pub(crate) fn list_of(&self, item: u32) -> u32 {
        index(self.starts.partition_point(|start| *start <= item) - 1)
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &[T]> {
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
    /// The number of the terminal, the last node.
    pub(crate) fn terminal(&self) -> u32 {
        index(self.arcs.len())
    }

    /// The number of nodes, including the terminal.
    pub(crate) fn node_count(&self) -> usize {
        self.arcs.len() + 1
    }

    /// The two parts of a part; `None` if it is a set.
    pub(crate) fn factor(&self, part: u32) -> Option<Factor> {
        Some(self.factors[(part as usize).checked_sub(self.values.len())?])
    }

    /// The number of parts that are not sets.
    pub(crate) fn factor_count(&self) -> u32 {
        index(self.factors.len())
    }

    /// The number of parts.
    pub(crate) fn part_count(&self) -> usize {
        self.values.len() + self.factors.len()
    }

    /// The number of arcs.
    pub(crate) fn arc_count(&self) -> u32 {
        index(self.arcs.items.len())
    }
}

pub(super) fn index(number: usize) -> u32 {
    u32::try_from(number).expect("a budget keeps diagrams below 2^32 of anything")
}

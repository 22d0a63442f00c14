//! The diagrams of all constraints of a model, and their reduction before they are conjoined.

use std::collections::{BinaryHeap, HashMap};

use super::Exhausted;
use super::unique_table::{FALSE, Node, TRUE, UniqueTable};

/// Diagrams of constraints over one order of variables.
pub(super) struct Forest {
    pub(super) table: UniqueTable,
    /// The variable of each level.
    pub(super) order: Vec<u16>,
    /// One diagram for each constraint.
    pub(super) roots: Vec<Node>,
}

/// The class of each value of a variable. Values that no constraint distinguishes share a class.
pub(super) type Classes = Vec<u16>;

/// Rounds of tightening at most. Each removes the values that the last one made impossible; values
/// that remain cost time later, never exactness.
const ROUNDS_MAX: usize = 16;

// === impl Forest ===

impl Forest {
    /// Removes from every constraint the values that another one makes impossible (generalised arc
    /// consistency).
    pub(super) fn tighten(&mut self) -> Result<(), Exhausted> {
        for _ in 0..ROUNDS_MAX {
            let possible = self.possible()?;
            let before = self.roots.clone();
            self.restrict(&possible)?;
            if self.roots == before {
                break;
            }
        }
        Ok(())
    }

    /// Removes all other values of these levels from every constraint.
    fn restrict(&mut self, possible: &[Option<Vec<bool>>]) -> Result<(), Exhausted> {
        let mut renumbered: Vec<Node> = (0..self.table.node_end()).collect();
        let mut restricted = Vec::new();
        for node in 2..self.table.node_end() {
            let level = self.table.level(node).expect("only the first two nodes are terminals");
            let children = self.table.children(node);
            restricted.clear();
            restricted.extend(children.iter().map(|child| renumbered[*child as usize]));
            if let Some(possible) = &possible[level] {
                let values = restricted.iter_mut().zip(possible);
                values.filter(|(_, is)| !**is).for_each(|(child, _)| *child = FALSE);
            }
            if restricted != children {
                self.table.spend(restricted.len() as u64)?;
                renumbered[node as usize] = self.table.node(level, &restricted)?;
            }
        }
        for root in &mut self.roots {
            *root = renumbered[*root as usize];
        }
        Ok(())
    }

    /// For each level, the values that every constraint allows; `None` if all.
    fn possible(&mut self) -> Result<Vec<Option<Vec<bool>>>, Exhausted> {
        let mut possible: Vec<Option<Vec<bool>>> = vec![None; self.order.len()];
        for root in self.roots.clone() {
            for (level, values) in self.supported(root)? {
                match &mut possible[level] {
                    None => possible[level] = Some(values),
                    Some(known) => {
                        known.iter_mut().zip(values).for_each(|(known, is)| *known &= is);
                    }
                }
            }
        }
        for values in &mut possible {
            if values.as_ref().is_some_and(|values| values.iter().all(|is| *is)) {
                *values = None;
            }
        }
        Ok(possible)
    }

    /// The lowest level of a constraint.
    pub(super) fn bottom(&self, root: Node) -> Option<usize> {
        self.reachable(root).iter().filter_map(|node| self.table.level(*node)).max()
    }

    fn reachable(&self, root: Node) -> Vec<Node> {
        // Children have lower numbers than their parents, so duplicates leave the heap one after
        // another.
        let mut heap = BinaryHeap::from([root]);
        let mut reached = Vec::new();
        while let Some(node) = heap.pop() {
            if reached.last() != Some(&node) {
                reached.push(node);
                let mut previous = FALSE;
                for child in self.table.children(node) {
                    if std::mem::replace(&mut previous, *child) != *child {
                        heap.push(*child);
                    }
                }
            }
        }
        reached
    }

    /// The values of each level below `root` that occur on some path to `TRUE`. Levels that some
    /// path skips are omitted.
    fn supported(&mut self, root: Node) -> Result<HashMap<usize, Vec<bool>>, Exhausted> {
        let bottom = self.order.len();
        let level_of = |node: Node| self.table.level(node).unwrap_or(bottom);
        let mut is_skipped = vec![false; bottom];
        let mut supported: HashMap<usize, Vec<bool>> = HashMap::new();
        let mut work = 0;
        is_skipped[..level_of(root)].fill(true);
        for node in self.reachable(root) {
            let Some(level) = self.table.level(node) else { continue };
            let children = self.table.children(node);
            work += children.len();
            let values = supported.entry(level).or_insert_with(|| vec![false; children.len()]);
            let mut previous = FALSE;
            for (value, child) in children.iter().enumerate() {
                values[value] |= *child != FALSE;
                if *child != previous && *child != FALSE {
                    is_skipped[level + 1..level_of(*child)].fill(true);
                }
                previous = *child;
            }
        }
        self.table.spend(work as u64)?;
        supported.retain(|level, _| !is_skipped[*level]);
        Ok(supported)
    }

    /// Merges the values of each variable that no constraint distinguishes.
    pub(super) fn merge_values(&mut self) -> Result<Vec<Classes>, Exhausted> {
        self.table.collect(&mut self.roots);
        let mut classes: Vec<Classes> =
            (0..self.order.len()).map(|level| vec![0; self.table.domain(level)]).collect();
        for node in 2..self.table.node_end() {
            let level = self.table.level(node).expect("only the first two nodes are terminals");
            refine(&mut classes[level], self.table.children(node));
        }
        let domains = classes.iter().map(|of| of.iter().max().expect("a domain") + 1).collect();
        let mut merged = UniqueTable::new(domains, self.table.budget_left());
        let mut renumbered = vec![FALSE; self.table.node_end() as usize];
        renumbered[TRUE as usize] = TRUE;
        for node in 2..self.table.node_end() {
            let level = self.table.level(node).expect("only the first two nodes are terminals");
            let mut children = vec![FALSE; merged.domain(level)];
            for (child, class) in self.table.children(node).iter().zip(&classes[level]) {
                children[usize::from(*class)] = renumbered[*child as usize];
            }
            renumbered[node as usize] = merged.node(level, &children)?;
        }
        for root in &mut self.roots {
            *root = renumbered[*root as usize];
        }
        self.table = merged;
        Ok(classes)
    }
}

/// Splits classes whose values lead to different children.
fn refine(classes: &mut Classes, children: &[Node]) {
    let is_each_alone = classes.iter().zip(0..).all(|(class, value)| *class == value);
    if is_each_alone {
        return;
    }
    let mut renamed: HashMap<(u16, Node), u16> = HashMap::new();
    for (class, child) in classes.iter_mut().zip(children) {
        let next = u16::try_from(renamed.len()).expect("classes are no more than values");
        *class = *renamed.entry((*class, *child)).or_insert(next);
    }
}

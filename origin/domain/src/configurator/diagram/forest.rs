//! The constraints of a model side by side, made small before they are woven into one.

use std::collections::{BinaryHeap, HashMap};

use super::Exhausted;
use super::forge::{FALSE, Forge, Node, TRUE};

/// Diagrams of constraints over one order of variables.
pub(super) struct Forest {
    pub(super) forge: Forge,
    /// The variable of each level.
    pub(super) order: Vec<u16>,
    /// One diagram for each constraint.
    pub(super) roots: Vec<Node>,
}

/// Which values of a variable no constraint tells apart: the class of each value.
pub(super) type Classes = Vec<u16>;

/// Rounds of tightening at most. Each removes what the last one made impossible; leaving something
/// over costs time later, never exactness.
const ROUNDS_MAX: usize = 16;

// === impl Forest ===

impl Forest {
    /// Takes from every constraint what some other makes impossible, value by value.
    pub(super) fn tighten(&mut self) -> Result<(), Exhausted> {
        for _ in 0..ROUNDS_MAX {
            let possible = self.possible()?;
            let before = self.roots.clone();
            self.keep(&possible)?;
            if self.roots == before {
                break;
            }
        }
        Ok(())
    }

    /// Takes all other values of these levels from every constraint.
    fn keep(&mut self, possible: &[Option<Vec<bool>>]) -> Result<(), Exhausted> {
        let mut moved: Vec<Node> = (0..self.forge.node_end()).collect();
        let mut kept = Vec::new();
        for node in 2..self.forge.node_end() {
            let level = self.forge.level(node).expect("only the first two are constants");
            let children = self.forge.children(node);
            kept.clear();
            kept.extend(children.iter().map(|child| moved[*child as usize]));
            if let Some(possible) = &possible[level] {
                let values = kept.iter_mut().zip(possible);
                values.filter(|(_, is)| !**is).for_each(|(child, _)| *child = FALSE);
            }
            if kept != children {
                self.forge.spend(kept.len() as u64)?;
                moved[node as usize] = self.forge.node(level, &kept)?;
            }
        }
        for root in &mut self.roots {
            *root = moved[*root as usize];
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

    /// The lowest level a constraint is about.
    pub(super) fn bottom(&self, root: Node) -> Option<usize> {
        self.reachable(root).iter().filter_map(|node| self.forge.level(*node)).max()
    }

    fn reachable(&self, root: Node) -> Vec<Node> {
        // Children are older than their parents, so a node is found again only while it waits.
        let mut waiting = BinaryHeap::from([root]);
        let mut found = Vec::new();
        while let Some(node) = waiting.pop() {
            if found.last() != Some(&node) {
                found.push(node);
                let mut before = FALSE;
                for child in self.forge.children(node) {
                    if std::mem::replace(&mut before, *child) != *child {
                        waiting.push(*child);
                    }
                }
            }
        }
        found
    }

    /// The values of each level below `root` that occur on some way to truth; levels that some way
    /// skips are left out.
    fn supported(&mut self, root: Node) -> Result<HashMap<usize, Vec<bool>>, Exhausted> {
        let bottom = self.order.len();
        let level_of = |node: Node| self.forge.level(node).unwrap_or(bottom);
        let mut is_skipped = vec![false; bottom];
        let mut supported: HashMap<usize, Vec<bool>> = HashMap::new();
        let mut work = 0;
        is_skipped[..level_of(root)].fill(true);
        for node in self.reachable(root) {
            let Some(level) = self.forge.level(node) else { continue };
            let children = self.forge.children(node);
            work += children.len();
            let values = supported.entry(level).or_insert_with(|| vec![false; children.len()]);
            let mut before = FALSE;
            for (value, child) in children.iter().enumerate() {
                values[value] |= *child != FALSE;
                if *child != before && *child != FALSE {
                    is_skipped[level + 1..level_of(*child)].fill(true);
                }
                before = *child;
            }
        }
        self.forge.spend(work as u64)?;
        supported.retain(|level, _| !is_skipped[*level]);
        Ok(supported)
    }

    /// Merges the values of each variable that no constraint tells apart.
    pub(super) fn merge_values(&mut self) -> Result<Vec<Classes>, Exhausted> {
        self.forge.collect(&mut self.roots);
        let mut classes: Vec<Classes> =
            (0..self.order.len()).map(|level| vec![0; self.forge.domain(level)]).collect();
        for node in 2..self.forge.node_end() {
            let level = self.forge.level(node).expect("only the first two are constants");
            refine(&mut classes[level], self.forge.children(node));
        }
        let domains = classes.iter().map(|of| of.iter().max().expect("a domain") + 1).collect();
        let mut merged = Forge::new(domains, self.forge.budget_left());
        let mut moved = vec![FALSE; self.forge.node_end() as usize];
        moved[TRUE as usize] = TRUE;
        for node in 2..self.forge.node_end() {
            let level = self.forge.level(node).expect("only the first two are constants");
            let mut children = vec![FALSE; merged.domain(level)];
            for (child, class) in self.forge.children(node).iter().zip(&classes[level]) {
                children[usize::from(*class)] = moved[*child as usize];
            }
            moved[node as usize] = merged.node(level, &children)?;
        }
        for root in &mut self.roots {
            *root = moved[*root as usize];
        }
        self.forge = merged;
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

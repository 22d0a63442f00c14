//! Dynamic variable reordering by sifting (Rudell, 1993): moves each variable through all levels by
//! swaps of neighbours and leaves it where the diagrams are smallest.
//!
//! A swap rewrites the nodes of two levels in place: every node retains its number and its
//! function.

use super::Exhausted;
use super::unique_table::{Budget, FALSE, Node, TRUE, UniqueTable, hash_of};

/// Sifting abandons a direction when the diagrams are a tenth larger than the best size so far: on
/// industrial models a higher bound costs twice the time for the last two percent of nodes.
const GROWTH_PERCENT_MAX: usize = 110;

/// Variables with fewer nodes than this fraction of an average level are not moved.
const SMALL_FRACTION: usize = 10;

/// Fixed cost of a node in a swap, in steps: mostly cache misses.
const NODE_STEPS: usize = 16;

/// An empty slot of the hash table, and a node without a number.
const VACANT: u32 = u32::MAX;

/// The variable of the two terminals.
const TERMINAL: u16 = u16::MAX;

/// Diagrams whose order can change.
pub(super) struct Sifter {
    /// The variable of each level, the level of each variable, and the values of each.
    order: Vec<u16>,
    levels: Vec<u16>,
    domains: Vec<u16>,
    /// For each node: its variable, the number of parents and roots that refer to it (zero: the
    /// node is dead), and the position of its children.
    variables: Vec<u16>,
    references: Vec<u32>,
    blocks: Vec<u32>,
    /// The nodes of each variable; some may be dead.
    nodes: Vec<Vec<Node>>,
    live: usize,
    /// Children, in blocks as long as a variable's domain.
    children: Vec<Node>,
    free_blocks: Vec<Vec<u32>>,
    free_numbers: Vec<u32>,
    steps_left: u64,
    /// Buffers reused between swaps: the nodes of the lower level by their children, the
    /// grandchildren of one node, and the nodes to dereference.
    slots: Vec<Node>,
    matrix: Vec<Node>,
    dereferenced: Vec<Node>,
}

/// The two variables of a swap, and their domains.
#[derive(Clone, Copy)]
struct Pair {
    above: u16,
    below: u16,
    wide: usize,
    deep: usize,
}

// === impl Sifter ===

impl Sifter {
    /// A sifter for the diagrams at `roots`, whose levels have the variables `order`.
    pub(super) fn new(table: &UniqueTable, roots: &[Node], order: &[u16], steps: u64) -> Self {
        let count = order.len();
        let (mut levels, mut domains) = (vec![0; count], vec![0; count]);
        for (level, variable) in order.iter().enumerate() {
            levels[usize::from(*variable)] = narrow(level);
            domains[usize::from(*variable)] = narrow(table.domain(level));
        }
        let widest = domains.iter().copied().max().unwrap_or(0);
        let mut sifter = Self {
            order: order.to_vec(),
            levels,
            domains,
            variables: vec![TERMINAL; 2],
            references: vec![0; table.node_end() as usize],
            blocks: vec![0; 2],
            nodes: vec![Vec::new(); count],
            live: 0,
            children: Vec::new(),
            free_blocks: vec![Vec::new(); usize::from(widest) + 1],
            free_numbers: Vec::new(),
            steps_left: steps,
            slots: Vec::new(),
            matrix: Vec::new(),
            dereferenced: Vec::new(),
        };
        for node in 2..table.node_end() {
            let level = table.level(node).expect("only the first two nodes are terminals");
            let block = u32::try_from(sifter.children.len()).expect("the unique table is as large");
            sifter.children.extend_from_slice(table.children(node));
            sifter.variables.push(order[level]);
            sifter.blocks.push(block);
            sifter.nodes[usize::from(order[level])].push(node);
            sifter.live += 1;
            for child in table.children(node) {
                sifter.references[*child as usize] += 1;
            }
        }
        for root in roots {
            sifter.references[*root as usize] += 1;
        }
        sifter
    }

    /// The variable of each level, topmost first.
    pub(super) fn order(&self) -> &[u16] {
        &self.order
    }

    pub(super) fn steps_left(&self) -> u64 {
        self.steps_left
    }

    /// Moves every variable once, those with most nodes first. Ends early when the steps run out;
    /// the diagrams are valid at any time.
    pub(super) fn sift(&mut self) {
        let mut variables = self.order.clone();
        variables
            .sort_by_key(|variable| std::cmp::Reverse(self.nodes[usize::from(*variable)].len()));
        for variable in variables {
            let nodes = self.nodes[usize::from(variable)].len();
            let is_small = nodes * self.order.len() * SMALL_FRACTION < self.live;
            if is_small || self.sift_one(variable).is_err() {
                return;
            }
        }
    }

    fn sift_one(&mut self, variable: u16) -> Result<(), Exhausted> {
        let last = self.order.len() - 1;
        let start = usize::from(self.levels[usize::from(variable)]);
        let (mut best_size, mut best_level) = (self.live, start);
        let down_first = start > last / 2;
        let mut level = start;
        let mut outcome = Ok(());
        for down in [down_first, !down_first] {
            loop {
                let is_end = if down { level == last } else { level == 0 };
                let is_hopeless = self.live * 100 > best_size * GROWTH_PERCENT_MAX;
                if is_end || is_hopeless || outcome.is_err() {
                    break;
                }
                outcome = self.swap(if down { level } else { level - 1 });
                level = if down { level + 1 } else { level - 1 };
                if self.live < best_size {
                    (best_size, best_level) = (self.live, level);
                }
            }
        }
        // The return to the best level ignores the budget, so that the best order remains.
        while level != best_level {
            let is_above = level < best_level;
            let _ = self.swap(if is_above { level } else { level - 1 });
            level = if is_above { level + 1 } else { level - 1 };
        }
        outcome
    }

    /// Swaps the level `upper` with the one below it.
    fn swap(&mut self, upper: usize) -> Result<(), Exhausted> {
        let (above, below) = (self.order[upper], self.order[upper + 1]);
        let domain = |variable: u16| usize::from(self.domains[usize::from(variable)]);
        let pair = Pair { above, below, wide: domain(above), deep: domain(below) };
        self.order.swap(upper, upper + 1);
        self.levels.swap(usize::from(above), usize::from(below));
        let mut independent = self.take_live(above);
        let dependent = self.split_dependent(&mut independent, pair);
        let nodes = dependent.len() + independent.len();
        let work = dependent.len() * pair.wide * pair.deep
            + independent.len() * pair.wide
            + nodes * NODE_STEPS;
        self.reset_slots(independent.len() + dependent.len() * pair.deep);
        for node in &independent {
            self.insert(*node);
        }
        self.nodes[usize::from(above)] = independent;
        for node in dependent {
            self.rewrite(node, pair);
            self.nodes[usize::from(below)].push(node);
        }
        self.steps_left = self.steps_left.saturating_sub(work as u64);
        if self.steps_left == 0 { Err(Exhausted::Steps) } else { Ok(()) }
    }

    /// The live nodes of a variable; frees the numbers of the dead ones.
    fn take_live(&mut self, variable: u16) -> Vec<Node> {
        let mut nodes = std::mem::take(&mut self.nodes[usize::from(variable)]);
        nodes.retain(|node| {
            let is_live = self.references[*node as usize] > 0;
            if !is_live {
                self.free_numbers.push(*node);
            }
            is_live
        });
        nodes
    }

    /// Removes and returns the nodes that have a child of the lower variable.
    fn split_dependent(&self, nodes: &mut Vec<Node>, pair: Pair) -> Vec<Node> {
        let mut dependent = Vec::new();
        nodes.retain(|node| {
            let block = self.blocks[*node as usize] as usize;
            let children = &self.children[block..block + pair.wide];
            let is_below = |child: &Node| self.variables[*child as usize] == pair.below;
            let is_dependent = children.iter().any(is_below);
            if is_dependent {
                dependent.push(*node);
            }
            !is_dependent
        });
        dependent
    }

    /// Turns a node of the upper variable that depends on the lower one into a node of the lower
    /// one over nodes of the upper one.
    fn rewrite(&mut self, node: Node, pair: Pair) {
        let Pair { above, below, wide, deep } = pair;
        let old = self.blocks[node as usize] as usize;
        let mut matrix = std::mem::take(&mut self.matrix);
        matrix.clear();
        matrix.resize(wide * deep, FALSE);
        for at in 0..wide {
            let child = self.children[old + at];
            let cells = matrix[at..].iter_mut().step_by(wide);
            if self.variables[child as usize] == below {
                let block = self.blocks[child as usize] as usize;
                let under = &self.children[block..block + deep];
                cells.zip(under).for_each(|(cell, under)| *cell = *under);
            } else if child != FALSE {
                cells.for_each(|cell| *cell = child);
            }
        }
        let block = self.block(deep);
        for (under, row) in matrix.chunks_exact(wide).enumerate() {
            let child = self.find_or_make(above, row);
            self.references[child as usize] += 1;
            self.children[block as usize + under] = child;
        }
        self.matrix = matrix;
        for at in old..old + wide {
            self.dereference(self.children[at]);
        }
        self.free_blocks[wide].push(narrow_block(old));
        self.variables[node as usize] = below;
        self.blocks[node as usize] = block;
    }

    fn block(&mut self, length: usize) -> u32 {
        self.free_blocks[length].pop().unwrap_or_else(|| {
            let block = self.children.len();
            self.children.resize(block + length, FALSE);
            narrow_block(block)
        })
    }

    fn find_or_make(&mut self, variable: u16, children: &[Node]) -> Node {
        let first = children[0];
        if children.iter().all(|child| *child == first) {
            return first;
        }
        let mask = self.slots.len() - 1;
        let mut slot = hash_of(0, children) & mask;
        while self.slots[slot] != VACANT {
            let block = self.blocks[self.slots[slot] as usize] as usize;
            if &self.children[block..block + children.len()] == children {
                return self.slots[slot];
            }
            slot = (slot + 1) & mask;
        }
        let block = self.block(children.len());
        self.children[block as usize..block as usize + children.len()].copy_from_slice(children);
        for child in children {
            self.references[*child as usize] += 1;
        }
        let node = self.free_numbers.pop().unwrap_or_else(|| {
            self.variables.push(TERMINAL);
            self.references.push(0);
            self.blocks.push(0);
            u32::try_from(self.blocks.len() - 1).expect("nodes are fewer than children")
        });
        self.variables[node as usize] = variable;
        self.blocks[node as usize] = block;
        self.slots[slot] = node;
        self.nodes[usize::from(variable)].push(node);
        self.live += 1;
        node
    }

    /// Removes one reference to a node, and recursively the references of nodes that die.
    fn dereference(&mut self, node: Node) {
        self.dereferenced.push(node);
        while let Some(node) = self.dereferenced.pop() {
            self.references[node as usize] -= 1;
            let variable = self.variables[node as usize];
            if self.references[node as usize] == 0 && variable != TERMINAL {
                self.live -= 1;
                let block = self.blocks[node as usize];
                let domain = usize::from(self.domains[usize::from(variable)]);
                let children = &self.children[block as usize..block as usize + domain];
                self.dereferenced.extend_from_slice(children);
                self.free_blocks[domain].push(block);
            }
        }
    }

    fn reset_slots(&mut self, entries: usize) {
        let size = (entries * 2 + 2).next_power_of_two();
        self.slots.clear();
        self.slots.resize(size, VACANT);
    }

    fn insert(&mut self, node: Node) {
        let block = self.blocks[node as usize] as usize;
        let domain = self.domains[usize::from(self.variables[node as usize])];
        let mask = self.slots.len() - 1;
        let children = &self.children[block..block + usize::from(domain)];
        let mut slot = hash_of(0, children) & mask;
        while self.slots[slot] != VACANT {
            slot = (slot + 1) & mask;
        }
        self.slots[slot] = node;
    }

    /// A unique table with these diagrams in the new order; renumbers `roots`.
    pub(super) fn into_table(
        self,
        roots: &mut [Node],
        budget: Budget,
    ) -> Result<UniqueTable, Exhausted> {
        let domain = |variable: &u16| self.domains[usize::from(*variable)];
        let mut table = UniqueTable::new(self.order.iter().map(domain).collect(), budget);
        let mut renumbered = vec![VACANT; self.blocks.len()];
        (renumbered[FALSE as usize], renumbered[TRUE as usize]) = (FALSE, TRUE);
        let mut children = Vec::new();
        for (level, variable) in self.order.iter().enumerate().rev() {
            let domain = usize::from(domain(variable));
            for node in &self.nodes[usize::from(*variable)] {
                if self.references[*node as usize] > 0 {
                    let block = self.blocks[*node as usize] as usize;
                    let old = &self.children[block..block + domain];
                    children.clear();
                    children.extend(old.iter().map(|child| renumbered[*child as usize]));
                    renumbered[*node as usize] = table.node(level, &children)?;
                }
            }
        }
        for root in roots {
            *root = renumbered[*root as usize];
        }
        Ok(table)
    }
}

fn narrow(number: usize) -> u16 {
    u16::try_from(number).expect("levels and domains are bounded by the authoring format")
}

fn narrow_block(block: usize) -> u32 {
    u32::try_from(block).expect("a budget keeps diagrams below 2^32 children")
}

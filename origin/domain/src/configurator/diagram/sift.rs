//! Finding a better order: sifting (Rudell 1993). Each variable in turn is moved through all levels
//! by swaps of neighbours, and left where the diagrams are smallest.
//!
//! A swap rewrites the nodes of two levels in place, so a node keeps its number and its function
//! whatever the order.

use super::Exhausted;
use super::forge::{Budget, FALSE, Forge, Node, TRUE, hash_of};

/// A direction is given up when the diagrams have grown by a tenth beyond the best size found: on
/// industrial models more than that costs twice the time for the last two percent of nodes.
const GROWTH_PERCENT_MAX: usize = 110;

/// Variables with fewer nodes than this fraction of an average level are not moved.
const SMALL_FRACTION: usize = 10;

/// What a node of a swap takes whatever its children: mostly memory that no cache holds.
const NODE_STEPS: usize = 16;

/// An empty slot of the table, and a number not given.
const VACANT: u32 = u32::MAX;

/// The variable of the two constants.
const CONSTANT: u16 = u16::MAX;

/// Diagrams whose order can change.
pub(super) struct Sifter {
    /// The variable of each level, the level of each variable, and the values of each.
    order: Vec<u16>,
    levels: Vec<u16>,
    domains: Vec<u16>,
    /// Of each node: its variable, how many parents and roots point at it (none: it is dead), and
    /// where its children are.
    variables: Vec<u16>,
    references: Vec<u32>,
    blocks: Vec<u32>,
    /// The nodes of each variable; some may be dead.
    nodes: Vec<Vec<Node>>,
    alive: usize,
    /// Children, in blocks as long as a variable's domain.
    children: Vec<Node>,
    free_blocks: Vec<Vec<u32>>,
    free_numbers: Vec<u32>,
    steps_left: u64,
    /// Kept between swaps for its memory: the nodes of the lower level by their children, one
    /// node's grandchildren, and nodes on their way out.
    table: Vec<Node>,
    matrix: Vec<Node>,
    dying: Vec<Node>,
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
    /// Takes over the diagrams at `roots`, whose levels have the variables `order`.
    pub(super) fn new(forge: &Forge, roots: &[Node], order: &[u16], steps: u64) -> Self {
        let count = order.len();
        let (mut levels, mut domains) = (vec![0; count], vec![0; count]);
        for (level, variable) in order.iter().enumerate() {
            levels[usize::from(*variable)] = narrow(level);
            domains[usize::from(*variable)] = narrow(forge.domain(level));
        }
        let widest = domains.iter().copied().max().unwrap_or(0);
        let mut sifter = Self {
            order: order.to_vec(),
            levels,
            domains,
            variables: vec![CONSTANT; 2],
            references: vec![0; forge.node_end() as usize],
            blocks: vec![0; 2],
            nodes: vec![Vec::new(); count],
            alive: 0,
            children: Vec::new(),
            free_blocks: vec![Vec::new(); usize::from(widest) + 1],
            free_numbers: Vec::new(),
            steps_left: steps,
            table: Vec::new(),
            matrix: Vec::new(),
            dying: Vec::new(),
        };
        for node in 2..forge.node_end() {
            let level = forge.level(node).expect("only the first two are constants");
            let block = u32::try_from(sifter.children.len()).expect("the forge is as large");
            sifter.children.extend_from_slice(forge.children(node));
            sifter.variables.push(order[level]);
            sifter.blocks.push(block);
            sifter.nodes[usize::from(order[level])].push(node);
            sifter.alive += 1;
            for child in forge.children(node) {
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

    /// Moves every variable once, those with most nodes first. Ends early when the steps run out:
    /// the diagrams are whole at any time.
    pub(super) fn sift(&mut self) {
        let mut variables = self.order.clone();
        variables
            .sort_by_key(|variable| std::cmp::Reverse(self.nodes[usize::from(*variable)].len()));
        for variable in variables {
            let nodes = self.nodes[usize::from(variable)].len();
            let is_small = nodes * self.order.len() * SMALL_FRACTION < self.alive;
            if is_small || self.sift_one(variable).is_err() {
                return;
            }
        }
    }

    fn sift_one(&mut self, variable: u16) -> Result<(), Exhausted> {
        let last = self.order.len() - 1;
        let start = usize::from(self.levels[usize::from(variable)]);
        let (mut best_size, mut best_level) = (self.alive, start);
        let down_first = start > last / 2;
        let mut level = start;
        let mut outcome = Ok(());
        for down in [down_first, !down_first] {
            loop {
                let is_end = if down { level == last } else { level == 0 };
                let is_lost = self.alive * 100 > best_size * GROWTH_PERCENT_MAX;
                if is_end || is_lost || outcome.is_err() {
                    break;
                }
                outcome = self.swap(if down { level } else { level - 1 });
                level = if down { level + 1 } else { level - 1 };
                if self.alive < best_size {
                    (best_size, best_level) = (self.alive, level);
                }
            }
        }
        // The way back is walked whatever it costs, so that no order worse than the best remains.
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
        let mut independent = self.take_living(above);
        let dependent = self.split_dependent(&mut independent, pair);
        let nodes = dependent.len() + independent.len();
        let work = dependent.len() * pair.wide * pair.deep
            + independent.len() * pair.wide
            + nodes * NODE_STEPS;
        self.open_table(independent.len() + dependent.len() * pair.deep);
        for node in &independent {
            self.enter(*node);
        }
        self.nodes[usize::from(above)] = independent;
        for node in dependent {
            self.rewrite(node, pair);
            self.nodes[usize::from(below)].push(node);
        }
        self.steps_left = self.steps_left.saturating_sub(work as u64);
        if self.steps_left == 0 { Err(Exhausted::Steps) } else { Ok(()) }
    }

    /// The living nodes of a variable; the numbers of the dead become free.
    fn take_living(&mut self, variable: u16) -> Vec<Node> {
        let mut nodes = std::mem::take(&mut self.nodes[usize::from(variable)]);
        nodes.retain(|node| {
            let is_living = self.references[*node as usize] > 0;
            if !is_living {
                self.free_numbers.push(*node);
            }
            is_living
        });
        nodes
    }

    /// Takes those out that have a child of the lower variable.
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
            self.release(self.children[at]);
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
        let mask = self.table.len() - 1;
        let mut slot = hash_of(0, children) & mask;
        while self.table[slot] != VACANT {
            let block = self.blocks[self.table[slot] as usize] as usize;
            if &self.children[block..block + children.len()] == children {
                return self.table[slot];
            }
            slot = (slot + 1) & mask;
        }
        let block = self.block(children.len());
        self.children[block as usize..block as usize + children.len()].copy_from_slice(children);
        for child in children {
            self.references[*child as usize] += 1;
        }
        let node = self.free_numbers.pop().unwrap_or_else(|| {
            self.variables.push(CONSTANT);
            self.references.push(0);
            self.blocks.push(0);
            u32::try_from(self.blocks.len() - 1).expect("nodes are fewer than children")
        });
        self.variables[node as usize] = variable;
        self.blocks[node as usize] = block;
        self.table[slot] = node;
        self.nodes[usize::from(variable)].push(node);
        self.alive += 1;
        node
    }

    /// Takes one reference away, and whatever dies with it.
    fn release(&mut self, node: Node) {
        self.dying.push(node);
        while let Some(node) = self.dying.pop() {
            self.references[node as usize] -= 1;
            let variable = self.variables[node as usize];
            if self.references[node as usize] == 0 && variable != CONSTANT {
                self.alive -= 1;
                let block = self.blocks[node as usize];
                let domain = usize::from(self.domains[usize::from(variable)]);
                let children = &self.children[block as usize..block as usize + domain];
                self.dying.extend_from_slice(children);
                self.free_blocks[domain].push(block);
            }
        }
    }

    fn open_table(&mut self, entries: usize) {
        let size = (entries * 2 + 2).next_power_of_two();
        self.table.clear();
        self.table.resize(size, VACANT);
    }

    fn enter(&mut self, node: Node) {
        let block = self.blocks[node as usize] as usize;
        let domain = self.domains[usize::from(self.variables[node as usize])];
        let mask = self.table.len() - 1;
        let children = &self.children[block..block + usize::from(domain)];
        let mut slot = hash_of(0, children) & mask;
        while self.table[slot] != VACANT {
            slot = (slot + 1) & mask;
        }
        self.table[slot] = node;
    }

    /// A forge with these diagrams in the order found; `roots` are renumbered.
    pub(super) fn into_forge(self, roots: &mut [Node], budget: Budget) -> Result<Forge, Exhausted> {
        let domain = |variable: &u16| self.domains[usize::from(*variable)];
        let mut forge = Forge::new(self.order.iter().map(domain).collect(), budget);
        let mut moved = vec![VACANT; self.blocks.len()];
        (moved[FALSE as usize], moved[TRUE as usize]) = (FALSE, TRUE);
        let mut children = Vec::new();
        for (level, variable) in self.order.iter().enumerate().rev() {
            let domain = usize::from(domain(variable));
            for node in &self.nodes[usize::from(*variable)] {
                if self.references[*node as usize] > 0 {
                    let block = self.blocks[*node as usize] as usize;
                    let old = &self.children[block..block + domain];
                    children.clear();
                    children.extend(old.iter().map(|child| moved[*child as usize]));
                    moved[*node as usize] = forge.node(level, &children)?;
                }
            }
        }
        for root in roots {
            *root = moved[*root as usize];
        }
        Ok(forge)
    }
}

fn narrow(number: usize) -> u16 {
    u16::try_from(number).expect("levels and domains are bounded by the authoring format")
}

fn narrow_block(block: usize) -> u32 {
    u32::try_from(block).expect("a budget keeps diagrams below 2^32 children")
}

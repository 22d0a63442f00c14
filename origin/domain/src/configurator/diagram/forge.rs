//! Where diagrams are made: hash-consed nodes over a fixed order of levels, and the operations on
//! them. Every node is made once, so equal functions are equal numbers.
//!
//! A node of the forge skips levels that do not matter to it. Work and memory are counted, and past
//! their bounds every operation ends with [`Exhausted`].

use super::Exhausted;

/// A diagram, by its top node.
pub(super) type Node = u32;

/// Nothing satisfies it.
pub(super) const FALSE: Node = 0;

/// Everything satisfies it.
pub(super) const TRUE: Node = 1;

/// The level of the two constants: below every other.
const BOTTOM: u16 = u16::MAX;

/// An empty slot of the table of nodes.
const VACANT: u32 = u32::MAX;

/// Entries of the memory of conjunctions: it begins small, grows with the nodes, and at the
/// largest (64 MiB) forgets the oldest of two that collide. Forgetting costs time, never exactness.
const MEMORY_MIN: usize = 1 << 10;
const MEMORY_MAX: usize = 1 << 22;

/// How much a forge may spend.
#[derive(Debug, Clone, Copy)]
pub(in crate::configurator) struct Budget {
    /// Children looked at or made.
    pub(in crate::configurator) steps: u64,
    /// Bytes held by nodes.
    pub(in crate::configurator) bytes: usize,
}

/// The nodes of all diagrams over one order of levels.
pub(super) struct Forge {
    domains: Vec<u16>,
    heads: Vec<Head>,
    children: Vec<Node>,
    /// Open addressing over nodes by level and children; a power of two.
    table: Vec<u32>,
    memory: Vec<Remembered>,
    /// Children of nodes under way, innermost last.
    stack: Vec<Node>,
    steps_left: u64,
    bytes_max: usize,
    nodes_max: usize,
}

#[derive(Debug, Clone, Copy)]
struct Head {
    level: u16,
    first: u32,
}

/// The conjunction of two nodes, the smaller first.
#[derive(Debug, Clone, Copy)]
struct Remembered {
    of: (Node, Node),
    is: Node,
}

/// What a conjunction takes whatever its children: mostly memory that no cache holds.
const CALL_STEPS: u64 = 32;

const NOTHING_REMEMBERED: Remembered = Remembered { of: (VACANT, VACANT), is: VACANT };

// === impl Forge ===

impl Forge {
    /// A forge over levels with these numbers of values, the topmost first.
    pub(super) fn new(domains: Vec<u16>, budget: Budget) -> Self {
        let constant = Head { level: BOTTOM, first: 0 };
        Self {
            domains,
            heads: vec![constant; 2],
            children: Vec::new(),
            table: vec![VACANT; MEMORY_MIN],
            memory: vec![NOTHING_REMEMBERED; MEMORY_MIN],
            stack: Vec::new(),
            steps_left: budget.steps,
            bytes_max: budget.bytes,
            nodes_max: usize::MAX,
        }
    }

    pub(super) fn steps_left(&self) -> u64 {
        self.steps_left
    }

    /// What another forge may spend in place of this one.
    pub(super) fn budget_left(&self) -> Budget {
        Budget { steps: self.steps_left, bytes: self.bytes_max }
    }

    /// The number after the last node's.
    pub(super) fn node_end(&self) -> Node {
        u32::try_from(self.heads.len()).expect("nodes are numbered in 32 bits")
    }

    pub(super) fn domain(&self, level: usize) -> usize {
        usize::from(self.domains[level])
    }

    /// The level of a node; `None` for a constant.
    pub(super) fn level(&self, node: Node) -> Option<usize> {
        let level = self.heads[node as usize].level;
        (level != BOTTOM).then_some(usize::from(level))
    }

    /// The children of a node, one for each value; none for a constant.
    pub(super) fn children(&self, node: Node) -> &[Node] {
        let head = self.heads[node as usize];
        let count = self.domains.get(usize::from(head.level)).copied().unwrap_or(0);
        &self.children[head.first as usize..head.first as usize + usize::from(count)]
    }

    fn child(&self, node: Node, value: usize) -> Node {
        self.children[self.heads[node as usize].first as usize + value]
    }

    /// The node at `level` with these children.
    pub(super) fn node(&mut self, level: usize, children: &[Node]) -> Result<Node, Exhausted> {
        let begin = self.stack.len();
        self.stack.extend_from_slice(children);
        self.node_of_stack(level, begin)
    }

    /// The node whose children are the stack from `begin` on, which is taken off.
    fn node_of_stack(&mut self, level: usize, begin: usize) -> Result<Node, Exhausted> {
        let first = self.stack[begin];
        if self.stack[begin..].iter().all(|child| *child == first) {
            self.stack.truncate(begin);
            return Ok(first);
        }
        let level = u16::try_from(level).expect("levels are fewer than 2^16");
        let mask = self.table.len() - 1;
        let mut slot = hash_of(level, &self.stack[begin..]) & mask;
        while self.table[slot] != VACANT {
            let node = self.table[slot];
            let is_same_level = self.heads[node as usize].level == level;
            if is_same_level && self.children(node) == &self.stack[begin..] {
                self.stack.truncate(begin);
                return Ok(node);
            }
            slot = (slot + 1) & mask;
        }
        if self.heads.len() >= self.nodes_max {
            return Err(Exhausted::Nodes);
        }
        if self.children.len() * size_of::<Node>() > self.bytes_max {
            return Err(Exhausted::Memory);
        }
        let node = u32::try_from(self.heads.len()).map_err(|_| Exhausted::Memory)?;
        let first = u32::try_from(self.children.len()).map_err(|_| Exhausted::Memory)?;
        self.table[slot] = node;
        self.heads.push(Head { level, first });
        self.children.extend_from_slice(&self.stack[begin..]);
        self.stack.truncate(begin);
        if self.heads.len() * 2 > self.table.len() {
            self.widen()?;
        }
        Ok(node)
    }

    /// Doubles the table of nodes and, up to its bound, the memory of conjunctions.
    fn widen(&mut self) -> Result<(), Exhausted> {
        if self.bytes() > self.bytes_max {
            return Err(Exhausted::Memory);
        }
        let size = self.table.len() * 2;
        self.table.clear();
        self.table.resize(size, VACANT);
        self.enter_all();
        if size <= MEMORY_MAX {
            self.memory.clear();
            self.memory.resize(size, NOTHING_REMEMBERED);
        }
        Ok(())
    }

    fn enter_all(&mut self) {
        let mask = self.table.len() - 1;
        for node in 2..self.heads.len() {
            let node = u32::try_from(node).expect("nodes are numbered in 32 bits");
            let mut slot = hash_of(self.heads[node as usize].level, self.children(node)) & mask;
            while self.table[slot] != VACANT {
                slot = (slot + 1) & mask;
            }
            self.table[slot] = node;
        }
    }

    /// Bytes held, the growth of its vectors included.
    fn bytes(&self) -> usize {
        self.children.capacity() * size_of::<Node>()
            + self.heads.capacity() * size_of::<Head>()
            + self.table.capacity() * size_of::<u32>()
            + self.memory.capacity() * size_of::<Remembered>()
    }

    /// Ends operations with [`Exhausted::Nodes`] from this many nodes on, dead ones included. The
    /// forge is as good as before then.
    pub(super) fn set_nodes_max(&mut self, nodes_max: usize) {
        self.nodes_max = nodes_max;
        self.stack.clear();
    }

    /// What satisfies both.
    pub(super) fn and(&mut self, one: Node, two: Node) -> Result<Node, Exhausted> {
        if one == FALSE || two == FALSE {
            return Ok(FALSE);
        }
        if one == TRUE || one == two {
            return Ok(two);
        }
        if two == TRUE {
            return Ok(one);
        }
        let (one, two) = (one.min(two), one.max(two));
        let slot = mix(u64::from(one) << 32 | u64::from(two)) & (self.memory.len() - 1);
        if self.memory[slot].of == (one, two) {
            return Ok(self.memory[slot].is);
        }
        let (level_one, level_two) =
            (self.heads[one as usize].level, self.heads[two as usize].level);
        let level = usize::from(level_one.min(level_two));
        let count = self.domain(level);
        self.spend(count as u64 + CALL_STEPS)?;
        let begin = self.stack.len();
        let (mut before, mut result) = ((FALSE, FALSE), FALSE);
        for value in 0..count {
            let is_one = level_one <= level_two;
            let pair = (
                if is_one { self.child(one, value) } else { one },
                if level_two <= level_one { self.child(two, value) } else { two },
            );
            // Neighbouring values often lead to the same place.
            if pair != before {
                result = self.and(pair.0, pair.1)?;
                before = pair;
            }
            self.stack.push(result);
        }
        let node = self.node_of_stack(level, begin)?;
        let slot = mix(u64::from(one) << 32 | u64::from(two)) & (self.memory.len() - 1);
        self.memory[slot] = Remembered { of: (one, two), is: node };
        Ok(node)
    }

    /// What does not satisfy it.
    pub(super) fn not(&mut self, node: Node) -> Result<Node, Exhausted> {
        let mut known = std::collections::HashMap::from([(FALSE, TRUE), (TRUE, FALSE)]);
        self.not_known(node, &mut known)
    }

    fn not_known(
        &mut self,
        node: Node,
        known: &mut std::collections::HashMap<Node, Node>,
    ) -> Result<Node, Exhausted> {
        if let Some(known) = known.get(&node) {
            return Ok(*known);
        }
        let level = usize::from(self.heads[node as usize].level);
        let count = self.domain(level);
        self.spend(count as u64)?;
        let begin = self.stack.len();
        for value in 0..count {
            let child = self.not_known(self.child(node, value), known)?;
            self.stack.push(child);
        }
        let opposite = self.node_of_stack(level, begin)?;
        known.insert(node, opposite);
        Ok(opposite)
    }

    /// What satisfies at least one.
    pub(super) fn or(&mut self, one: Node, two: Node) -> Result<Node, Exhausted> {
        let (one, two) = (self.not(one)?, self.not(two)?);
        let neither = self.and(one, two)?;
        self.not(neither)
    }

    /// Accounts for work.
    pub(super) fn spend(&mut self, steps: u64) -> Result<(), Exhausted> {
        self.steps_left = self.steps_left.checked_sub(steps).ok_or(Exhausted::Steps)?;
        Ok(())
    }

    /// Whether so much has been made since the last collection that one is worth its time.
    pub(super) fn is_crowded(&self, live_bytes: usize) -> bool {
        self.bytes() > (live_bytes * 3).max(32 << 20)
    }

    /// Forgets every node that none of `roots` needs, renumbers the rest, and returns their bytes.
    pub(super) fn collect(&mut self, roots: &mut [Node]) -> usize {
        let mut is_live = vec![false; self.heads.len()];
        for root in roots.iter() {
            is_live[*root as usize] = true;
        }
        // Children are made before their parents, so one pass from the newest marks all.
        for node in (2..self.node_end()).rev() {
            if is_live[node as usize] {
                for child in self.children(node) {
                    is_live[*child as usize] = true;
                }
            }
        }
        let mut renumbered = vec![VACANT; self.heads.len()];
        (renumbered[FALSE as usize], renumbered[TRUE as usize]) = (FALSE, TRUE);
        let (mut heads, mut children) = (self.heads[..2].to_vec(), Vec::new());
        for node in 2..self.node_end() {
            if is_live[node as usize] {
                let level = self.heads[node as usize].level;
                let first = u32::try_from(children.len()).expect("fewer than before");
                let kept = self.children(node).iter().map(|child| renumbered[*child as usize]);
                children.extend(kept);
                renumbered[node as usize] = u32::try_from(heads.len()).expect("fewer than before");
                heads.push(Head { level, first });
            }
        }
        for root in roots {
            *root = renumbered[*root as usize];
        }
        (self.heads, self.children) = (heads, children);
        let size = (self.heads.len() * 4).next_power_of_two().max(MEMORY_MIN);
        self.table = vec![VACANT; size];
        self.memory = vec![NOTHING_REMEMBERED; size.min(MEMORY_MAX)];
        self.enter_all();
        self.bytes()
    }
}

pub(super) fn hash_of(level: u16, children: &[Node]) -> usize {
    let mut hash = u64::from(level);
    for child in children {
        hash = (hash.rotate_left(5) ^ u64::from(*child)).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
    mix(hash)
}

/// Spreads the bits of a number so that its low ones make a good slot.
pub(super) fn mix(number: u64) -> usize {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from((mixed ^ (mixed >> 29)) >> 8 & u64::from(u32::MAX)).expect("32 bits fit")
}

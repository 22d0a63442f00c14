//! Unique table and apply cache of a decision diagram package (Brace, Rudell and Bryant, 1990):
//! hash-consed nodes over a fixed order of levels. Each node exists once, so equal functions have
//! equal numbers.
//!
//! Nodes are reduced: a node skips the levels that do not matter to it. The table counts work and
//! memory; past their bounds every operation returns [`Exhausted`].

use super::Exhausted;

/// A node by its number; the root of a diagram stands for the diagram.
pub(super) type Node = u32;

/// The terminal that nothing satisfies.
pub(super) const FALSE: Node = 0;

/// The terminal that everything satisfies.
pub(super) const TRUE: Node = 1;

/// The level of the two terminals: below every other level.
const TERMINAL_LEVEL: u16 = u16::MAX;

/// An empty slot of the hash table.
const VACANT: u32 = u32::MAX;

/// Entries of the apply cache. It starts small and grows with the nodes up to 64 MiB; of two
/// entries that collide the newer one stays. A lost entry costs time, never exactness.
const CACHE_ENTRIES_MIN: usize = 1 << 10;
const CACHE_ENTRIES_MAX: usize = 1 << 22;

/// The work and memory that a unique table may spend.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// Children visited or created.
    pub(crate) steps: u64,
    /// Bytes held by nodes.
    pub(crate) bytes: usize,
}

/// The nodes of all diagrams over one order of levels.
pub(super) struct UniqueTable {
    domains: Vec<u16>,
    headers: Vec<Header>,
    children: Vec<Node>,
    /// Open addressing over nodes by level and children; the length is a power of two.
    slots: Vec<u32>,
    cache: Vec<CacheEntry>,
    /// Children of unfinished nodes, innermost last.
    stack: Vec<Node>,
    steps_left: u64,
    bytes_max: usize,
    nodes_max: usize,
}

#[derive(Debug, Clone, Copy)]
struct Header {
    level: u16,
    first: u32,
}

/// The conjunction of two nodes, the smaller operand first.
#[derive(Debug, Clone, Copy)]
struct CacheEntry {
    operands: (Node, Node),
    result: Node,
}

/// Fixed cost of a conjunction, in steps: mostly cache misses.
const CALL_STEPS: u64 = 32;

const EMPTY_ENTRY: CacheEntry = CacheEntry { operands: (VACANT, VACANT), result: VACANT };

// === impl UniqueTable ===

impl UniqueTable {
    /// A table over levels with these numbers of values, the topmost first.
    pub(super) fn new(domains: Vec<u16>, budget: Budget) -> Self {
        let terminal = Header { level: TERMINAL_LEVEL, first: 0 };
        Self {
            domains,
            headers: vec![terminal; 2],
            children: Vec::new(),
            slots: vec![VACANT; CACHE_ENTRIES_MIN],
            cache: vec![EMPTY_ENTRY; CACHE_ENTRIES_MIN],
            stack: Vec::new(),
            steps_left: budget.steps,
            bytes_max: budget.bytes,
            nodes_max: usize::MAX,
        }
    }

    pub(super) fn steps_left(&self) -> u64 {
        self.steps_left
    }

    /// The budget for a table that replaces this one.
    pub(super) fn budget_left(&self) -> Budget {
        Budget { steps: self.steps_left, bytes: self.bytes_max }
    }

    /// The number after that of the last node.
    pub(super) fn node_end(&self) -> Node {
        u32::try_from(self.headers.len()).expect("nodes are numbered in 32 bits")
    }

    pub(super) fn domain(&self, level: usize) -> usize {
        usize::from(self.domains[level])
    }

    /// The level of a node; `None` for a terminal.
    pub(super) fn level(&self, node: Node) -> Option<usize> {
        let level = self.headers[node as usize].level;
        (level != TERMINAL_LEVEL).then_some(usize::from(level))
    }

    /// The children of a node, one for each value; empty for a terminal.
    pub(super) fn children(&self, node: Node) -> &[Node] {
        let header = self.headers[node as usize];
        let count = self.domains.get(usize::from(header.level)).copied().unwrap_or(0);
        &self.children[header.first as usize..header.first as usize + usize::from(count)]
    }

    fn child(&self, node: Node, value: usize) -> Node {
        self.children[self.headers[node as usize].first as usize + value]
    }

    /// The node at `level` with these children.
    pub(super) fn node(&mut self, level: usize, children: &[Node]) -> Result<Node, Exhausted> {
        let begin = self.stack.len();
        self.stack.extend_from_slice(children);
        self.node_of_stack(level, begin)
    }

    /// The node whose children are on the stack from `begin` on; pops them.
    fn node_of_stack(&mut self, level: usize, begin: usize) -> Result<Node, Exhausted> {
        let first = self.stack[begin];
        if self.stack[begin..].iter().all(|child| *child == first) {
            self.stack.truncate(begin);
            return Ok(first);
        }
        let level = u16::try_from(level).expect("levels are fewer than 2^16");
        let mask = self.slots.len() - 1;
        let mut slot = hash_of(level, &self.stack[begin..]) & mask;
        while self.slots[slot] != VACANT {
            let node = self.slots[slot];
            let is_same_level = self.headers[node as usize].level == level;
            if is_same_level && self.children(node) == &self.stack[begin..] {
                self.stack.truncate(begin);
                return Ok(node);
            }
            slot = (slot + 1) & mask;
        }
        if self.headers.len() >= self.nodes_max {
            return Err(Exhausted::Nodes);
        }
        if self.children.len() * size_of::<Node>() > self.bytes_max {
            return Err(Exhausted::Memory);
        }
        let node = u32::try_from(self.headers.len()).map_err(|_| Exhausted::Memory)?;
        let first = u32::try_from(self.children.len()).map_err(|_| Exhausted::Memory)?;
        self.slots[slot] = node;
        self.headers.push(Header { level, first });
        self.children.extend_from_slice(&self.stack[begin..]);
        self.stack.truncate(begin);
        if self.headers.len() * 2 > self.slots.len() {
            self.grow()?;
        }
        Ok(node)
    }

    /// Doubles the hash table and, up to its bound, the apply cache.
    fn grow(&mut self) -> Result<(), Exhausted> {
        if self.bytes() > self.bytes_max {
            return Err(Exhausted::Memory);
        }
        let size = self.slots.len() * 2;
        self.slots.clear();
        self.slots.resize(size, VACANT);
        self.rehash();
        if size <= CACHE_ENTRIES_MAX {
            self.cache.clear();
            self.cache.resize(size, EMPTY_ENTRY);
        }
        Ok(())
    }

    fn rehash(&mut self) {
        let mask = self.slots.len() - 1;
        for node in 2..self.headers.len() {
            let node = u32::try_from(node).expect("nodes are numbered in 32 bits");
            let mut slot = hash_of(self.headers[node as usize].level, self.children(node)) & mask;
            while self.slots[slot] != VACANT {
                slot = (slot + 1) & mask;
            }
            self.slots[slot] = node;
        }
    }

    /// Bytes held, including the spare capacity of the vectors.
    fn bytes(&self) -> usize {
        self.children.capacity() * size_of::<Node>()
            + self.headers.capacity() * size_of::<Header>()
            + self.slots.capacity() * size_of::<u32>()
            + self.cache.capacity() * size_of::<CacheEntry>()
    }

    /// From this many nodes on, dead ones included, operations return [`Exhausted::Nodes`]. The
    /// table stays usable.
    pub(super) fn set_nodes_max(&mut self, nodes_max: usize) {
        self.nodes_max = nodes_max;
        self.stack.clear();
    }

    /// The conjunction of two diagrams.
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
        let slot = mix(u64::from(one) << 32 | u64::from(two)) & (self.cache.len() - 1);
        if self.cache[slot].operands == (one, two) {
            return Ok(self.cache[slot].result);
        }
        let (level_one, level_two) =
            (self.headers[one as usize].level, self.headers[two as usize].level);
        let level = usize::from(level_one.min(level_two));
        let count = self.domain(level);
        self.spend(count as u64 + CALL_STEPS)?;
        let begin = self.stack.len();
        let (mut previous, mut result) = ((FALSE, FALSE), FALSE);
        for value in 0..count {
            let is_one = level_one <= level_two;
            let pair = (
                if is_one { self.child(one, value) } else { one },
                if level_two <= level_one { self.child(two, value) } else { two },
            );
            // Neighbouring values often have the same children.
            if pair != previous {
                result = self.and(pair.0, pair.1)?;
                previous = pair;
            }
            self.stack.push(result);
        }
        let node = self.node_of_stack(level, begin)?;
        let slot = mix(u64::from(one) << 32 | u64::from(two)) & (self.cache.len() - 1);
        self.cache[slot] = CacheEntry { operands: (one, two), result: node };
        Ok(node)
    }

    /// The negation of a diagram.
    pub(super) fn not(&mut self, node: Node) -> Result<Node, Exhausted> {
        let mut cache = std::collections::HashMap::from([(FALSE, TRUE), (TRUE, FALSE)]);
        self.negate(node, &mut cache)
    }

    fn negate(
        &mut self,
        node: Node,
        cache: &mut std::collections::HashMap<Node, Node>,
    ) -> Result<Node, Exhausted> {
        if let Some(negation) = cache.get(&node) {
            return Ok(*negation);
        }
        let level = usize::from(self.headers[node as usize].level);
        let count = self.domain(level);
        self.spend(count as u64)?;
        let begin = self.stack.len();
        for value in 0..count {
            let child = self.negate(self.child(node, value), cache)?;
            self.stack.push(child);
        }
        let negation = self.node_of_stack(level, begin)?;
        cache.insert(node, negation);
        Ok(negation)
    }

    /// The disjunction of two diagrams.
    pub(super) fn or(&mut self, one: Node, two: Node) -> Result<Node, Exhausted> {
        let (one, two) = (self.not(one)?, self.not(two)?);
        let neither = self.and(one, two)?;
        self.not(neither)
    }

    /// Takes steps off the budget.
    pub(super) fn spend(&mut self, steps: u64) -> Result<(), Exhausted> {
        self.steps_left = self.steps_left.checked_sub(steps).ok_or(Exhausted::Steps)?;
        Ok(())
    }

    /// Whether enough memory was allocated since the last collection to make another worthwhile.
    pub(super) fn should_collect(&self, live_bytes: usize) -> bool {
        self.bytes() > (live_bytes * 3).max(32 << 20)
    }

    /// Removes the nodes that are not reachable from `roots`, renumbers the rest, and returns their
    /// size in bytes.
    pub(super) fn collect(&mut self, roots: &mut [Node]) -> usize {
        let mut is_live = vec![false; self.headers.len()];
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
        let mut renumbered = vec![VACANT; self.headers.len()];
        (renumbered[FALSE as usize], renumbered[TRUE as usize]) = (FALSE, TRUE);
        let (mut headers, mut children) = (self.headers[..2].to_vec(), Vec::new());
        for node in 2..self.node_end() {
            if is_live[node as usize] {
                let level = self.headers[node as usize].level;
                let first = u32::try_from(children.len()).expect("fewer than before");
                let live = self.children(node).iter().map(|child| renumbered[*child as usize]);
                children.extend(live);
                renumbered[node as usize] =
                    u32::try_from(headers.len()).expect("fewer than before");
                headers.push(Header { level, first });
            }
        }
        for root in roots {
            *root = renumbered[*root as usize];
        }
        (self.headers, self.children) = (headers, children);
        let size = (self.headers.len() * 4).next_power_of_two().max(CACHE_ENTRIES_MIN);
        self.slots = vec![VACANT; size];
        self.cache = vec![EMPTY_ENTRY; size.min(CACHE_ENTRIES_MAX)];
        self.rehash();
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

/// Mixes the bits of a number so that the low ones are a good slot.
pub(super) fn mix(number: u64) -> usize {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from((mixed ^ (mixed >> 29)) >> 8 & u64::from(u32::MAX)).expect("32 bits fit")
}

//! A woven diagram in layers: one for each variable, none skipped, values that lead to the same
//! node together.

use std::collections::HashMap;

use super::forge::{FALSE, Node};
use super::loom::Woven;
use super::served::{Layer, Lists, index};

/// A diagram in layers. The first node is the top, the last is truth.
pub(super) struct Layered {
    pub(super) layers: Vec<Layer>,
    /// The values of all sets, layer by layer.
    pub(super) values: Lists<u16>,
    /// The ways on from each node but truth.
    pub(super) arcs: Vec<Vec<Way>>,
}

/// Where a set of values leads: a node of the next layer.
#[derive(Clone, Copy)]
pub(super) struct Way {
    pub(super) child: u32,
    pub(super) set: u32,
}

/// What is needed to lay down one layer after another.
struct Builder<'w> {
    woven: &'w Woven<'w>,
    /// How many values each variable has.
    domains: &'w [u16],
    layered: Layered,
}

// === impl Layered ===

impl Layered {
    /// The layers of a woven diagram that is satisfiable. `domains` are those of the model.
    pub(super) fn of(woven: &Woven<'_>, domains: &[u16]) -> Self {
        let layered = Self { layers: Vec::new(), values: Lists::new(), arcs: Vec::new() };
        let mut builder = Builder { woven, domains, layered };
        let mut nodes = vec![woven.root];
        for (level, variable) in woven.order.iter().enumerate() {
            nodes = builder.layer(level, *variable, &nodes);
        }
        builder.layered
    }
}

// === impl Builder ===

impl Builder<'_> {
    /// Adds a layer with these nodes of the forge, which belong to it or to a lower level. Returns
    /// the nodes of the next layer.
    fn layer(&mut self, level: usize, variable: u16, nodes: &[Node]) -> Vec<Node> {
        let first_set = index(self.layered.values.len());
        let next_node = index(self.layered.arcs.len() + nodes.len());
        let mut next: Vec<Node> = Vec::new();
        let mut numbers: HashMap<Node, u32> = HashMap::new();
        let mut sets: HashMap<Vec<u16>, u32> = HashMap::new();
        for node in nodes {
            let mut ways = Vec::new();
            for (child, values) in self.ways(level, variable, *node) {
                let child = *numbers.entry(child).or_insert_with(|| {
                    next.push(child);
                    next_node + index(next.len() - 1)
                });
                let all = &mut self.layered.values;
                let set = *sets.entry(values).or_insert_with_key(|values| {
                    values.iter().for_each(|value| all.push(*value));
                    all.end_list();
                    index(all.len() - 1)
                });
                ways.push(Way { child, set });
            }
            self.layered.arcs.push(ways);
        }
        let sets = first_set..index(self.layered.values.len());
        self.layered.layers.push(Layer { variable, sets });
        next
    }

    /// Each place a node leads to, with the values that lead there.
    fn ways(&self, level: usize, variable: u16, node: Node) -> Vec<(Node, Vec<u16>)> {
        let forge = self.woven.forge;
        if forge.level(node) != Some(level) {
            return vec![(node, (0..self.domains[usize::from(variable)]).collect())];
        }
        let children = forge.children(node);
        let mut ways: Vec<(Node, Vec<u16>)> = Vec::new();
        let mut places: HashMap<Node, usize> = HashMap::new();
        for (class, value) in self.woven.classes[usize::from(variable)].iter().zip(0..) {
            let child = children[usize::from(*class)];
            if child != FALSE {
                let place = *places.entry(child).or_insert_with(|| {
                    ways.push((child, Vec::new()));
                    ways.len() - 1
                });
                ways[place].1.push(value);
            }
        }
        ways
    }
}

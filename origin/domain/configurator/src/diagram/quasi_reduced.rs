//! Quasi-reduced diagram: one layer for each variable, no layer skipped, and one edge for all
//! values that lead to the same node.

use std::collections::HashMap;

use super::builder::ReducedDiagram;
use super::factored::{Layer, Lists, index};
use super::unique_table::{FALSE, Node};

/// A diagram in layers. The first node is the root, the last is the terminal.
pub(super) struct QuasiReduced {
    pub(super) layers: Vec<Layer>,
    /// The values of all sets, layer by layer.
    pub(super) values: Lists<u16>,
    /// The edges from each node except the terminal.
    pub(super) edges: Vec<Vec<Edge>>,
}

/// An edge to a node of the next layer, for a set of values.
#[derive(Clone, Copy)]
pub(super) struct Edge {
    pub(super) child: u32,
    pub(super) set: u32,
}

/// Adds one layer after another.
struct LayerBuilder<'w> {
    reduced: &'w ReducedDiagram<'w>,
    /// How many values each variable has.
    domains: &'w [u16],
    diagram: QuasiReduced,
}

// === impl QuasiReduced ===

impl QuasiReduced {
    /// The layers of a satisfiable diagram. `domains` are those of the model.
    pub(super) fn of(reduced: &ReducedDiagram<'_>, domains: &[u16]) -> Self {
        let diagram = Self { layers: Vec::new(), values: Lists::new(), edges: Vec::new() };
        let mut builder = LayerBuilder { reduced, domains, diagram };
        let mut nodes = vec![reduced.root];
        for (level, variable) in reduced.order.iter().enumerate() {
            nodes = builder.layer(level, *variable, &nodes);
        }
        builder.diagram
    }
}

// === impl LayerBuilder ===

impl LayerBuilder<'_> {
    /// Adds a layer with these reduced nodes, which are at its level or below. Returns the nodes of
    /// the next layer.
    fn layer(&mut self, level: usize, variable: u16, nodes: &[Node]) -> Vec<Node> {
        let first_set = index(self.diagram.values.len());
        let next_node = index(self.diagram.edges.len() + nodes.len());
        let mut next: Vec<Node> = Vec::new();
        let mut numbers: HashMap<Node, u32> = HashMap::new();
        let mut sets: HashMap<Vec<u16>, u32> = HashMap::new();
        for node in nodes {
            let mut edges = Vec::new();
            for (child, values) in self.edges(level, variable, *node) {
                let child = *numbers.entry(child).or_insert_with(|| {
                    next.push(child);
                    next_node + index(next.len() - 1)
                });
                let all = &mut self.diagram.values;
                let set = *sets.entry(values).or_insert_with_key(|values| {
                    values.iter().for_each(|value| all.push(*value));
                    all.end_list();
                    index(all.len() - 1)
                });
                edges.push(Edge { child, set });
            }
            self.diagram.edges.push(edges);
        }
        let sets = first_set..index(self.diagram.values.len());
        self.diagram.layers.push(Layer { variable, sets });
        next
    }

    /// Each child of a node, with the values that lead to it.
    fn edges(&self, level: usize, variable: u16, node: Node) -> Vec<(Node, Vec<u16>)> {
        let table = self.reduced.table;
        if table.level(node) != Some(level) {
            return vec![(node, (0..self.domains[usize::from(variable)]).collect())];
        }
        let children = table.children(node);
        let mut edges: Vec<(Node, Vec<u16>)> = Vec::new();
        let mut indices: HashMap<Node, usize> = HashMap::new();
        for (class, value) in self.reduced.classes[usize::from(variable)].iter().zip(0..) {
            let child = children[usize::from(*class)];
            if child != FALSE {
                let index = *indices.entry(child).or_insert_with(|| {
                    edges.push((child, Vec::new()));
                    edges.len() - 1
                });
                edges[index].1.push(value);
            }
        }
        edges
    }
}

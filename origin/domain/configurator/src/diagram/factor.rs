//! Factors a quasi-reduced diagram by series-parallel reduction.
//!
//! Series: where a node has one incoming and one outgoing arc, the two arcs become one, labelled
//! with the *product* of their parts. Parallel: arcs between the same two nodes become one,
//! labelled with the *union* of their parts. Both are repeated until nothing changes. Of the nodes
//! of an industrial model a few hundredths remain. Parts do not depend on their position, so a part
//! that many configurations share is stored once.

use std::collections::HashMap;

use super::factored::{Arc, Diagram, Factor, FactorKind, Layer, Lists, index};
use super::quasi_reduced::QuasiReduced;

/// An unfinished arc: its child and its parts, the last part first.
struct Path {
    child: u32,
    parts: Vec<u32>,
}

/// All parts, each stored once.
struct PartTable {
    sets: u32,
    factors: Vec<Factor>,
    numbers: HashMap<Factor, u32>,
    /// The layer at which each part begins.
    layers: Vec<u32>,
}

// === impl Diagram ===

impl Diagram {
    /// Factors a quasi-reduced diagram.
    pub(super) fn of(diagram: QuasiReduced) -> Self {
        let mut parts = PartTable::of(&diagram);
        let terminal = diagram.edges.len();
        let mut in_degrees = vec![0_u32; terminal + 1];
        in_degrees[0] = 1;
        for edge in diagram.edges.iter().flatten() {
            in_degrees[edge.child as usize] += 1;
        }
        // From the bottom up: the nodes below are reduced already.
        let mut paths: Vec<Vec<Path>> = (0..terminal).map(|_| Vec::new()).collect();
        for node in (0..terminal).rev() {
            let edges = diagram.edges[node].iter();
            let mut own: Vec<Path> =
                edges.map(|edge| Path { child: edge.child, parts: vec![edge.set] }).collect();
            while reduce_series(&mut own, &mut paths, &in_degrees)
                | reduce_parallel(&mut own, &mut parts, &mut in_degrees)
            {}
            paths[node] = own;
        }
        let mut numbers = vec![0; terminal + 1];
        let mut next = 0;
        for (number, paths) in numbers.iter_mut().zip(&paths) {
            *number = next;
            next += u32::from(!paths.is_empty());
        }
        numbers[terminal] = next;
        let mut arcs = Lists::new();
        for paths in paths.iter_mut().filter(|paths| !paths.is_empty()) {
            for path in paths {
                let part = parts.series(&mut path.parts);
                arcs.push(Arc { child: numbers[path.child as usize], part });
            }
            arcs.end_list();
        }
        Self { layers: diagram.layers, values: diagram.values, factors: parts.factors, arcs }
    }
}

/// Series reduction: extends paths through nodes with one path in and one out. Such nodes have no
/// paths any more.
fn reduce_series(own: &mut [Path], paths: &mut [Vec<Path>], in_degrees: &[u32]) -> bool {
    let mut has_changed = false;
    for path in own {
        while let Some([_]) = paths.get(path.child as usize).map(Vec::as_slice)
            && in_degrees[path.child as usize] == 1
        {
            let next = paths[path.child as usize].pop().expect("it has one");
            let before = std::mem::replace(&mut path.parts, next.parts);
            path.parts.extend(before);
            path.child = next.child;
            has_changed = true;
        }
    }
    has_changed
}

/// Parallel reduction: merges the paths that lead to the same node.
fn reduce_parallel(own: &mut Vec<Path>, parts: &mut PartTable, in_degrees: &mut [u32]) -> bool {
    own.sort_by_key(|path| path.child);
    let is_alone = |pair: &[Path]| pair[0].child != pair[1].child;
    if own.windows(2).all(is_alone) {
        return false;
    }
    let mut merged: Vec<Path> = Vec::with_capacity(own.len());
    for same in own.chunk_by_mut(|one, two| one.child == two.child) {
        let child = same[0].child;
        if let [alone] = same {
            merged.push(Path { child, parts: std::mem::take(&mut alone.parts) });
            continue;
        }
        in_degrees[child as usize] -= index(same.len() - 1);
        let mut parallel: Vec<u32> =
            same.iter_mut().map(|path| parts.series(&mut path.parts)).collect();
        merged.push(Path { child, parts: vec![parts.union(&mut parallel)] });
    }
    *own = merged;
    true
}

// === impl PartTable ===

impl PartTable {
    fn of(diagram: &QuasiReduced) -> Self {
        let of_layer =
            |(layer, number): (&Layer, u32)| std::iter::repeat_n(number, layer.sets.len());
        Self {
            sets: index(diagram.values.len()),
            factors: Vec::new(),
            numbers: HashMap::new(),
            layers: diagram.layers.iter().zip(0..).flat_map(of_layer).collect(),
        }
    }

    /// The product of these parts, given last first. It is split where the layer number has the
    /// most trailing zeros, so that products that differ in a few layers share most of their
    /// factors.
    fn series(&mut self, parts: &mut [u32]) -> u32 {
        parts.reverse();
        self.product(parts)
    }

    fn product(&mut self, parts: &[u32]) -> u32 {
        let [first, rest @ ..] = parts else { unreachable!("an arc has at least one layer") };
        let roundest =
            (1..).zip(rest).max_by_key(|(_, part)| self.layers[**part as usize].trailing_zeros());
        let Some((middle, _)) = roundest else { return *first };
        let one = self.product(&parts[..middle]);
        let two = self.product(&parts[middle..]);
        self.intern(Factor { kind: FactorKind::ProductNode, one, two })
    }

    fn union(&mut self, parts: &mut [u32]) -> u32 {
        parts.sort_unstable();
        let mut all = parts[0];
        for two in &parts[1..] {
            all = self.intern(Factor { kind: FactorKind::UnionNode, one: all, two: *two });
        }
        all
    }

    fn intern(&mut self, factor: Factor) -> u32 {
        *self.numbers.entry(factor).or_insert_with(|| {
            self.factors.push(factor);
            self.layers.push(self.layers[factor.one as usize]);
            self.sets + index(self.factors.len() - 1)
        })
    }
}

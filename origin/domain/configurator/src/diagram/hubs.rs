//! Initial variable orders for products with hubs: the few options that occur in a large part of
//! the rules (version, engine, country).
//!
//! Hubs stay in the frontier for long in any order, so they come first. Without them the other
//! options form groups that no rule connects. A group comes directly after the last hub it is
//! connected to: below it, the diagram does not depend on the group.

use std::cmp::Reverse;

use super::frontier::{ConstraintGraph, Frontier};

/// How the hubs of an order are chosen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hubs {
    /// The number of hubs: the options that occur in most rules.
    pub(super) count: usize,
    /// The hub with most values comes first, where it takes one node; otherwise the one with most
    /// rules.
    pub(super) is_widest_first: bool,
}

/// Options that rules connect to each other and, apart from that, to hubs only.
struct Group {
    options: Vec<u16>,
    /// The number of hubs it is connected to, and the number of hubs above it.
    hubs: usize,
    below: usize,
}

// === impl Hubs ===

impl Hubs {
    /// The options from the top down.
    pub(super) fn order(self, graph: &mut ConstraintGraph<'_>) -> Vec<u16> {
        let mut hubs = graph.by_rules();
        let count = hubs.len();
        hubs.truncate(self.count);
        if self.is_widest_first {
            hubs.sort_by_key(|hub| Reverse(graph.domain(*hub)));
        }
        let mut groups = groups(graph, &hubs, count);
        // Groups that depend on most hubs come first, so that these leave the frontier early.
        groups.sort_by_key(|group| (group.below, Reverse(group.hubs), group.options.len()));
        let mut order = Vec::with_capacity(count);
        let mut frontier = Frontier::of(graph);
        let mut groups = groups.into_iter().peekable();
        for above in 0..=hubs.len() {
            while let Some(group) = groups.next_if(|group| group.below == above) {
                place(&mut frontier, group.options, &mut order);
            }
            if let Some(hub) = hubs.get(above) {
                frontier.place(*hub);
                order.push(*hub);
            }
        }
        order
    }
}

/// Places options, each time the one that leaves the narrowest frontier.
fn place(frontier: &mut Frontier<'_, '_>, mut options: Vec<u16>, order: &mut Vec<u16>) {
    while let Some(at) = (0..options.len()).min_by_key(|at| frontier.growth(options[*at])) {
        let next = options.remove(at);
        frontier.place(next);
        order.push(next);
    }
}

fn groups(graph: &ConstraintGraph<'_>, hubs: &[u16], count: usize) -> Vec<Group> {
    let mut is_grouped = vec![false; count];
    for hub in hubs {
        is_grouped[usize::from(*hub)] = true;
    }
    let mut groups = Vec::new();
    for first in (0..).take(count) {
        if std::mem::replace(&mut is_grouped[usize::from(first)], true) {
            continue;
        }
        let mut options = vec![first];
        let mut at = 0;
        while let Some(option) = options.get(at).copied() {
            at += 1;
            for other in graph.neighbours(option) {
                if !std::mem::replace(&mut is_grouped[usize::from(*other)], true) {
                    options.push(*other);
                }
            }
        }
        let is_connected = |hub: &u16| {
            options.iter().any(|option| graph.neighbours(*option).binary_search(hub).is_ok())
        };
        let below = hubs.iter().rposition(is_connected).map_or(0, |last| last + 1);
        let hubs = hubs.iter().filter(|hub| is_connected(hub)).count();
        options.sort_unstable();
        groups.push(Group { options, hubs, below });
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::super::frontier::ConstraintGraph;
    use super::Hubs;
    use crate::model::Model;
    use crate::product::Product;

    /// The trim occurs in most rules, then the engine, which has more values. The colour depends on
    /// the trim alone, the seat on both, and the mirror occurs in no rule.
    const CAR: &[u8] = br#"{ "product": "car", "currency": "EUR",
        "options": [
            { "id": "trim", "values": [{ "id": "a" }, { "id": "b" }] },
            { "id": "engine", "values": [{ "id": "a" }, { "id": "b" }, { "id": "c" }] },
            { "id": "colour", "values": [{ "id": "a" }, { "id": "b" }] },
            { "id": "seat", "values": [{ "id": "a" }, { "id": "b" }] },
            { "id": "mirror", "values": [{ "id": "a" }, { "id": "b" }] }],
        "rules": [
            { "id": "r", "excludes": [{ "trim": ["a"] }, { "engine": ["a"] }] },
            { "id": "s", "excludes": [{ "trim": ["a"] }, { "colour": ["a"] }] },
            { "id": "t", "excludes": [{ "trim": ["b"] }, { "seat": ["a"] }] },
            { "id": "u", "excludes": [{ "engine": ["b"] }, { "seat": ["b"] }] }] }"#;

    #[test]
    fn a_group_comes_directly_after_the_last_hub_it_is_connected_to() {
        let product = Product::parse(CAR).unwrap();
        let model = Model::of(&product).unwrap();
        let mut graph = ConstraintGraph::of(&model);
        let mut order = |is_widest_first| {
            let order = Hubs { count: 2, is_widest_first }.order(&mut graph);
            order
                .into_iter()
                .map(|option| product.options()[usize::from(option)].id.as_str())
                .collect::<Vec<_>>()
        };
        assert_eq!(order(false), ["mirror", "trim", "colour", "engine", "seat"]);
        assert_eq!(order(true), ["mirror", "engine", "trim", "seat", "colour"]);
    }
}

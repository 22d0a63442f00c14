//! First orders for products with hubs: the few options that a large part of the rules are about
//! (version, engine, country).
//!
//! Hubs stay in the frontier for long whatever the order, so they stand on top. Without them the
//! other options fall in groups that no rule binds to each other. A group stands directly below the
//! last hub it is bound to: nothing of it is remembered further down.

use std::cmp::Reverse;

use super::frontier::{Bonds, Frontier};

/// How the hubs of an order are chosen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hubs {
    /// So many options that most rules are about.
    pub(super) count: usize,
    /// The one with most values on top, where it takes one node; else the one with most rules.
    pub(super) is_widest_first: bool,
}

/// Options that rules bind to each other and, beyond them, to hubs only.
struct Group {
    options: Vec<u16>,
    /// How many hubs it is bound to, and the number of hubs above it.
    hubs: usize,
    below: usize,
}

// === impl Hubs ===

impl Hubs {
    /// The options from the top down.
    pub(super) fn order(self, bonds: &mut Bonds<'_>) -> Vec<u16> {
        let mut hubs = bonds.by_rules();
        let count = hubs.len();
        hubs.truncate(self.count);
        if self.is_widest_first {
            hubs.sort_by_key(|hub| Reverse(bonds.domain(*hub)));
        }
        let mut groups = groups(bonds, &hubs, count);
        // Those that most is to be remembered for come first, and it is forgotten behind them.
        groups.sort_by_key(|group| (group.below, Reverse(group.hubs), group.options.len()));
        let mut order = Vec::with_capacity(count);
        let mut frontier = Frontier::of(bonds);
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

/// Places options, each time the one that leaves the least to remember.
fn place(frontier: &mut Frontier<'_, '_>, mut options: Vec<u16>, order: &mut Vec<u16>) {
    while let Some(at) = (0..options.len()).min_by_key(|at| frontier.growth(options[*at])) {
        let next = options.remove(at);
        frontier.place(next);
        order.push(next);
    }
}

fn groups(bonds: &Bonds<'_>, hubs: &[u16], count: usize) -> Vec<Group> {
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
            for other in bonds.bound(option) {
                if !std::mem::replace(&mut is_grouped[usize::from(*other)], true) {
                    options.push(*other);
                }
            }
        }
        let is_bound = |hub: &u16| {
            options.iter().any(|option| bonds.bound(*option).binary_search(hub).is_ok())
        };
        let below = hubs.iter().rposition(is_bound).map_or(0, |last| last + 1);
        let hubs = hubs.iter().filter(|hub| is_bound(hub)).count();
        options.sort_unstable();
        groups.push(Group { options, hubs, below });
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::super::frontier::Bonds;
    use super::Hubs;
    use crate::configurator::model::Model;
    use crate::configurator::product::Product;

    /// Most rules are about the trim, then about the engine, which has more values; the colour goes
    /// with the trim alone, the seat with both, and no rule knows the mirror.
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
    fn a_group_stands_directly_below_the_last_hub_it_is_bound_to() {
        let product = Product::parse(CAR).unwrap();
        let model = Model::of(&product).unwrap();
        let mut bonds = Bonds::of(&model);
        let mut order = |is_widest_first| {
            let order = Hubs { count: 2, is_widest_first }.order(&mut bonds);
            order
                .into_iter()
                .map(|option| product.options()[usize::from(option)].id.as_str())
                .collect::<Vec<_>>()
        };
        assert_eq!(order(false), ["mirror", "trim", "colour", "engine", "seat"]);
        assert_eq!(order(true), ["mirror", "engine", "trim", "seat", "colour"]);
    }
}

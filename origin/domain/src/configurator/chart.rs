//! A diagram with prices: everything that can be known before anything is chosen.

use super::diagram::{Diagram, Lists};
use super::model::Model;
use super::product::Product;

/// A compiled product: the diagram, and what its values, sets and stretches cost.
#[derive(Debug, Clone)]
pub(super) struct Chart {
    pub(super) diagram: Diagram,
    pub(super) base_price: i64,
    /// The layer of each option.
    pub(super) layer_of: Vec<usize>,
    /// What each value of each layer adds to the price.
    pub(super) weights: Vec<Vec<i64>>,
    pub(super) sets: Vec<Set>,
    /// What each stretch costs with every choice open, and in how many ways it is passed.
    pub(super) free: Vec<Bounds>,
    pub(super) free_ways: Vec<u128>,
    /// The stretches that pass through each set.
    pub(super) stretches_of: Lists<u32>,
}

/// Lowest and highest price of some ways through the diagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) low: i64,
    pub(super) high: i64,
}

/// What is known of a set of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Set {
    pub(super) layer: u32,
    /// The first of its cheapest values.
    pub(super) cheapest: u16,
    pub(super) size: u16,
    /// Its lowest and highest price.
    pub(super) low: i64,
    pub(super) high: i64,
}

/// What variables cost.
pub(super) struct Prices {
    /// How many of the variables are options.
    pub(super) options: usize,
    pub(super) base_price: i64,
    /// What each value of each variable adds.
    pub(super) weights: Vec<Vec<i64>>,
}

// === impl Prices ===

impl Prices {
    pub(super) fn of(product: &Product, model: &Model<'_>) -> Self {
        let of_options = product
            .options
            .iter()
            .map(|option| option.values.iter().map(|value| value.price.0).collect());
        let of_sums =
            model.sums.iter().map(|sum| sum.amounts.iter().map(|amount| amount.0).collect());
        Self {
            options: product.options.len(),
            base_price: product.base_price.0,
            weights: of_options.chain(of_sums).collect(),
        }
    }
}

// === impl Chart ===

impl Chart {
    pub(super) fn of(diagram: Diagram, prices: &Prices) -> Self {
        let variables = diagram.layers.iter().map(|layer| usize::from(layer.variable));
        let weights: Vec<Vec<i64>> =
            variables.clone().map(|variable| prices.weights[variable].clone()).collect();
        let mut layer_of = vec![0; prices.options];
        for (layer, variable) in variables.enumerate() {
            // What is no option is a hidden sum, which nobody chooses.
            if let Some(place) = layer_of.get_mut(variable) {
                *place = layer;
            }
        }
        let mut sets = Vec::with_capacity(diagram.values.len());
        for (layer, number) in diagram.layers.iter().zip(0..) {
            for set in layer.sets.clone() {
                sets.push(Set::of(diagram.values.get(set), number, &weights[number as usize]));
            }
        }
        let mut stretches_of = vec![Vec::new(); sets.len()];
        let mut free = Vec::with_capacity(diagram.stretches.len());
        let mut free_ways = Vec::with_capacity(diagram.stretches.len());
        for (stretch, number) in diagram.stretches.iter().zip(0..) {
            for set in stretch {
                stretches_of[*set as usize].push(number);
            }
            let passed = || stretch.iter().map(|set| &sets[*set as usize]);
            free.push(passed().fold(Bounds::HERE, |bounds, set| bounds.then(&set.bounds())));
            let sizes = passed().map(|set| u128::from(set.size));
            free_ways.push(sizes.fold(1, u128::saturating_mul));
        }
        let stretches_of = stretches_of.into_iter().collect();
        let base_price = prices.base_price;
        Self { diagram, base_price, layer_of, weights, sets, free, free_ways, stretches_of }
    }

    /// How many valid configurations there are; `None` beyond 2^128. No part of the diagram has
    /// more ways than the whole, so nothing else needs to fear an overflow.
    pub(super) fn configurations(&self) -> Option<u128> {
        let mut ways = vec![0_u128; self.diagram.node_count()];
        ways[0] = 1;
        for (arcs, node) in self.diagram.arcs.iter().zip(0..) {
            let here: u128 = ways[node];
            for arc in arcs {
                let there = here.checked_mul(self.free_ways[arc.stretch as usize])?;
                let child = &mut ways[arc.child as usize];
                *child = child.checked_add(there)?;
            }
        }
        ways.last().copied()
    }

    /// What a set costs when its layer's choice is one of its values.
    pub(super) fn narrowed(&self, set: u32, choice: u16) -> Bounds {
        let weight = self.weights[self.sets[set as usize].layer as usize][usize::from(choice)];
        Bounds { low: weight, high: weight }
    }
}

// === impl Bounds ===

impl Bounds {
    /// No way at all: whatever is joined to it wins.
    pub(super) const NONE: Self = Self { low: i64::MAX, high: i64::MIN };

    /// The one way that goes nowhere.
    pub(super) const HERE: Self = Self { low: 0, high: 0 };

    /// These ways, each continued by any of those.
    pub(super) fn then(self, on: &Self) -> Self {
        Self { low: self.low + on.low, high: self.high + on.high }
    }

    /// These ways and those.
    pub(super) fn join(&mut self, other: &Self) {
        self.low = self.low.min(other.low);
        self.high = self.high.max(other.high);
    }
}

// === impl Set ===

impl Set {
    fn of(values: &[u16], layer: u32, weights: &[i64]) -> Self {
        let weight = |value: &u16| weights[usize::from(*value)];
        let cheapest = *values.iter().min_by_key(|value| weight(value)).expect("sets have values");
        Self {
            layer,
            cheapest,
            size: u16::try_from(values.len()).expect("values are counted in 16 bits"),
            low: weight(&cheapest),
            high: values.iter().map(weight).max().expect("sets have values"),
        }
    }

    /// What any of its values costs.
    pub(super) fn bounds(&self) -> Bounds {
        Bounds { low: self.low, high: self.high }
    }
}

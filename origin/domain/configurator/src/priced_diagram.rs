//! A factored diagram with prices: everything that does not depend on a selection.

use super::diagram::Diagram;
use super::model::Model;
use super::product::Product;

/// A compiled product: the diagram and the prices of its values and sets.
#[derive(Debug, Clone)]
pub(super) struct PricedDiagram {
    pub(super) diagram: Diagram,
    pub(super) base_price: i64,
    /// The layer of each option.
    pub(super) layer_of: Vec<usize>,
    /// The amount that each value of each layer adds to the price.
    pub(super) weights: Vec<Vec<i64>>,
    pub(super) sets: Vec<PricedSet>,
}

/// Lowest and highest price of some paths: a value of the min-plus and the max-plus semiring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PriceBounds {
    pub(super) low: i64,
    pub(super) high: i64,
}

/// A set of values of one layer and its prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PricedSet {
    pub(super) layer: u32,
    /// The first of its cheapest values.
    pub(super) cheapest: u16,
    pub(super) size: u16,
    /// Its lowest and highest price.
    pub(super) low: i64,
    pub(super) high: i64,
}

/// The prices of all variables.
pub(super) struct Prices {
    /// The number of variables that are options.
    pub(super) options: usize,
    pub(super) base_price: i64,
    /// The amount that each value of each variable adds.
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

// === impl PricedDiagram ===

impl PricedDiagram {
    pub(super) fn of(diagram: Diagram, prices: &Prices) -> Self {
        let variables = diagram.layers.iter().map(|layer| usize::from(layer.variable));
        let weights: Vec<Vec<i64>> =
            variables.clone().map(|variable| prices.weights[variable].clone()).collect();
        let mut layer_of = vec![0; prices.options];
        for (layer, variable) in variables.enumerate() {
            // A variable that is not an option is a hidden sum, which has no choices.
            if let Some(entry) = layer_of.get_mut(variable) {
                *entry = layer;
            }
        }
        let mut sets = Vec::with_capacity(diagram.values.len());
        for (layer, number) in diagram.layers.iter().zip(0..) {
            for set in layer.sets.clone() {
                sets.push(PricedSet::of(
                    diagram.values.get(set),
                    number,
                    &weights[number as usize],
                ));
            }
        }
        let base_price = prices.base_price;
        Self { diagram, base_price, layer_of, weights, sets }
    }

    /// The amount that a value of a layer adds to the price.
    pub(super) fn price_of(&self, layer: usize, value: u16) -> PriceBounds {
        let weight = self.weights[layer][usize::from(value)];
        PriceBounds { low: weight, high: weight }
    }
}

// === impl PriceBounds ===

impl PriceBounds {
    /// No path: the neutral element of [`Self::add`].
    pub(super) const ZERO: Self = Self { low: i64::MAX, high: i64::MIN };

    /// The empty path: the neutral element of [`Self::multiply`].
    pub(super) const ONE: Self = Self { low: 0, high: 0 };

    /// The concatenations of these paths with the others; no path if either side has none.
    pub(super) fn multiply(&self, other: &Self) -> Self {
        let has_no_path = self.low > self.high || other.low > other.high;
        let low = self.low.wrapping_add(other.low);
        let high = self.high.wrapping_add(other.high);
        if has_no_path { Self::ZERO } else { Self { low, high } }
    }

    /// Adds the other paths to these.
    pub(super) fn add(&mut self, other: &Self) {
        self.low = self.low.min(other.low);
        self.high = self.high.max(other.high);
    }
}

// === impl PricedSet ===

impl PricedSet {
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

    /// The lowest and highest price of its values.
    pub(super) fn bounds(&self) -> PriceBounds {
        PriceBounds { low: self.low, high: self.high }
    }
}

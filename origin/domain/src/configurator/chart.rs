//! A diagram with prices: everything that can be known before anything is chosen.

use super::diagram::Diagram;
use super::model::Model;
use super::product::Product;

/// A compiled product: the diagram, and what its values and sets cost.
#[derive(Debug, Clone)]
pub(super) struct Chart {
    pub(super) diagram: Diagram,
    pub(super) base_price: i64,
    /// The layer of each option.
    pub(super) layer_of: Vec<usize>,
    /// What each value of each layer adds to the price.
    pub(super) weights: Vec<Vec<i64>>,
    pub(super) sets: Vec<Set>,
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
        let base_price = prices.base_price;
        Self { diagram, base_price, layer_of, weights, sets }
    }

    /// What a value of a layer adds to the price.
    pub(super) fn price_of(&self, layer: usize, value: u16) -> Bounds {
        let weight = self.weights[layer][usize::from(value)];
        Bounds { low: weight, high: weight }
    }
}

// === impl Bounds ===

impl Bounds {
    /// No way at all: whatever is joined to it wins.
    pub(super) const NONE: Self = Self { low: i64::MAX, high: i64::MIN };

    /// The one way that goes nowhere.
    pub(super) const HERE: Self = Self { low: 0, high: 0 };

    /// These ways, each continued by any of those; none if there are none of either.
    pub(super) fn then(&self, on: &Self) -> Self {
        let is_none = self.low > self.high || on.low > on.high;
        let both =
            Self { low: self.low.wrapping_add(on.low), high: self.high.wrapping_add(on.high) };
        if is_none { Self::NONE } else { both }
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

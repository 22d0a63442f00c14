//! Conversion of variant prices to value prices and price rules, exact and as short as possible.

use std::collections::BTreeMap;

use domain_core::money::Money;

use crate::product::{Condition, OneOf, PriceRule, Product};

/// A variant's values, in the order of the options, and its price.
pub(super) struct Priced {
    pub(super) values: Vec<u16>,
    pub(super) price: Money,
}

/// Sets the prices of a product so that every variant has its price: a base price, then value
/// prices of one option where prices depend on that option alone, and price rules otherwise.
pub(super) fn price(product: &mut Product, variants: &[Priced]) {
    let Some(lowest) = variants.iter().map(|variant| variant.price).min() else { return };
    product.base_price = lowest;
    for option in 0..product.options.len() {
        if let Some(prices) = prices_by(variants, option) {
            for (value, price) in prices {
                product.options[option].values[usize::from(value)].price =
                    Money(price.0 - lowest.0);
            }
            return;
        }
    }
    product.price_rules = rules(variants, lowest);
}

/// The price of each value of an option, if prices depend on that option alone.
fn prices_by(variants: &[Priced], option: usize) -> Option<BTreeMap<u16, Money>> {
    let mut prices = BTreeMap::new();
    for variant in variants {
        let price = prices.entry(variant.values[option]).or_insert(variant.price);
        if *price != variant.price {
            return None;
        }
    }
    Some(prices)
}

/// A rule for each price above the lowest and each combination of all options but the last.
fn rules(variants: &[Priced], lowest: Money) -> Vec<PriceRule> {
    let mut groups: BTreeMap<(&[u16], Money), Vec<u16>> = BTreeMap::new();
    for variant in variants.iter().filter(|variant| variant.price != lowest) {
        let (last, before) = variant.values.split_last().expect("a product has options");
        groups.entry((before, variant.price)).or_default().push(*last);
    }
    let rule = |((before, price), mut last): ((&[u16], Money), Vec<u16>)| {
        last.sort_unstable();
        let values = before.iter().map(|value| vec![*value]).chain([last]);
        let parts = (0..).zip(values).map(|(option, values)| OneOf { option, values });
        let condition = Condition(parts.collect());
        PriceRule { condition, add: Money(price.0 - lowest.0) }
    };
    groups.into_iter().map(rule).collect()
}

//! Sums of price rules, as hidden variables of the diagram.
//!
//! The price rules that depend on the same options become one hidden variable. Those options
//! determine its value, which carries the amount, so that every price is a sum over variables.
//! Options are decided one after another; the state is the set of rules that may still hold.

use std::collections::{BTreeMap, HashSet};

use domain_core::authoring::Mistake;
use domain_core::money::Money;

use super::product::{PriceRule, Product};

/// Most different sets of options that price rules may depend on: each is a level of the diagram.
const SUMS_MAX: usize = 256;

/// Most different amounts one sum may have: twice the variants of a Shopify product.
const AMOUNTS_MAX: usize = 4_096;

/// Most sets of rules that may hold together. With more, or with more amounts, each rule is a
/// separate sum.
const STATES_MAX: usize = 20_000;

/// The sum of the price rules over one set of options.
pub(super) struct Sum<'p> {
    /// The options, ascending.
    pub(super) options: Vec<u16>,
    pub(super) rules: Vec<&'p PriceRule>,
    /// The amount of each value of the hidden variable, ascending.
    pub(super) amounts: Vec<Money>,
}

/// Most rules visited while the amounts of a sum are collected: well under a second.
const WORK_MAX: usize = 20_000_000;

/// Rules of a sum that may still hold, ascending.
pub(super) type Open = Vec<u16>;

// === impl Sum ===

impl<'p> Sum<'p> {
    /// The sums of a product's price rules.
    pub(super) fn all(product: &'p Product, domains: &[u16]) -> Result<Vec<Self>, Mistake> {
        let mut by_options: BTreeMap<Vec<u16>, Vec<&PriceRule>> = BTreeMap::new();
        for rule in &product.price_rules {
            by_options.entry(rule.condition.options().collect()).or_default().push(rule);
        }
        let mut sums = Vec::new();
        for (options, rules) in by_options {
            match Self::of(options.clone(), rules.clone(), domains) {
                Some(sum) => sums.push(sum),
                None => sums.extend(rules.into_iter().map(|rule| {
                    let amounts = vec![Money::ZERO.min(rule.add), Money::ZERO.max(rule.add)];
                    Self { options: options.clone(), rules: vec![rule], amounts }
                })),
            }
        }
        if sums.len() > SUMS_MAX {
            let count = sums.len();
            let message = format!(
                "they look at {count} different sets of options; at most {SUMS_MAX} are possible"
            );
            return Err(Mistake { field: "/price_rules".to_owned(), message });
        }
        Ok(sums)
    }

    /// The sum of all these rules; `None` if it has too many amounts to be one variable.
    fn of(options: Vec<u16>, rules: Vec<&'p PriceRule>, domains: &[u16]) -> Option<Self> {
        let mut sum = Self { options, rules, amounts: Vec::new() };
        let mut states = HashSet::from([sum.all_open()]);
        let mut work = 0;
        for option in &sum.options {
            let mut next = HashSet::new();
            for open in states {
                let by_value = sum.open_by_value(&open, *option, domains[usize::from(*option)]);
                work += by_value.len() + by_value.iter().map(Vec::len).sum::<usize>();
                next.extend(by_value);
                if next.len() > STATES_MAX || work > WORK_MAX {
                    return None;
                }
            }
            states = next;
        }
        sum.amounts = states.iter().map(|open| sum.amount(open)).collect();
        sum.amounts.sort_unstable();
        sum.amounts.dedup();
        (sum.amounts.len() <= AMOUNTS_MAX).then_some(sum)
    }

    /// All rules, before any option is decided.
    pub(super) fn all_open(&self) -> Open {
        (0..).take(self.rules.len()).collect()
    }

    /// For each value of an option, which of the open rules stay open with it.
    pub(super) fn open_by_value(&self, open: &Open, option: u16, domain: u16) -> Vec<Open> {
        let mut by_value = vec![Vec::new(); usize::from(domain)];
        for index in open {
            let parts = &self.rules[usize::from(*index)].condition.0;
            let part = parts.iter().find(|part| part.option == option);
            for value in &part.expect("a sum's rules look at all its options").values {
                by_value[usize::from(*value)].push(*index);
            }
        }
        by_value
    }

    /// The value of the hidden variable when these rules hold.
    pub(super) fn value(&self, open: &Open) -> usize {
        self.amounts.binary_search(&self.amount(open)).expect("every amount was collected")
    }

    fn amount(&self, open: &Open) -> Money {
        open.iter().fold(Money::ZERO, |sum, index| {
            let add = self.rules[usize::from(*index)].add;
            sum.plus(add).expect("the authoring format bounds amounts and their number")
        })
    }
}

//! Restriction of a product to some combinations: the variants that exist, or that are in stock.

use crate::product::{Condition, Expression, OneOf, Product, Rule, RuleKind, Table};

/// The additional rule of a product restricted to existing combinations. No authored rule has this
/// id or the other one: ids have no colon.
const COMBINATIONS_RULE: &str = "shopify:combinations";
/// The additional rule of a product restricted to its stock, and its message for shoppers.
pub(crate) const STOCK_RULE: (&str, &str) = ("shop:in-stock", "This is not in stock.");

// === impl Product ===

impl Product {
    /// The product with only those configurations whose values are at these positions, option by
    /// option, as `decode_variants` returns them. `None` if a combination has a different number of
    /// options, or a position that its option does not have.
    #[must_use]
    pub fn with_only_combinations(&self, combinations: &[Vec<u16>]) -> Option<Self> {
        let is_known = |combination: &Vec<u16>| {
            combination.len() == self.options.len()
                && self
                    .options
                    .iter()
                    .zip(combination)
                    .all(|(option, value)| usize::from(*value) < option.values.len())
        };
        if !combinations.iter().all(is_known) {
            return None;
        }
        let options = (0..).take(self.options.len()).collect();
        let combinations = RuleKind::Allowed(Table::new(options, &combinations.concat()));
        Some(self.with_rule(COMBINATIONS_RULE, None, combinations))
    }

    /// The product with only the configurations of those variants whose id `is_included`: the rest
    /// of the product when the other variants are out of stock.
    #[must_use]
    pub fn with_only_variants(&self, is_included: impl Fn(&str) -> bool) -> Self {
        let included = self.variants.iter().filter(|variant| is_included(&variant.variant_id));
        let choices: Vec<&[(u16, u16)]> = included.map(|variant| &variant.choices[..]).collect();
        let options = |choices: &[(u16, u16)]| -> Vec<u16> {
            choices.iter().map(|(option, _)| *option).collect()
        };
        // Variants nearly always name the same options; then they form a table.
        let first = choices.first().map(|first| options(first)).unwrap_or_default();
        let is_table = choices.iter().all(|other| options(other) == first);
        if is_table && !first.is_empty() {
            let cells: Vec<u16> = choices
                .iter()
                .flat_map(|choices| choices.iter().map(|(_, value)| *value))
                .collect();
            return self.in_stock(RuleKind::Allowed(Table::new(first, &cells)));
        }
        let one_of = |(option, value): &(u16, u16)| OneOf { option: *option, values: vec![*value] };
        let condition = |choices: &&[(u16, u16)]| {
            Expression::Is(Condition(choices.iter().map(one_of).collect()))
        };
        let any = choices.iter().map(condition).collect();
        self.in_stock(RuleKind::Assert(Expression::Any(any)))
    }

    fn in_stock(&self, kind: RuleKind) -> Self {
        let (id, message) = STOCK_RULE;
        self.with_rule(id, Some(message), kind)
    }

    fn with_rule(&self, id: &str, message: Option<&str>, kind: RuleKind) -> Self {
        let mut restricted = self.clone();
        let message = message.map(str::to_owned);
        restricted.rules.push(Rule { id: id.to_owned(), message, kind });
        restricted
    }
}

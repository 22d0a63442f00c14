//! Restriction of a product to some of its variants: those that are in stock.

use crate::product::{Condition, Expression, OneOf, Product, Rule, RuleKind, Table};

/// The additional rule of a product restricted to its stock, and its message for shoppers. No
/// authored rule has this id: ids have no colon.
pub(crate) const STOCK_RULE: (&str, &str) = ("shop:in-stock", "This is not in stock.");

// === impl Product ===

impl Product {
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
        let mut restricted = self.clone();
        restricted.rules.push(Rule { id: id.to_owned(), message: Some(message.to_owned()), kind });
        restricted
    }
}

//! An authored product with every reference resolved: options and values are indices.

use std::collections::HashMap;

use domain_core::money::Money;

use super::ids::{OptionId, ValueId};
use super::selection::Selection;

/// A configurable product: options with values and prices, rules, and the variants of some
/// configurations. [`Product::parse`] or an import makes it, so every reference in it is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) currency: String,
    pub(super) base_price: Money,
    pub(super) options: Vec<ProductOption>,
    pub(super) rules: Vec<Rule>,
    pub(super) price_rules: Vec<PriceRule>,
    pub(super) variants: Vec<Variant>,
}

/// One dimension of a product: a list of values of which a configuration takes exactly one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductOption {
    /// The id, unique in the product.
    pub id: OptionId,
    /// The title for shoppers.
    pub title: String,
    /// The values, in authored order.
    pub values: Vec<OptionValue>,
    /// The default value: "nearest to the defaults" measures from it. The first value unless the
    /// author names another.
    pub default: u16,
}

/// One choice of an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionValue {
    /// The id, unique in its option.
    pub id: ValueId,
    /// The title for shoppers.
    pub title: String,
    /// The amount it adds to the price.
    pub price: Money,
}

/// A rule of a product, which every valid configuration satisfies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The id, unique in the product.
    pub id: String,
    /// The author's message for shoppers, if there is one.
    pub message: Option<String>,
    /// The content of the rule.
    pub kind: RuleKind,
}

/// The ways to state a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleKind {
    /// If the condition holds, the consequence must hold.
    Requires {
        /// The condition under which the rule applies.
        condition: Condition,
        /// The condition that must then hold.
        consequence: Condition,
    },
    /// Not all of these conditions hold at once.
    Excludes(Vec<Condition>),
    /// The options take one of these tuples.
    Allowed(Table),
    /// The options take none of these tuples.
    Forbidden(Table),
    /// The expression holds.
    Assert(Expression),
}

/// A conjunction: each named option has one of the named values. Empty holds always.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Condition(pub(super) Vec<OneOf>);

/// One option has one of these values; an empty list never holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OneOf {
    pub(super) option: u16,
    /// Ascending, without repetition.
    pub(super) values: Vec<u16>,
}

/// Tuples of values over some options, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub(super) options: Vec<u16>,
    /// Row by row, the rows ascending and without repetition.
    pub(super) cells: Vec<u16>,
}

/// A nested assertion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// At least one holds.
    Any(Vec<Expression>),
    /// All hold.
    All(Vec<Expression>),
    /// It does not hold.
    Not(Box<Expression>),
    /// The condition holds.
    Is(Condition),
}

/// An amount added to the price of every configuration in which the condition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceRule {
    pub(super) condition: Condition,
    pub(super) add: Money,
}

/// One buyable combination in Shopify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// The choices that make a configuration this variant; options it does not name are free.
    pub selection: Selection,
    /// The merchant's code.
    pub sku: String,
    /// Shopify's id of the variant: a number that may pass 2^53, hence a string.
    pub variant_id: String,
    /// Shopify's price, if that is not the price of the configuration.
    pub price: Option<Money>,
    /// Whether it is in stock according to the document.
    pub available: bool,
    /// The selection as indices, in option order.
    pub(super) choices: Vec<(u16, u16)>,
}

// === impl Product ===

impl Product {
    /// The id, as in the URL.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The title for shoppers.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The ISO 4217 code of all its prices.
    #[must_use]
    pub fn currency(&self) -> &str {
        &self.currency
    }

    /// The price before any value is chosen.
    #[must_use]
    pub fn base_price(&self) -> Money {
        self.base_price
    }

    /// The options, in authored order.
    #[must_use]
    pub fn options(&self) -> &[ProductOption] {
        &self.options
    }

    /// The rules, in authored order.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The variants, in authored order.
    #[must_use]
    pub fn variants(&self) -> &[Variant] {
        &self.variants
    }
}

// === impl Condition ===

impl Condition {
    pub(super) fn options(&self) -> impl Iterator<Item = u16> {
        self.0.iter().map(|part| part.option)
    }
}

// === impl Table ===

impl Table {
    /// A table of these rows; their order and repetition do not matter.
    pub(super) fn new(options: Vec<u16>, cells: &[u16]) -> Self {
        let mut rows: Vec<&[u16]> = cells.chunks_exact(options.len().max(1)).collect();
        rows.sort_unstable();
        rows.dedup();
        let cells = rows.concat();
        Self { options, cells }
    }

    pub(super) fn rows(&self) -> std::slice::ChunksExact<'_, u16> {
        self.cells.chunks_exact(self.options.len().max(1))
    }
}

// === impl Expression ===

impl Expression {
    /// Calls `visit` with every option that occurs.
    pub(super) fn visit_options(&self, visit: &mut impl FnMut(u16)) {
        match self {
            Self::Any(parts) | Self::All(parts) => {
                parts.iter().for_each(|part| part.visit_options(visit));
            }
            Self::Not(part) => part.visit_options(visit),
            Self::Is(condition) => condition.options().for_each(visit),
        }
    }
}

/// Option and value ids to indices.
#[derive(Debug)]
pub(super) struct Names {
    options: HashMap<OptionId, (u16, HashMap<ValueId, u16>)>,
}

// === impl Names ===

impl Names {
    pub(super) fn of(options: &[ProductOption]) -> Self {
        let value_names = |option: &ProductOption| {
            option.values.iter().zip(0..).map(|(value, index)| (value.id.clone(), index)).collect()
        };
        let named = |(option, index): (&ProductOption, u16)| {
            (option.id.clone(), (index, value_names(option)))
        };
        Self { options: options.iter().zip(0..).map(named).collect() }
    }

    pub(super) fn option(&self, id: &str) -> Option<u16> {
        self.options.get(id).map(|(index, _)| *index)
    }

    /// Index of an option, and the indices of its values.
    pub(super) fn values(&self, option: &str) -> Option<(u16, &HashMap<ValueId, u16>)> {
        self.options.get(option).map(|(index, values)| (*index, values))
    }

    /// Option and value; the value is `None` if the option has no such value.
    pub(super) fn choice(&self, option: &str, value: &str) -> Option<(u16, Option<u16>)> {
        let (index, values) = self.options.get(option)?;
        Some((*index, values.get(value).copied()))
    }
}

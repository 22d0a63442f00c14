//! What is in stock: the configurations whose variant is.

use super::Configurator;
use super::explanation::{Explanation, RuleNamed};
use super::product::{Product, Variant};
use super::resolve::Count;
use super::selection::Selection;
use super::shopify::STOCK_RULE;

/// How much of a product is in stock.
#[derive(Debug)]
pub enum Stock {
    /// Every configuration is a variant that is.
    All,
    /// No configuration is.
    Nothing,
    /// Those of this product are, with all their prices and variants: to be compiled.
    Part(Box<Product>),
}

// === impl Configurator ===

impl Configurator {
    /// How much of the product is in stock. A configuration that is no variant is not: nobody keeps
    /// count of it.
    #[must_use]
    pub fn stock(&self) -> Stock {
        let product = self.product();
        // No configuration is two variants, so none is counted twice.
        let count = |variant: &Variant| self.count(variant.choices.iter().copied());
        let in_stock = product.variants().iter().filter(|variant| variant.available);
        let in_stock: Count = in_stock.map(count).sum();
        if in_stock.is_zero() {
            return Stock::Nothing;
        }
        if in_stock == self.count([]) {
            return Stock::All;
        }
        let is_available = |id: &str| self.variant(id).is_some_and(|variant| variant.available);
        Stock::Part(Box::new(product.with_only_variants(is_available)))
    }
}

// === impl Explanation ===

impl Explanation<'_> {
    /// The same of a product of which nothing is in stock: that alone rules everything out.
    #[must_use]
    pub fn sold_out(self) -> Self {
        let (id, message) = STOCK_RULE;
        let rule = RuleNamed { id, message: Some(message) };
        let choices = Selection::default();
        Self { possible: false, choices, rules: Some(vec![rule]), repair: None, ..self }
    }
}

//! Stock of a product: the configurations whose variant is in stock.

use super::Configurator;
use super::explanation::{Explanation, RuleSummary};
use super::product::{Product, Variant};
use super::resolve::Count;
use super::selection::Selection;
use super::shopify::STOCK_RULE;

/// The part of a product that is in stock.
#[derive(Debug)]
pub enum Stock {
    /// Every configuration is a variant in stock.
    All,
    /// No configuration is in stock.
    Nothing,
    /// The configurations of this product, with their prices and variants. The caller compiles it.
    Part(Box<Product>),
}

// === impl Configurator ===

impl Configurator {
    /// The part of the product that is in stock. A configuration without a variant is not in stock:
    /// it has no inventory.
    #[must_use]
    pub fn stock(&self) -> Stock {
        let product = self.product();
        // A configuration has at most one variant, so each is counted once.
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
    /// The explanation for a product that is sold out: that alone rules every value out.
    #[must_use]
    pub fn sold_out(self) -> Self {
        let (id, message) = STOCK_RULE;
        let rule = RuleSummary { id, message: Some(message) };
        let choices = Selection::default();
        Self { possible: false, choices, rules: Some(vec![rule]), repair: None, ..self }
    }
}

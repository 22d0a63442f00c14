//! Prepares a document for storage: parses it, checks it against the shop, compiles and packs it.
//! `forecourt publish` does the same before it sends anything.

use std::sync::Arc;

use domain_catalog::{InStock, TakenVariant};
use domain_configurator::{Configurator, Limits, Product, Progress, Stock};
use domain_core::authoring::Mistake;
use edge_wire::routes::is_tracking;

use crate::caches::packed::{ARTEFACT_BYTES_MAX, pack};

/// What a document must match.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The id in the path.
    pub product: &'a str,
    /// The shop's one currency.
    pub currency: &'a str,
}

/// A compiled product, ready to be stored.
#[derive(Debug)]
pub struct Compiled {
    /// The product.
    pub configurator: Configurator,
    /// The part in stock.
    pub in_stock: InStock,
    /// Both, packed.
    pub artefact: Vec<u8>,
}

/// What a publication answers about a variant that another product sells.
pub(crate) fn sold_by(taken: &TakenVariant) -> String {
    format!("{} is sold by `{}`", taken.variant_id, taken.product)
}

/// The product in that answer.
#[must_use]
pub fn seller(message: &str) -> Option<&str> {
    message.split_once(" is sold by `")?.1.strip_suffix('`')
}

/// Parses a document and makes every check that does not need compilation.
///
/// # Errors
/// Every mistake, each with its field in the document.
pub fn read(document: &[u8], expected: Option<Expected<'_>>) -> Result<Product, Vec<Mistake>> {
    let product = Product::parse(document)?;
    let mut mistakes = Vec::new();
    if let Some(expected) = expected {
        if product.id() != expected.product {
            let message = format!("is `{}`, the path says `{}`", product.id(), expected.product);
            mistakes.push(Mistake { field: "/product".to_owned(), message });
        }
        if product.currency() != expected.currency {
            let message = format!("the shop's currency is {}", expected.currency);
            mistakes.push(Mistake { field: "/currency".to_owned(), message });
        }
    }
    for (index, option) in product.options().iter().enumerate() {
        if is_tracking(option.id.as_str()) {
            let message = format!(
                "{:?} is what links carry for advertisers, so the edge drops it from every query; \
                 take another id",
                option.id.as_str()
            );
            mistakes.push(Mistake { field: format!("/options/{index}/id"), message });
        }
    }
    if mistakes.is_empty() { Ok(product) } else { Err(mistakes) }
}

/// Compiles a product. Calls `watch` with the progress; `false` stops the compilation.
///
/// # Errors
/// The mistakes that make the product unusable, or that `watch` stopped the compilation.
pub fn compile(
    product: Product,
    watch: &mut dyn FnMut(Progress) -> bool,
) -> Result<Compiled, Vec<Mistake>> {
    let limits = Limits::default();
    let configurator = Configurator::compile_watched(product, &limits, watch)?;
    let in_stock = match configurator.stock() {
        Stock::All => InStock::All,
        Stock::Nothing => InStock::Nothing,
        Stock::Part(part) => {
            InStock::Part(Arc::new(Configurator::compile_watched(*part, &limits, watch)?))
        }
    };
    let artefact = pack(&configurator, &in_stock).map_err(|bytes| {
        let message =
            format!("the compiled product has {bytes} bytes; the limit is {ARTEFACT_BYTES_MAX}");
        vec![Mistake { field: String::new(), message }]
    })?;
    Ok(Compiled { configurator, in_stock, artefact })
}

// === impl Compiled ===

impl Compiled {
    /// Every Shopify variant id of the product.
    #[must_use]
    pub fn variant_ids(&self) -> Vec<String> {
        let variants = self.configurator.product().variants().iter();
        variants.map(|variant| variant.variant_id.clone()).collect()
    }
}

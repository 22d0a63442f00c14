//! Which product sells an item today.

use std::sync::Arc;

use domain_catalog::{Catalog, Published};
use domain_core::port::PortError;

use super::line::Offer;

/// How to find the product that sells an item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SoldBy {
    /// The item was configured: by the id of its product.
    Product(String),
    /// It was not: by the id of its Shopify variant, which another product may sell tomorrow.
    Variant(String),
}

// === impl SoldBy ===

impl SoldBy {
    /// How the item of an offer is sold.
    #[must_use]
    pub fn of(offer: &Offer) -> Self {
        match (&offer.selection, &offer.variant_id) {
            (None, Some(variant)) => Self::Variant(variant.clone()),
            _ => Self::Product(offer.product.clone()),
        }
    }

    /// The product as it is published; `None` if none sells the item.
    ///
    /// # Errors
    /// The port's.
    pub async fn product(
        &self,
        catalog: &impl Catalog,
    ) -> Result<Option<Arc<Published>>, PortError> {
        match self {
            Self::Product(product) => catalog.product(product).await,
            Self::Variant(variant) => match catalog.product_of_variant(variant).await? {
                Some(product) => catalog.product(&product).await,
                None => Ok(None),
            },
        }
    }
}

//! Published products and their variants.

use std::sync::Arc;

use domain_configurator::Configurator;
use domain_core::event::{Event, Kind};
use domain_core::port::PortError;
use serde::{Deserialize, Serialize};

/// A published product: compiled, immutable, shared.
#[derive(Debug, Clone)]
pub struct Published {
    /// The number of this publication of the product; the first is 1.
    pub version: u64,
    /// The compiled product.
    pub configurator: Arc<Configurator>,
    /// The part that is in stock.
    pub in_stock: InStock,
}

/// The part of a product that is in stock, compiled.
#[derive(Debug, Clone)]
pub enum InStock {
    /// The whole product.
    All,
    /// No configuration.
    Nothing,
    /// The configurations of this one.
    Part(Arc<Configurator>),
}

/// Reads published products.
pub trait Catalog: Send + Sync {
    /// The newest active version of a product.
    fn product(
        &self,
        product: &str,
    ) -> impl Future<Output = Result<Option<Arc<Published>>, PortError>> + Send;

    /// Which product last claimed a Shopify variant id; the product itself has the final say.
    fn product_of_variant(
        &self,
        variant_id: &str,
    ) -> impl Future<Output = Result<Option<String>, PortError>> + Send;
}

/// The outcome of a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Publication {
    /// The product is published: its newest version is active.
    Published {
        /// The version number.
        version: u64,
    },
    /// The version that the author based the change on is no longer the newest.
    Conflict,
    /// Another live product sells these variants.
    VariantsTaken(Vec<TakenVariant>),
}

/// A variant that another product sells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenVariant {
    /// Shopify's variant id.
    pub variant_id: String,
    /// The product that sells it.
    pub product: String,
}

/// The detail of a `configurator.published` event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedEvent {
    /// The product's id.
    pub product: String,
    /// The version that is now active.
    pub version: u64,
    /// Whether the product was withdrawn instead; the version was the active one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withdrawn: bool,
}

/// A resource that public responses depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicContent {
    /// A product, by its id.
    Product(String),
    /// The loyalty program.
    Program,
}

/// The caches at the edge.
pub trait EdgeCache: Send + Sync {
    /// Invalidates every public response that depends on these resources.
    fn invalidate(
        &self,
        contents: &[PublicContent],
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}

// === impl PublicContent ===

impl PublicContent {
    /// The cache tag of public responses that depend on it.
    #[must_use]
    pub fn tag(&self) -> String {
        match self {
            Self::Product(id) => format!("product:{id}"),
            Self::Program => "program".to_owned(),
        }
    }
}

// === impl PublishedEvent ===

impl PublishedEvent {
    /// The event in its published form.
    ///
    /// # Panics
    /// Never: a name and a number always have a JSON form.
    #[must_use]
    pub fn to_event(&self) -> Event {
        let detail = serde_json::to_string(self).expect("a name and a number have a JSON form");
        Event { kind: Kind::ConfiguratorPublished, detail }
    }
}

//! Published products: document and compiled product as blobs, a pointer to the active version, an
//! item per version, and a claim per variant. Publishing and activating are in `publish`.

mod claims;
mod expiry;
mod publish;

use std::sync::Arc;

use domain_core::port::{Consistency, PortError};
use domain_core::time::Time;
use serde::{Deserialize, Serialize};

pub use publish::{Activation, NewVersion};

use crate::error::corrupt;
use crate::repositories::blobs::{BlobRef, BlobRepository};
use crate::repositories::document::decode;
use crate::table::{Item, ItemKey, Page, Range, SharedTable};

/// How many versions of a product are stored and listed: the newest, and the active one if it is
/// not among them. Enough for a shop that publishes twice a day to go back a month and a half.
pub const VERSIONS_RETAINED_MAX: usize = 100;
/// The item version of a deleted version, in place of its own number.
const DELETED: u64 = 0;

/// The products in the hot table.
#[derive(Debug, Clone)]
pub struct CatalogRepository {
    table: SharedTable,
    blobs: BlobRepository,
}

/// One version of a product, as its author sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredProduct {
    /// Counts publications of this product; the first is 1.
    pub version: u64,
    /// The authoring document, byte for byte.
    pub document: Vec<u8>,
}

/// A version without its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductVersion {
    /// Its number.
    pub version: u64,
    /// Its document.
    pub blob: BlobRef,
    /// The compiled product; absent in versions of a release that stored none.
    #[serde(default)]
    pub artefact: Option<BlobRef>,
    /// When it was published; absent in versions of a release that did not record it.
    #[serde(default)]
    pub published_at: Option<Time>,
}

/// The document of the pointer to the active version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Pointer {
    /// The active version; its fields are stored beside those below.
    #[serde(flatten)]
    active: ProductVersion,
    /// The newest version, active or not; absent: the active one.
    #[serde(default)]
    newest: Option<u64>,
    /// The version active before, 0 if there was none; absent: the one before by number.
    #[serde(default)]
    replaced: Option<u64>,
}

/// The active version of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveVersion {
    /// Counts the activations of this product: a roll-back is later than the version it replaces.
    pub sequence: u64,
    /// The version.
    pub version: ProductVersion,
    newest: u64,
    replaced: u64,
}

/// The document of a variant item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Claim {
    product: String,
}

// === impl CatalogRepository ===

impl CatalogRepository {
    /// Products in these tables.
    #[must_use]
    pub fn new(table: &SharedTable) -> Self {
        Self { table: Arc::clone(table), blobs: BlobRepository::new(table) }
    }

    /// The active version of a product with its document.
    ///
    /// # Errors
    /// The table's failure, or a damaged document.
    pub async fn current(
        &self,
        product: &str,
        consistency: Consistency,
    ) -> Result<Option<StoredProduct>, PortError> {
        match self.active_version(product, consistency).await? {
            Some(active) => self.stored(active.version).await.map(Some),
            None => Ok(None),
        }
    }

    /// The active version without its content: one small read shows whether it has changed.
    ///
    /// # Errors
    /// The table's failure.
    pub async fn active_version(
        &self,
        product: &str,
        consistency: Consistency,
    ) -> Result<Option<ActiveVersion>, PortError> {
        let item = self.table.get(&ItemKey::Product { product }.key(), consistency).await?;
        item.as_ref().map(active_version).transpose()
    }

    /// One version of a product, active or not.
    ///
    /// # Errors
    /// The table's failure, or a damaged document.
    pub async fn version(
        &self,
        product: &str,
        version: u64,
    ) -> Result<Option<StoredProduct>, PortError> {
        match self.version_item(product, version).await? {
            Some(version) => self.stored(version).await.map(Some),
            None => Ok(None),
        }
    }

    /// The compiled product of a version, as the caller of `publish` passed it. `None` if there is
    /// no such version, or a release that stored none published it.
    ///
    /// # Errors
    /// The table's failure, or a damaged artefact.
    pub async fn artefact(
        &self,
        product: &str,
        version: u64,
    ) -> Result<Option<Vec<u8>>, PortError> {
        let item = self.version_item(product, version).await?;
        match item.and_then(|version| version.artefact) {
            Some(blob) => self.blobs.read(&blob).await.map(Some),
            None => Ok(None),
        }
    }

    /// The newest [`VERSIONS_RETAINED_MAX`] versions of a product, newest first.
    ///
    /// # Errors
    /// The table's failure.
    pub async fn versions(&self, product: &str) -> Result<Vec<ProductVersion>, PortError> {
        let page = Page {
            range: Range::product_versions(product),
            before: None,
            items_max: VERSIONS_RETAINED_MAX,
            consistency: Consistency::Strong,
        };
        let items = self.table.query(&page).await?;
        items.iter().filter(is_retained).map(product_version).collect()
    }

    /// The product that last claimed a variant. Only its document shows whether it sells it.
    ///
    /// # Errors
    /// The table's failure.
    pub async fn product_of_variant(&self, variant_id: &str) -> Result<Option<String>, PortError> {
        let key = ItemKey::Variant { variant_id }.key();
        let item = self.table.get(&key, Consistency::Eventual).await?;
        item.map(|item| Ok(decode::<Claim>("claim", &item.document)?.product)).transpose()
    }

    async fn version_item(
        &self,
        product: &str,
        version: u64,
    ) -> Result<Option<ProductVersion>, PortError> {
        let key = ItemKey::ProductVersion { product, version }.key();
        let item = self.table.get(&key, Consistency::Strong).await?;
        item.as_ref().filter(is_retained).map(product_version).transpose()
    }

    async fn stored(&self, version: ProductVersion) -> Result<StoredProduct, PortError> {
        let document = self.blobs.read(&version.blob).await?;
        Ok(StoredProduct { version: version.version, document })
    }
}

fn is_retained(item: &&Item) -> bool {
    item.version != DELETED
}

fn product_version(item: &Item) -> Result<ProductVersion, PortError> {
    let product: ProductVersion = decode("product", &item.document)?;
    if item.version == product.version {
        Ok(product)
    } else {
        Err(corrupt("product", "two versions"))
    }
}

fn active_version(item: &Item) -> Result<ActiveVersion, PortError> {
    let Pointer { active, newest, replaced } = decode("product", &item.document)?;
    Ok(ActiveVersion {
        sequence: item.version,
        newest: newest.unwrap_or(active.version),
        replaced: replaced.unwrap_or(active.version.saturating_sub(1)),
        version: active,
    })
}

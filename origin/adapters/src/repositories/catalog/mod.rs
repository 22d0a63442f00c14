//! Published products: document and compiled product as blobs, a pointer to the active version, an
//! item per version, and a claim per variant. `store` has the writes of a publication.

mod store;

use std::sync::Arc;

use domain_catalog::{
    ActiveVersion, CatalogStore as _, ProductVersion, PublishedEvent, VERSIONS_RETAINED_MAX,
};
use domain_core::port::{Consistency, PortError};
use domain_staff::StaffAct;
use serde::{Deserialize, Serialize};

use self::store::{active_version, is_retained, product_version};
use crate::repositories::blobs::BlobRepository;
use crate::repositories::document::{decode, stored};
use crate::table::{ItemKey, Page, Range, SharedTable, index_after_products, index_of_product};

/// The item version of a deleted version, in place of its own number.
const DELETED: u64 = 0;

/// The products in the hot table.
#[derive(Debug, Clone)]
pub struct CatalogRepository {
    table: SharedTable,
    blobs: BlobRepository,
    act: Option<StaffAct>,
}

/// One version of a product, as its author sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredProduct {
    /// Counts publications of this product; the first is 1.
    pub version: u64,
    /// The authoring document, byte for byte.
    pub document: Vec<u8>,
}

/// A product that is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedProduct {
    /// Its id.
    pub product: String,
    /// The version.
    pub version: ProductVersion,
}

/// Most products of one page.
pub const PRODUCTS_MAX: usize = 100;

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
    /// Whether the product is withdrawn.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    withdrawn: bool,
}

/// The document of a variant item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct StoredClaim {
    product: String,
}

stored!(ProductVersion, Pointer, StoredClaim, PublishedEvent);

// === impl CatalogRepository ===

impl CatalogRepository {
    /// Products in these tables.
    #[must_use]
    pub fn new(table: &SharedTable) -> Self {
        Self { table: Arc::clone(table), blobs: BlobRepository::new(table), act: None }
    }

    /// The same, changed by this act of staff: each activation is written with its entry in the
    /// audit log.
    #[must_use]
    pub fn on_behalf_of(&self, act: StaffAct) -> Self {
        Self { act: Some(act), ..self.clone() }
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
        let active = self.active_version(product, consistency).await?;
        match active.as_ref().and_then(ActiveVersion::served) {
            Some(served) => self.stored(served.clone()).await.map(Some),
            None => Ok(None),
        }
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
        match self.stored_version(product, version).await? {
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
        let item = self.stored_version(product, version).await?;
        match item.and_then(|version| version.artefact) {
            Some(blob) => self.blobs.read(&blob).await.map(Some),
            None => Ok(None),
        }
    }

    /// At most [`PRODUCTS_MAX`] products before this one, the last id first. Products that no release
    /// since the list exists has activated are missing.
    ///
    /// # Errors
    /// The table's failure.
    pub async fn products(&self, before: Option<&str>) -> Result<Vec<ServedProduct>, PortError> {
        let before = before.map_or_else(index_after_products, index_of_product);
        let keys = self.table.query_index(&before, PRODUCTS_MAX).await?;
        let items = self.table.batch_get(&keys).await?;
        let served =
            keys.iter().filter_map(|key| Some((key.pk.split_once('/')?.1, items.get(key)?)));
        let product = |(product, item): (&str, _)| {
            let version = active_version(item)?.version;
            Ok(ServedProduct { product: product.to_owned(), version })
        };
        served.map(product).collect()
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
        item.map(|item| Ok(decode::<StoredClaim>("claim", &item.document)?.product)).transpose()
    }

    async fn stored(&self, version: ProductVersion) -> Result<StoredProduct, PortError> {
        let document = self.blobs.read(&version.blob).await?;
        Ok(StoredProduct { version: version.version, document })
    }
}

//! Published products: the document as a blob, a pointer to the served version, every version kept,
//! and a claim per variant. Publishing is in `publish`.

mod claims;
mod publish;

use origin_domain::port::{Consistency, PortError};
use serde::{Deserialize, Serialize};

pub use publish::NewVersion;

use crate::aws::Aws;
use crate::blobs::{BlobRef, DynamoBlobs};
use crate::document::decode;
use crate::error::corrupt;
use crate::item::Item;
use crate::keys::{Key, Range, Shape};
use crate::tables::Page;

/// Most versions listed; older ones can still be read by number.
pub const VERSIONS_LISTED_MAX: usize = 100;

/// The products in the hot table.
#[derive(Debug, Clone)]
pub struct DynamoCatalog {
    aws: Aws,
    blobs: DynamoBlobs,
}

/// One version of a product, as its author sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredProduct {
    /// Counts publications of this product; the first is 1.
    pub version: u64,
    /// The authoring document, byte for byte.
    pub document: Vec<u8>,
}

/// What a pointer or a version item holds; also what is known of a version without reading it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductVersion {
    /// Its number.
    pub version: u64,
    /// Its document.
    pub blob: BlobRef,
}

/// What a variant item holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Claim {
    product: String,
}

// === impl DynamoCatalog ===

impl DynamoCatalog {
    /// Products in these tables.
    #[must_use]
    pub fn new(aws: &Aws) -> Self {
        Self { aws: aws.clone(), blobs: DynamoBlobs::new(aws) }
    }

    /// The served version of a product.
    ///
    /// # Errors
    /// The table's failure, or a damaged document.
    pub async fn current(
        &self,
        product: &str,
        consistency: Consistency,
    ) -> Result<Option<StoredProduct>, PortError> {
        match self.current_version(product, consistency).await? {
            Some(version) => self.stored(version).await.map(Some),
            None => Ok(None),
        }
    }

    /// The served version without its document: one small read tells whether anything is new.
    ///
    /// # Errors
    /// The table's failure.
    pub async fn current_version(
        &self,
        product: &str,
        consistency: Consistency,
    ) -> Result<Option<ProductVersion>, PortError> {
        self.version_at(&Shape::Product { product }.key(), consistency).await
    }

    /// One version of a product, served or not.
    ///
    /// # Errors
    /// The table's failure, or a damaged document.
    pub async fn version(
        &self,
        product: &str,
        version: u64,
    ) -> Result<Option<StoredProduct>, PortError> {
        let key = Shape::ProductVersion { product, version }.key();
        match self.version_at(&key, Consistency::Strong).await? {
            Some(version) => self.stored(version).await.map(Some),
            None => Ok(None),
        }
    }

    /// The newest [`VERSIONS_LISTED_MAX`] versions of a product, newest first.
    ///
    /// # Errors
    /// The table's failure.
    pub async fn versions(&self, product: &str) -> Result<Vec<ProductVersion>, PortError> {
        let page = Page {
            range: Range::product_versions(product),
            before: None,
            items_max: VERSIONS_LISTED_MAX,
            consistency: Consistency::Strong,
        };
        self.aws.query(page).await?.iter().map(product_version).collect()
    }

    /// Which product last claimed a variant. Whether it sells it, its document says.
    ///
    /// # Errors
    /// The table's failure.
    pub async fn product_of_variant(&self, variant_id: &str) -> Result<Option<String>, PortError> {
        let key = Shape::Variant { variant_id }.key();
        let item = self.aws.get(&key, Consistency::Eventual).await?;
        item.map(|item| Ok(decode::<Claim>("claim", &item.document)?.product)).transpose()
    }

    async fn version_at(
        &self,
        key: &Key,
        consistency: Consistency,
    ) -> Result<Option<ProductVersion>, PortError> {
        self.aws.get(key, consistency).await?.as_ref().map(product_version).transpose()
    }

    async fn stored(&self, version: ProductVersion) -> Result<StoredProduct, PortError> {
        let document = self.blobs.read(&version.blob).await?;
        Ok(StoredProduct { version: version.version, document })
    }
}

fn product_version(item: &Item) -> Result<ProductVersion, PortError> {
    let product: ProductVersion = decode("product", &item.document)?;
    if item.version == product.version {
        Ok(product)
    } else {
        Err(corrupt("product", "two versions"))
    }
}

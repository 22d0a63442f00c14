//! Published products: document and compiled product as blobs, a pointer to the served version,
//! every version kept, and a claim per variant. Publishing and activating are in `publish`.

mod claims;
mod forget;
mod publish;

use origin_domain::port::{Consistency, PortError};
use origin_domain::time::Time;
use serde::{Deserialize, Serialize};

pub use publish::{Activation, NewVersion};

use crate::aws::Aws;
use crate::blobs::{BlobRef, DynamoBlobs};
use crate::document::decode;
use crate::error::corrupt;
use crate::item::Item;
use crate::keys::{ItemKey, Range};
use crate::tables::Page;

/// How many versions of a product are kept, and listed: the newest, and the served one if it is none
/// of them. Enough for a shop that publishes twice a day to go back a month and a half.
pub const VERSIONS_KEPT_MAX: usize = 100;
/// What a version that is kept no longer has instead of its own number.
const FORGOTTEN: u64 = 0;

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

/// What is known of a version without reading it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductVersion {
    /// Its number.
    pub version: u64,
    /// Its document.
    pub blob: BlobRef,
    /// The product compiled; a release that stored none left it out.
    #[serde(default)]
    pub artefact: Option<BlobRef>,
    /// When it was published, if the release that did noted it.
    #[serde(default)]
    pub published_at: Option<Time>,
}

/// What the pointer to the served version holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Pointer {
    /// What is served; its fields stand where those of a version do.
    #[serde(flatten)]
    served: ProductVersion,
    /// The newest version, served or not; absent: the served one.
    #[serde(default)]
    newest: Option<u64>,
    /// The version served before, 0 if none was; absent: the one before by number.
    #[serde(default)]
    replaced: Option<u64>,
}

/// The version a product is served in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// Counts what was ever activated for this product: a roll-back is later than what it undoes.
    pub sequence: u64,
    /// What is served.
    pub version: ProductVersion,
    newest: u64,
    replaced: u64,
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
        match self.served(product, consistency).await? {
            Some(served) => self.stored(served.version).await.map(Some),
            None => Ok(None),
        }
    }

    /// The served version without its content: one small read tells whether anything is new.
    ///
    /// # Errors
    /// The table's failure.
    pub async fn served(
        &self,
        product: &str,
        consistency: Consistency,
    ) -> Result<Option<Served>, PortError> {
        let item = self.aws.get(&ItemKey::Product { product }.key(), consistency).await?;
        item.as_ref().map(served).transpose()
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
        match self.version_item(product, version).await? {
            Some(version) => self.stored(version).await.map(Some),
            None => Ok(None),
        }
    }

    /// The compiled product of a version, as it was handed in. `None` if the version is not there,
    /// or was published by a release that stored none.
    ///
    /// # Errors
    /// The table's failure, or a damaged artefact.
    pub async fn artefact(
        &self,
        product: &str,
        version: u64,
    ) -> Result<Option<Vec<u8>>, PortError> {
        let found = self.version_item(product, version).await?;
        match found.and_then(|version| version.artefact) {
            Some(blob) => self.blobs.read(&blob).await.map(Some),
            None => Ok(None),
        }
    }

    /// The newest [`VERSIONS_KEPT_MAX`] versions of a product, newest first.
    ///
    /// # Errors
    /// The table's failure.
    pub async fn versions(&self, product: &str) -> Result<Vec<ProductVersion>, PortError> {
        let page = Page {
            range: Range::product_versions(product),
            before: None,
            items_max: VERSIONS_KEPT_MAX,
            consistency: Consistency::Strong,
        };
        let items = self.aws.query(page).await?;
        items.iter().filter(is_kept).map(product_version).collect()
    }

    /// Which product last claimed a variant. Whether it sells it, its document says.
    ///
    /// # Errors
    /// The table's failure.
    pub async fn product_of_variant(&self, variant_id: &str) -> Result<Option<String>, PortError> {
        let key = ItemKey::Variant { variant_id }.key();
        let item = self.aws.get(&key, Consistency::Eventual).await?;
        item.map(|item| Ok(decode::<Claim>("claim", &item.document)?.product)).transpose()
    }

    async fn version_item(
        &self,
        product: &str,
        version: u64,
    ) -> Result<Option<ProductVersion>, PortError> {
        let key = ItemKey::ProductVersion { product, version }.key();
        let item = self.aws.get(&key, Consistency::Strong).await?;
        item.as_ref().filter(is_kept).map(product_version).transpose()
    }

    async fn stored(&self, version: ProductVersion) -> Result<StoredProduct, PortError> {
        let document = self.blobs.read(&version.blob).await?;
        Ok(StoredProduct { version: version.version, document })
    }
}

fn is_kept(item: &&Item) -> bool {
    item.version != FORGOTTEN
}

fn product_version(item: &Item) -> Result<ProductVersion, PortError> {
    let product: ProductVersion = decode("product", &item.document)?;
    if item.version == product.version {
        Ok(product)
    } else {
        Err(corrupt("product", "two versions"))
    }
}

fn served(item: &Item) -> Result<Served, PortError> {
    let Pointer { served, newest, replaced } = decode("product", &item.document)?;
    Ok(Served {
        sequence: item.version,
        newest: newest.unwrap_or(served.version),
        replaced: replaced.unwrap_or(served.version.saturating_sub(1)),
        version: served,
    })
}

//! The port of publishing: versions, claims and their content.

use std::collections::BTreeMap;

use domain_core::blob::BlobRef;
use domain_core::port::{Consistency, PortError, Written};
use domain_core::time::Time;
use serde::{Deserialize, Serialize};

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

/// The active version of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveVersion {
    /// Counts the activations of this product: a roll-back is later than the version it replaces.
    pub sequence: u64,
    /// The version.
    pub version: ProductVersion,
    /// The number of the newest version, active or not.
    pub newest: u64,
    /// The number of the version active before; 0: none.
    pub replaced: u64,
    /// Whether the product was withdrawn since: then it is not served, and sells no variant.
    pub is_withdrawn: bool,
}

/// Counts the writes that may change which product sells a variant; `None`: there was none yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch(pub Option<u64>);

/// A product's claim of a variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The product that last claimed the variant.
    pub product: String,
    /// Counts the claims of this variant.
    pub number: u64,
}

/// A version that is older than those that stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldVersion {
    /// The version.
    pub version: ProductVersion,
    /// Whether it is marked as deleted, and only its content is still stored.
    pub is_deleted: bool,
}

/// Claims of one product, written together.
#[derive(Debug)]
pub struct ClaimChange<'a> {
    /// The product.
    pub product: &'a str,
    /// The variants, each with the number of the claim that it replaces.
    pub claims: &'a [(String, Option<u64>)],
    /// The epoch to advance, on condition that it is still this one; `None`: no claim is replaced.
    pub epoch: Option<Epoch>,
}

/// An activation, written as a whole or not at all.
#[derive(Debug)]
pub struct ActivationChange<'a> {
    /// The product.
    pub product: &'a str,
    /// The new active version; its sequence follows the one that was read.
    pub active: &'a ActiveVersion,
    /// Whether the version is new. Otherwise it must still be stored.
    pub is_new: bool,
    /// The epoch to advance, on condition that it is still this one.
    pub epoch: Epoch,
    /// The versions to mark as deleted, which must still be stored.
    pub deleted: &'a [ProductVersion],
}

/// Stores versions of products and claims of variants.
pub trait CatalogStore: Send + Sync {
    /// The epoch, strongly consistent.
    fn epoch(&self) -> impl Future<Output = Result<Epoch, PortError>> + Send;

    /// The active version of a product.
    fn active_version(
        &self,
        product: &str,
        consistency: Consistency,
    ) -> impl Future<Output = Result<Option<ActiveVersion>, PortError>> + Send;

    /// A stored version that is not marked as deleted, strongly consistent.
    fn stored_version(
        &self,
        product: &str,
        version: u64,
    ) -> impl Future<Output = Result<Option<ProductVersion>, PortError>> + Send;

    /// At most `limit` stored versions with numbers below `before`, newest first, strongly
    /// consistent. A deleted version whose content is gone is left out.
    fn versions_before(
        &self,
        product: &str,
        before: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<OldVersion>, PortError>> + Send;

    /// The claims of these variants, strongly consistent; those never claimed are left out.
    fn claims(
        &self,
        variant_ids: &[&str],
    ) -> impl Future<Output = Result<BTreeMap<String, Claim>, PortError>> + Send;

    /// Writes at most [`super::CLAIMS_AT_ONCE_MAX`] claims; a conflict if one of its conditions fails.
    fn claim(
        &self,
        change: &ClaimChange<'_>,
    ) -> impl Future<Output = Result<Written, PortError>> + Send;

    /// Writes an activation; a conflict if one of its conditions fails.
    fn activate(
        &self,
        change: &ActivationChange<'_>,
    ) -> impl Future<Output = Result<Written, PortError>> + Send;

    /// The reference that [`Self::write_content`] returns for this content.
    fn content_ref(&self, owner: &str, content: &[u8]) -> BlobRef;

    /// Stores content for an owner. Storing the same again changes nothing.
    fn write_content(
        &self,
        owner: &str,
        content: &[u8],
    ) -> impl Future<Output = Result<BlobRef, PortError>> + Send;

    /// Reads content back.
    fn read_content(
        &self,
        blob: &BlobRef,
    ) -> impl Future<Output = Result<Vec<u8>, PortError>> + Send;

    /// Deletes the content of a version that is marked as deleted.
    fn delete_content(
        &self,
        product: &str,
        version: &ProductVersion,
        now: Time,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Waits before a further attempt, longer with each one.
    fn back_off(&self, attempt: u32) -> impl Future<Output = ()> + Send;
}

// === impl ActiveVersion ===

impl ActiveVersion {
    /// The version that is served; `None` if the product is withdrawn.
    #[must_use]
    pub fn served(&self) -> Option<&ProductVersion> {
        (!self.is_withdrawn).then_some(&self.version)
    }
}

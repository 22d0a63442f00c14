//! Deletes old versions: in the transaction that publishes a new one, so that no activation uses a
//! version that is being deleted. The item of a deleted version names its blobs until they are
//! emptied: after a crash, the next publication empties them.

use domain_core::port::{Consistency, PortError};
use domain_core::time::Time;

use super::{
    CatalogRepository, DELETED, ProductVersion, VERSIONS_RETAINED_MAX, is_retained, product_version,
};
use crate::repositories::document::{decode, encode};
use crate::table::{Guard, Item, ItemKey, Page, Put, Range};

/// Most versions that one publication deletes: more than one only after one was active for long.
const DELETED_AT_ONCE_MAX: usize = 4;
/// How many old versions a publication reads. Besides those to delete and the active one there are
/// the emptied ones that the table has not deleted yet, which takes it days.
const OLD_VERSIONS_READ_MAX: usize = 25;

/// The versions that a publication deletes.
pub(super) struct Expired {
    /// The versions it marks as deleted.
    pub(super) old: Vec<ProductVersion>,
    /// Those deleted before whose content is still stored.
    not_emptied: Vec<ProductVersion>,
}

// === impl CatalogRepository ===

impl CatalogRepository {
    /// The versions that are too old once `newest` is published, without the active one: an
    /// instance may still be about to load it.
    pub(super) async fn expired(
        &self,
        product: &str,
        newest: u64,
        active: u64,
    ) -> Result<Expired, PortError> {
        let mut expired = Expired { old: Vec::new(), not_emptied: Vec::new() };
        let Some(oldest_retained) = (newest + 1).checked_sub(VERSIONS_RETAINED_MAX as u64) else {
            return Ok(expired);
        };
        let page = Page {
            range: Range::product_versions(product),
            before: Some(ItemKey::ProductVersion { product, version: oldest_retained }.key()),
            items_max: OLD_VERSIONS_READ_MAX,
            consistency: Consistency::Strong,
        };
        for item in self.table.query(&page).await? {
            if is_retained(&&item) {
                expired.old.push(product_version(&item)?);
            } else if !item.document.is_empty() {
                expired.not_emptied.push(decode("product", &item.document)?);
            }
        }
        expired.old.retain(|version| version.version != active);
        expired.old.truncate(DELETED_AT_ONCE_MAX);
        Ok(expired)
    }

    /// Empties the blobs of the deleted versions. This does not affect the active version, so the
    /// next publication retries a failure.
    pub(super) async fn empty(&self, product: &str, expired: &Expired, now: Time) {
        for version in expired.old.iter().chain(&expired.not_emptied) {
            // Its item still names the blobs.
            let _ = self.empty_one(product, version, now).await;
        }
    }

    async fn empty_one(
        &self,
        product: &str,
        version: &ProductVersion,
        now: Time,
    ) -> Result<(), PortError> {
        for blob in std::iter::once(&version.blob).chain(&version.artefact) {
            self.blobs.delete(blob, now).await?;
        }
        let emptied = Put {
            key: ItemKey::ProductVersion { product, version: version.version }.key(),
            item: Item::new(DELETED, Vec::new()).expiring(now),
            guard: Guard::Version(DELETED),
        };
        self.table.put(&emptied).await.map(|_| ())
    }
}

/// The write that marks a version as deleted.
pub(super) fn mark_deleted(product: &str, version: &ProductVersion) -> Put {
    let number = version.version;
    Put {
        key: ItemKey::ProductVersion { product, version: number }.key(),
        item: Item::new(DELETED, encode(version)),
        guard: Guard::Version(number),
    }
}

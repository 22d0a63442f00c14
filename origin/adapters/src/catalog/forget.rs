//! Forgetting old versions: in the transaction that publishes a new one, so that nobody activates
//! what is being forgotten; their content is emptied after.

use origin_domain::port::{Consistency, PortError};
use origin_domain::time::Time;

use super::{
    DynamoCatalog, FORGOTTEN, ProductVersion, VERSIONS_KEPT_MAX, is_kept, product_version,
};
use crate::item::{Guard, Item, Put};
use crate::keys::{Range, Shape};
use crate::tables::Page;

/// Most versions that one publication forgets: more than one only after it was served for long.
const FORGOTTEN_AT_ONCE_MAX: usize = 4;

// === impl DynamoCatalog ===

impl DynamoCatalog {
    /// The versions that are too old once `newest` is published, but for the one that is served:
    /// an instance may still be about to load it.
    pub(super) async fn too_old(
        &self,
        product: &str,
        newest: u64,
        served: u64,
    ) -> Result<Vec<ProductVersion>, PortError> {
        let Some(oldest_kept) = (newest + 1).checked_sub(VERSIONS_KEPT_MAX as u64) else {
            return Ok(Vec::new());
        };
        let page = Page {
            range: Range::product_versions(product),
            before: Some(Shape::ProductVersion { product, version: oldest_kept }.key()),
            // One of them may be served.
            items_max: FORGOTTEN_AT_ONCE_MAX + 1,
            consistency: Consistency::Strong,
        };
        let found = self.aws.query(page).await?;
        let versions: Vec<ProductVersion> =
            found.iter().filter(is_kept).map(product_version).collect::<Result<_, _>>()?;
        let old = versions.into_iter().filter(|version| version.version != served);
        Ok(old.take(FORGOTTEN_AT_ONCE_MAX).collect())
    }

    /// Empties what the forgotten versions held. It has no more to say in what is served, so a
    /// failure only leaves chunks behind.
    pub(super) async fn empty(&self, forgotten: &[ProductVersion], now: Time) {
        for version in forgotten {
            for blob in std::iter::once(&version.blob).chain(&version.artefact) {
                // What is left over costs a little storage.
                let _ = self.blobs.forget(blob, now).await;
            }
        }
    }
}

/// The write that forgets a version.
pub(super) fn forget(product: &str, version: &ProductVersion, now: Time) -> Put {
    let number = version.version;
    Put {
        key: Shape::ProductVersion { product, version: number }.key(),
        item: Item::new(FORGOTTEN, Vec::new()).expiring(now),
        guard: Guard::Version(number),
    }
}

//! Forgetting old versions: in the transaction that publishes a new one, so that nobody activates
//! what is being forgotten. What a forgotten version held stays named in its item until it is
//! emptied: whoever publishes next empties what somebody who died has left.

use origin_domain::port::{Consistency, PortError};
use origin_domain::time::Time;

use super::{
    DynamoCatalog, FORGOTTEN, ProductVersion, VERSIONS_KEPT_MAX, is_kept, product_version,
};
use crate::document::{decode, encode};
use crate::item::{Guard, Item, Put};
use crate::keys::{ItemKey, Range};
use crate::tables::Page;

/// Most versions that one publication forgets: more than one only after it was served for long.
const FORGOTTEN_AT_ONCE_MAX: usize = 4;
/// How many old versions a publication looks at. Besides those to forget and the served one there
/// are the emptied ones that the table has not deleted yet, which takes it days.
const LOOKED_AT_MAX: usize = 25;

/// What leaves the shelf with a publication.
pub(super) struct Leaving {
    /// The versions it forgets.
    pub(super) old: Vec<ProductVersion>,
    /// Those forgotten before whose content is still there.
    left_over: Vec<ProductVersion>,
}

// === impl DynamoCatalog ===

impl DynamoCatalog {
    /// The versions that are too old once `newest` is published, but for the one that is served:
    /// an instance may still be about to load it.
    pub(super) async fn leaving(
        &self,
        product: &str,
        newest: u64,
        served: u64,
    ) -> Result<Leaving, PortError> {
        let mut leaving = Leaving { old: Vec::new(), left_over: Vec::new() };
        let Some(oldest_kept) = (newest + 1).checked_sub(VERSIONS_KEPT_MAX as u64) else {
            return Ok(leaving);
        };
        let page = Page {
            range: Range::product_versions(product),
            before: Some(ItemKey::ProductVersion { product, version: oldest_kept }.key()),
            items_max: LOOKED_AT_MAX,
            consistency: Consistency::Strong,
        };
        for item in self.aws.query(page).await? {
            if is_kept(&&item) {
                leaving.old.push(product_version(&item)?);
            } else if !item.document.is_empty() {
                leaving.left_over.push(decode("product", &item.document)?);
            }
        }
        leaving.old.retain(|version| version.version != served);
        leaving.old.truncate(FORGOTTEN_AT_ONCE_MAX);
        Ok(leaving)
    }

    /// Empties what the forgotten versions held. It has no more to say in what is served, so what
    /// fails is left to the next publication.
    pub(super) async fn empty(&self, product: &str, leaving: &Leaving, now: Time) {
        for version in leaving.old.iter().chain(&leaving.left_over) {
            // Its item still names what is there.
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
            self.blobs.forget(blob, now).await?;
        }
        let emptied = Put {
            key: ItemKey::ProductVersion { product, version: version.version }.key(),
            item: Item::new(FORGOTTEN, Vec::new()).expiring(now),
            guard: Guard::Version(FORGOTTEN),
        };
        self.aws.put(&emptied).await.map(|_| ())
    }
}

/// The write that forgets a version.
pub(super) fn forget(product: &str, version: &ProductVersion) -> Put {
    let number = version.version;
    Put {
        key: ItemKey::ProductVersion { product, version: number }.key(),
        item: Item::new(FORGOTTEN, encode(version)),
        guard: Guard::Version(number),
    }
}

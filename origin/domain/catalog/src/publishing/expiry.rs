//! Which old versions a publication deletes: in the transaction that publishes the new one, so that
//! no activation uses a version that is being deleted. A deleted version names its content until
//! that is deleted, too: after a crash, the next publication does it.

use domain_core::port::PortError;
use domain_core::time::Time;

use super::store::{CatalogStore, ProductVersion};

/// How many versions of a product are stored and listed: the newest, and the active one if it is
/// not among them. Enough for a shop that publishes twice a day to go back a month and a half.
pub const VERSIONS_RETAINED_MAX: usize = 100;
/// Most versions that one publication deletes: more than one only after one was active for long.
const DELETED_AT_ONCE_MAX: usize = 4;
/// How many old versions a publication reads. Besides those to delete and the active one there are
/// those without content that the table has not deleted yet, which takes it days.
const OLD_VERSIONS_READ_MAX: usize = 25;

/// The versions that a publication deletes.
#[derive(Default)]
pub(super) struct Expired {
    /// The versions it marks as deleted.
    pub(super) old: Vec<ProductVersion>,
    /// Those deleted before whose content is still stored.
    with_content: Vec<ProductVersion>,
}

/// The versions that are too old once `newest` is published, without the active one: an instance may
/// still be about to load it.
pub(super) async fn expired<S: CatalogStore>(
    store: &S,
    product: &str,
    newest: u64,
    active: u64,
) -> Result<Expired, PortError> {
    let mut expired = Expired::default();
    let Some(oldest_retained) = (newest + 1).checked_sub(VERSIONS_RETAINED_MAX as u64) else {
        return Ok(expired);
    };
    for old in store.versions_before(product, oldest_retained, OLD_VERSIONS_READ_MAX).await? {
        let versions = if old.is_deleted { &mut expired.with_content } else { &mut expired.old };
        versions.push(old.version);
    }
    expired.old.retain(|version| version.version != active);
    expired.old.truncate(DELETED_AT_ONCE_MAX);
    Ok(expired)
}

/// Deletes the content of the deleted versions. This does not affect the active version, so the next
/// publication retries a failure.
pub(super) async fn delete_content<S: CatalogStore>(
    store: &S,
    product: &str,
    expired: &Expired,
    now: Time,
) {
    for version in expired.old.iter().chain(&expired.with_content) {
        // Its item still names the content.
        let _ = store.delete_content(product, version, now).await;
    }
}

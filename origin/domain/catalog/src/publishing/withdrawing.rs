//! Withdrawing: the product is not served any more, and its variants are free for other products.
//! Its versions stay stored: activating one of them, or publishing, serves it again.

use domain_core::port::{CONFLICT_ROUNDS_MAX, Consistency, PortError, Written};

use super::store::{ActivationChange, ActiveVersion, CatalogStore};
use super::{back_off, lost};

/// The outcome of a withdrawal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawal {
    /// The product is withdrawn, now or before.
    Withdrawn {
        /// The version that was served.
        version: u64,
    },
    /// The version that the author expects is not the one that is served.
    Conflict,
}

/// Withdraws a product; `None` if it was never published. Repeating it changes nothing. `expected`
/// is as in [`Activation`](super::Activation).
///
/// # Errors
/// As [`publish`](super::publish).
pub async fn withdraw<S: CatalogStore>(
    store: &S,
    product: &str,
    expected: Option<u64>,
) -> Result<Option<Withdrawal>, PortError> {
    for round in 0..CONFLICT_ROUNDS_MAX {
        back_off(store, round).await;
        let epoch = store.epoch().await?;
        let Some(active) = store.active_version(product, Consistency::Strong).await? else {
            return Ok(None);
        };
        let version = active.version.version;
        let is_expected = expected.is_none_or(|expected| expected == version);
        if active.is_withdrawn && (is_expected || expected == Some(0)) {
            return Ok(Some(Withdrawal::Withdrawn { version }));
        }
        if !is_expected {
            return Ok(Some(Withdrawal::Conflict));
        }
        let withdrawn =
            ActiveVersion { sequence: active.sequence + 1, is_withdrawn: true, ..active };
        let active = &withdrawn;
        let change = ActivationChange { product, active, is_new: false, epoch, deleted: &[] };
        if store.activate(&change).await? == Written::Done {
            return Ok(Some(Withdrawal::Withdrawn { version }));
        }
    }
    Err(lost())
}

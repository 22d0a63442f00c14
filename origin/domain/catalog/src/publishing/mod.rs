//! Publishing: content, then claims, then in one transaction the active version, the version's item
//! and the epoch. Activating is the same with a version that is stored already. Withdrawing marks the
//! active version. A crash between any
//! two steps leaves the active version as it was, and the next attempt continues from the stored
//! state.

mod claims;
mod expiry;
mod outbox;
mod store;
mod withdrawing;

use std::collections::BTreeSet;

use domain_core::blob::BlobRef;
use domain_core::port::{CONFLICT_ROUNDS_MAX, Consistency, PortError, Written};
use domain_core::time::Time;

pub use claims::CLAIMS_AT_ONCE_MAX;
pub use expiry::VERSIONS_RETAINED_MAX;
pub use outbox::{ANNOUNCED_AT_ONCE_MAX, Announcement, Outbox, announce};
pub use store::{
    ActivationChange, ActiveVersion, CatalogStore, Claim, ClaimChange, Epoch, OldVersion,
    ProductVersion,
};
pub use withdrawing::{Withdrawal, withdraw};

use self::claims::{ClaimCheck, PendingClaims, check_claims, claim, variants_sold};
use self::expiry::{delete_content, expired};
use crate::product::Publication;

/// A version to be published.
#[derive(Debug, Clone, Copy)]
pub struct NewVersion<'a> {
    /// The product's id.
    pub product: &'a str,
    /// The authoring document.
    pub document: &'a [u8],
    /// The compiled product, in the form that instances load.
    pub artefact: &'a [u8],
    /// Every Shopify variant id in it.
    pub variant_ids: &'a [String],
    /// The active version that the author expects; 0: none yet. `None`: any.
    pub expected: Option<u64>,
    /// When it is published, for its author.
    pub at: Time,
}

/// A stored version to be activated.
#[derive(Debug, Clone, Copy)]
pub struct Activation<'a> {
    /// The product's id.
    pub product: &'a str,
    /// The version.
    pub version: u64,
    /// The active version that the author expects. `None`: any.
    pub expected: Option<u64>,
}

/// The product, its variants and the expected version of a publication or activation.
struct Step<'a> {
    product: &'a str,
    variant_ids: BTreeSet<String>,
    expected: Option<u64>,
}

/// What a round has read before it writes.
struct Plan {
    epoch: Epoch,
    active: Option<ActiveVersion>,
    claims: PendingClaims,
}

/// The version to be activated, and the versions deleted with it.
struct VersionChange<'a> {
    version: &'a ProductVersion,
    is_new: bool,
    deleted: &'a [ProductVersion],
}

/// Publishes and activates a version. A claim of another product counts only as long as that
/// product's active document sells the variant. Repeating a publication whose answer was lost, with
/// the same `expected`, returns the same; without one, so does publishing what is served.
///
/// # Errors
/// The port's, or [`PortError::Unavailable`] after [`CONFLICT_ROUNDS_MAX`] lost races.
pub async fn publish<S: CatalogStore>(
    store: &S,
    new: &NewVersion<'_>,
) -> Result<Publication, PortError> {
    let NewVersion { product, expected, at, .. } = *new;
    let step = Step { product, variant_ids: new.variant_ids.iter().cloned().collect(), expected };
    let is_own = |active: &ActiveVersion| is_own(store, active, new);
    let mut content: Option<(BlobRef, BlobRef)> = None;
    for round in 0..CONFLICT_ROUNDS_MAX {
        back_off(store, round).await;
        let plan = match plan(store, &step, is_own).await? {
            Ok(plan) => plan,
            Err(publication) => return Ok(publication),
        };
        let number = plan.active.as_ref().map_or(0, |active| active.newest) + 1;
        // No two versions share content, so that one can be deleted without the other.
        let owner = format!("{product}.{number}.{}", at.0);
        let (blob, artefact) = match &content {
            Some(content) => content,
            None => content.insert((
                store.write_content(&owner, new.document).await?,
                store.write_content(&owner, new.artefact).await?,
            )),
        };
        let version = ProductVersion {
            version: number,
            blob: blob.clone(),
            artefact: Some(artefact.clone()),
            published_at: Some(at),
        };
        let active = plan.active.as_ref().map_or(0, |active| active.version.version);
        let expired = expired(store, product, number, active).await?;
        let change = VersionChange { version: &version, is_new: true, deleted: &expired.old };
        if apply(store, &step, &plan, &change).await? {
            delete_content(store, product, &expired, at).await;
            return Ok(Publication::Published { version: number });
        }
    }
    Err(lost())
}

/// Activates a stored version, older or newer; `None` if there is no such version. Its variants are
/// claimed as those of a publication are. Activating the active version changes nothing.
///
/// # Errors
/// As [`publish`].
pub async fn activate<S: CatalogStore>(
    store: &S,
    activation: &Activation<'_>,
) -> Result<Option<Publication>, PortError> {
    let Activation { product, version, expected } = *activation;
    let Some(target) = store.stored_version(product, version).await? else { return Ok(None) };
    let variant_ids = variants_sold(&store.read_content(&target.blob).await?)?;
    let step = Step { product, variant_ids, expected };
    let is_own = |active: &ActiveVersion| {
        served(Some(active)) == version && Some(active.replaced) == expected
    };
    for round in 0..CONFLICT_ROUNDS_MAX {
        back_off(store, round).await;
        let plan = match plan(store, &step, is_own).await? {
            Ok(plan) => plan,
            Err(publication) => return Ok(Some(publication)),
        };
        let is_active = served(plan.active.as_ref()) == version;
        let change = VersionChange { version: &target, is_new: false, deleted: &[] };
        if is_active || apply(store, &step, &plan, &change).await? {
            return Ok(Some(Publication::Published { version }));
        }
    }
    Err(lost())
}

/// Reads everything the decision depends on, the epoch first; `Err` is the result.
async fn plan<S: CatalogStore>(
    store: &S,
    step: &Step<'_>,
    is_own: impl Fn(&ActiveVersion) -> bool,
) -> Result<Result<Plan, Publication>, PortError> {
    let epoch = store.epoch().await?;
    let active = store.active_version(step.product, Consistency::Strong).await?;
    let current = served(active.as_ref());
    if step.expected.is_none() && active.as_ref().is_some_and(&is_own) {
        return Ok(Err(Publication::Published { version: current }));
    }
    if step.expected.is_some_and(|expected| expected != current) {
        return Ok(Err(match active {
            Some(active) if is_own(&active) => Publication::Published { version: current },
            _ => Publication::Conflict,
        }));
    }
    Ok(match check_claims(store, step.product, &step.variant_ids).await? {
        ClaimCheck::Free(claims) => Ok(Plan { epoch, active, claims }),
        ClaimCheck::Taken(taken) => Err(Publication::VariantsTaken(taken)),
    })
}

/// Claims, then activates a version. `false`: another publication was faster.
async fn apply<S: CatalogStore>(
    store: &S,
    step: &Step<'_>,
    plan: &Plan,
    change: &VersionChange<'_>,
) -> Result<bool, PortError> {
    let VersionChange { version, is_new, deleted } = *change;
    let Some(epoch) = claim(store, step.product, &plan.claims, plan.epoch).await? else {
        return Ok(false);
    };
    let before = plan.active.as_ref();
    let active = ActiveVersion {
        sequence: before.map_or(0, |active| active.sequence) + 1,
        version: version.clone(),
        newest: before.map_or(0, |active| active.newest).max(version.version),
        replaced: served(before),
        is_withdrawn: false,
    };
    let change =
        ActivationChange { product: step.product, active: &active, is_new, epoch, deleted };
    Ok(store.activate(&change).await? == Written::Done)
}

/// The number of the version that is served; 0: none.
fn served(active: Option<&ActiveVersion>) -> u64 {
    active.and_then(ActiveVersion::served).map_or(0, |version| version.version)
}

async fn back_off<S: CatalogStore>(store: &S, round: u32) {
    if round > 0 {
        store.back_off(round).await;
    }
}

fn lost() -> PortError {
    PortError::Unavailable("publish: the catalogue changed under every attempt".to_owned())
}

/// Whether the active version is this very publication, whose answer was lost. Without an expected
/// version it is, if it is the newest and has this content.
fn is_own<S: CatalogStore>(store: &S, active: &ActiveVersion, new: &NewVersion<'_>) -> bool {
    let own = store.content_ref(&active.version.blob.owner, new.document);
    new.expected.is_none_or(|expected| active.replaced == expected)
        && !active.is_withdrawn
        && active.version.version == active.newest
        && active.version.blob == own
}

//! Publishing: content, then claims, then in one transaction the pointer, the version's item and
//! the epoch. Activating is the same with a version that is stored already. A crash between any two
//! steps leaves the active version as it was, and the next attempt continues from the stored state.

use std::collections::BTreeSet;
use std::time::Duration;

use domain_catalog::Publication;
use domain_core::port::{CONFLICT_ROUNDS_MAX, Consistency, PortError};
use domain_core::time::Time;

use super::claims::{ClaimCheck, Epoch, PendingClaims, Sells};
use super::expiry::mark_deleted;
use super::{ActiveVersion, CatalogRepository, Pointer, ProductVersion};
use crate::error::unavailable;
use crate::repositories::blobs::BlobRef;
use crate::repositories::document::encode;
use crate::table::{Guard, Item, ItemKey, Put, Transacted};

/// The wait before the second round; then it doubles. Eight rounds wait 1.3 s together.
const ROUND_WAIT_MS: u64 = 10;

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
    variant_ids: BTreeSet<&'a str>,
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
    guard: Guard,
    old: &'a [ProductVersion],
}

// === impl CatalogRepository ===

impl CatalogRepository {
    /// Publishes and activates a version. `sells` reads the variant ids out of a document: a claim
    /// of another product counts only as long as that product's active document sells the variant.
    /// Repeating a publication whose answer was lost, with the same `expected`, returns the same.
    ///
    /// # Errors
    /// The table's failure, or [`PortError::Unavailable`] after [`CONFLICT_ROUNDS_MAX`] lost races.
    pub async fn publish<F>(&self, new: &NewVersion<'_>, sells: F) -> Result<Publication, PortError>
    where
        F: Fn(&[u8]) -> Result<BTreeSet<String>, PortError> + Send + Sync,
    {
        let step = Step {
            product: new.product,
            variant_ids: new.variant_ids.iter().map(String::as_str).collect(),
            expected: new.expected,
        };
        let is_own = |active: &ActiveVersion| is_own(active, new);
        let mut blobs = None;
        for round in 0..CONFLICT_ROUNDS_MAX {
            wait(round).await;
            let plan = match self.plan(&step, is_own, &sells).await? {
                Ok(plan) => plan,
                Err(publication) => return Ok(publication),
            };
            let newest = plan.active.as_ref().map_or(0, |active| active.newest);
            // No two versions share content, so that one can be deleted without the other.
            let owner = format!("{}.{}.{}", new.product, newest + 1, new.at.0);
            let (blob, artefact) = match &blobs {
                Some(blobs) => blobs,
                None => blobs.insert((
                    self.blobs.write(&owner, new.document).await?,
                    self.blobs.write(&owner, new.artefact).await?,
                )),
            };
            let version = ProductVersion {
                version: newest + 1,
                blob: blob.clone(),
                artefact: Some(artefact.clone()),
                published_at: Some(new.at),
            };
            let active = plan.active.as_ref().map_or(0, |active| active.version.version);
            let expired = self.expired(new.product, version.version, active).await?;
            let change =
                VersionChange { version: &version, guard: Guard::Absent, old: &expired.old };
            if self.apply(&step, &plan, &change).await? {
                self.empty(new.product, &expired, new.at).await;
                return Ok(Publication::Published { version: version.version });
            }
        }
        Err(lost())
    }

    /// Activates a stored version, older or newer; `None` if there is no such version. Its variants
    /// are claimed as those of a publication are. Activating the active version changes nothing.
    ///
    /// # Errors
    /// As [`Self::publish`].
    pub async fn activate<F>(
        &self,
        activation: &Activation<'_>,
        sells: F,
    ) -> Result<Option<Publication>, PortError>
    where
        F: Fn(&[u8]) -> Result<BTreeSet<String>, PortError> + Send + Sync,
    {
        let Activation { product, version, expected } = *activation;
        let Some(target) = self.version_item(product, version).await? else { return Ok(None) };
        let sold = sells(&self.blobs.read(&target.blob).await?)?;
        let variant_ids = sold.iter().map(String::as_str).collect();
        let step = Step { product, variant_ids, expected };
        let is_own = |active: &ActiveVersion| {
            active.version.version == version && Some(active.replaced) == expected
        };
        for round in 0..CONFLICT_ROUNDS_MAX {
            wait(round).await;
            let plan = match self.plan(&step, is_own, &sells).await? {
                Ok(plan) => plan,
                Err(publication) => return Ok(Some(publication)),
            };
            let is_active =
                plan.active.as_ref().is_some_and(|active| active.version.version == version);
            // The version's item is written unchanged, on condition that it is still stored.
            let guard = Guard::Version(version);
            let change = VersionChange { version: &target, guard, old: &[] };
            if is_active || self.apply(&step, &plan, &change).await? {
                return Ok(Some(Publication::Published { version }));
            }
        }
        Err(lost())
    }

    /// Reads everything the decision depends on, the epoch first; `Err` is the result.
    async fn plan(
        &self,
        step: &Step<'_>,
        is_own: impl Fn(&ActiveVersion) -> bool,
        sells: &impl Sells,
    ) -> Result<Result<Plan, Publication>, PortError> {
        let epoch = self.epoch().await?;
        let active = self.active_version(step.product, Consistency::Strong).await?;
        let current = active.as_ref().map_or(0, |active| active.version.version);
        if step.expected.is_some_and(|expected| expected != current) {
            return Ok(Err(match active {
                Some(active) if is_own(&active) => Publication::Published { version: current },
                _ => Publication::Conflict,
            }));
        }
        Ok(match self.check_claims(step.product, &step.variant_ids, sells).await? {
            ClaimCheck::Free(claims) => Ok(Plan { epoch, active, claims }),
            ClaimCheck::Taken(taken) => Err(Publication::VariantsTaken(taken)),
        })
    }

    /// Claims, then moves the pointer to a version. `false`: another publication was faster.
    async fn apply(
        &self,
        step: &Step<'_>,
        plan: &Plan,
        change: &VersionChange<'_>,
    ) -> Result<bool, PortError> {
        let (product, version) = (step.product, change.version);
        let Some(epoch) = self.claim(product, &plan.claims, plan.epoch).await? else {
            return Ok(false);
        };
        let active = plan.active.as_ref();
        let pointer = Pointer {
            active: version.clone(),
            newest: Some(active.map_or(0, |active| active.newest).max(version.version)),
            replaced: Some(active.map_or(0, |active| active.version.version)),
        };
        let sequence = active.map_or(0, |active| active.sequence);
        let pointer = Put {
            key: ItemKey::Product { product }.key(),
            item: Item::new(sequence + 1, encode(&pointer)),
            guard: if sequence == 0 { Guard::Absent } else { Guard::Version(sequence) },
        };
        let written = Put {
            key: ItemKey::ProductVersion { product, version: version.version }.key(),
            item: Item::new(version.version, encode(version)),
            guard: change.guard,
        };
        let mut puts = vec![pointer, written, epoch.advance()];
        puts.extend(change.old.iter().map(|version| mark_deleted(product, version)));
        let transacted = self.table.transact(&puts, &[]).await?;
        Ok(transacted == Transacted::Done)
    }
}

async fn wait(round: u32) {
    if round > 0 {
        tokio::time::sleep(Duration::from_millis(ROUND_WAIT_MS << (round - 1))).await;
    }
}

fn lost() -> PortError {
    unavailable("publish", "the catalogue changed under every attempt")
}

/// Whether the active version is this very publication, whose answer was lost.
fn is_own(active: &ActiveVersion, new: &NewVersion<'_>) -> bool {
    let own = BlobRef::of(&active.version.blob.owner, new.document);
    Some(active.replaced) == new.expected
        && active.version.version == active.newest
        && active.version.blob == own
}

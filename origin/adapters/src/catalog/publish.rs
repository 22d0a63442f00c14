//! Publishing: content, then claims, then in one transaction the pointer, the kept version and the
//! epoch. Activating is the same with a version that is kept already. A crash between any two leaves
//! the served version as it was, and the next attempt goes on from what it finds.

use std::collections::BTreeSet;
use std::time::Duration;

use origin_domain::catalog::Publication;
use origin_domain::port::{CONFLICT_ROUNDS_MAX, Consistency, PortError};
use origin_domain::time::Time;

use super::claims::{Epoch, Judgement, Sells, Wanted};
use super::forget::forget;
use super::{DynamoCatalog, Pointer, ProductVersion, Served};
use crate::blobs::BlobRef;
use crate::document::encode;
use crate::error::unavailable;
use crate::item::{Guard, Item, Put};
use crate::keys::ItemKey;
use crate::tables::Transacted;

/// The wait before the second round; then it doubles. Eight rounds wait 1.3 s together.
const ROUND_WAIT_MS: u64 = 10;

/// What is to be published.
#[derive(Debug, Clone, Copy)]
pub struct NewVersion<'a> {
    /// The product's id.
    pub product: &'a str,
    /// The authoring document.
    pub document: &'a [u8],
    /// The product compiled, in the form that instances load.
    pub artefact: &'a [u8],
    /// Every Shopify variant id in it.
    pub variant_ids: &'a [String],
    /// The version the author has seen served; 0: none yet. `None`: whatever there is.
    pub expected: Option<u64>,
    /// When it is published, for its author.
    pub at: Time,
}

/// Which kept version is to be served.
#[derive(Debug, Clone, Copy)]
pub struct Activation<'a> {
    /// The product's id.
    pub product: &'a str,
    /// The version.
    pub version: u64,
    /// The version the author has seen served. `None`: whatever there is.
    pub expected: Option<u64>,
}

/// What a round is about.
struct Step<'a> {
    product: &'a str,
    variant_ids: BTreeSet<&'a str>,
    expected: Option<u64>,
}

/// What a round has found out before it writes.
struct Plan {
    epoch: Epoch,
    served: Option<Served>,
    wanted: Wanted,
}

/// The version to be served, and those forgotten for it.
struct Kept<'a> {
    version: &'a ProductVersion,
    guard: Guard,
    old: &'a [ProductVersion],
}

// === impl DynamoCatalog ===

impl DynamoCatalog {
    /// Publishes and activates a version. `sells` reads the variant ids out of a document: a claim
    /// of another product counts only as long as that product's served document sells the variant.
    /// Repeating a publication whose answer was lost, with the same `expected`, answers the same.
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
        let is_own = |served: &Served| is_own(served, new);
        let mut blobs = None;
        for round in 0..CONFLICT_ROUNDS_MAX {
            wait(round).await;
            let plan = match self.plan(&step, is_own, &sells).await? {
                Ok(plan) => plan,
                Err(publication) => return Ok(publication),
            };
            let newest = plan.served.as_ref().map_or(0, |served| served.newest);
            // No two versions share content, so that one can be forgotten without the other.
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
            let served = plan.served.as_ref().map_or(0, |served| served.version.version);
            let leaving = self.leaving(new.product, version.version, served).await?;
            let kept = Kept { version: &version, guard: Guard::Absent, old: &leaving.old };
            if self.carry_out(&step, &plan, &kept).await? {
                self.empty(new.product, &leaving, new.at).await;
                return Ok(Publication::Published { version: version.version });
            }
        }
        Err(lost())
    }

    /// Serves a kept version again, older or newer; `None` if there is no such version. Its variants
    /// are claimed as those of a publication are. Serving what is served changes nothing.
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
        let Some(wanted) = self.version_item(product, version).await? else { return Ok(None) };
        let sold = sells(&self.blobs.read(&wanted.blob).await?)?;
        let variant_ids = sold.iter().map(String::as_str).collect();
        let step = Step { product, variant_ids, expected };
        let is_own = |served: &Served| {
            served.version.version == version && Some(served.replaced) == expected
        };
        for round in 0..CONFLICT_ROUNDS_MAX {
            wait(round).await;
            let plan = match self.plan(&step, is_own, &sells).await? {
                Ok(plan) => plan,
                Err(publication) => return Ok(Some(publication)),
            };
            let is_served =
                plan.served.as_ref().is_some_and(|served| served.version.version == version);
            // The version is written as it is, on condition that it is still kept.
            let guard = Guard::Version(version);
            let kept = Kept { version: &wanted, guard, old: &[] };
            if is_served || self.carry_out(&step, &plan, &kept).await? {
                return Ok(Some(Publication::Published { version }));
            }
        }
        Err(lost())
    }

    /// Reads everything the decision depends on, the epoch first; `Err` is the answer.
    async fn plan(
        &self,
        step: &Step<'_>,
        is_own: impl Fn(&Served) -> bool,
        sells: &impl Sells,
    ) -> Result<Result<Plan, Publication>, PortError> {
        let epoch = self.epoch().await?;
        let served = self.served(step.product, Consistency::Strong).await?;
        let current = served.as_ref().map_or(0, |served| served.version.version);
        if step.expected.is_some_and(|expected| expected != current) {
            return Ok(Err(match served {
                Some(served) if is_own(&served) => Publication::Published { version: current },
                _ => Publication::Conflict,
            }));
        }
        Ok(match self.judge(step.product, &step.variant_ids, sells).await? {
            Judgement::Free(wanted) => Ok(Plan { epoch, served, wanted }),
            Judgement::Taken(taken) => Err(Publication::VariantsTaken(taken)),
        })
    }

    /// Claims, then moves the pointer to a version. `false`: somebody else was faster.
    async fn carry_out(
        &self,
        step: &Step<'_>,
        plan: &Plan,
        kept: &Kept<'_>,
    ) -> Result<bool, PortError> {
        let (product, version) = (step.product, kept.version);
        let Some(epoch) = self.claim(product, &plan.wanted, plan.epoch).await? else {
            return Ok(false);
        };
        let served = plan.served.as_ref();
        let pointer = Pointer {
            served: version.clone(),
            newest: Some(served.map_or(0, |served| served.newest).max(version.version)),
            replaced: Some(served.map_or(0, |served| served.version.version)),
        };
        let sequence = served.map_or(0, |served| served.sequence);
        let pointer = Put {
            key: ItemKey::Product { product }.key(),
            item: Item::new(sequence + 1, encode(&pointer)),
            guard: if sequence == 0 { Guard::Absent } else { Guard::Version(sequence) },
        };
        let written = Put {
            key: ItemKey::ProductVersion { product, version: version.version }.key(),
            item: Item::new(version.version, encode(version)),
            guard: kept.guard,
        };
        let mut puts = vec![pointer, written, epoch.advance()];
        puts.extend(kept.old.iter().map(|version| forget(product, version)));
        let transacted = self.aws.transact(&puts).await?;
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

/// Whether what is served is this very publication, whose answer was lost.
fn is_own(served: &Served, new: &NewVersion<'_>) -> bool {
    let own = BlobRef::of(&served.version.blob.owner, new.document);
    Some(served.replaced) == new.expected
        && served.version.version == served.newest
        && served.version.blob == own
}

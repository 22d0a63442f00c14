//! Publishing: document, then claims, then in one transaction the pointer, the kept version and the
//! epoch. A crash between any two leaves the served version as it was, and the next attempt goes on
//! from what it finds.

use std::collections::BTreeSet;
use std::time::Duration;

use origin_domain::catalog::Publication;
use origin_domain::port::{CONFLICT_ROUNDS_MAX, Consistency, PortError};

use super::claims::{Epoch, Judgement, Sells, Wanted};
use super::{DynamoCatalog, ProductVersion};
use crate::blobs::BlobRef;
use crate::document::encode;
use crate::error::unavailable;
use crate::item::{Guard, Item, Put};
use crate::keys::Shape;
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
    /// Every Shopify variant id in it.
    pub variant_ids: &'a [String],
    /// The version the author has seen; 0: none yet. `None`: whatever there is.
    pub expected: Option<u64>,
}

/// What a round has found out before it writes.
struct Plan {
    epoch: Epoch,
    served: Option<u64>,
    wanted: Wanted,
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
        let mut blob = None;
        for round in 0..CONFLICT_ROUNDS_MAX {
            if round > 0 {
                tokio::time::sleep(Duration::from_millis(ROUND_WAIT_MS << (round - 1))).await;
            }
            let plan = match self.plan(new, &sells).await? {
                Ok(plan) => plan,
                Err(publication) => return Ok(publication),
            };
            let blob = match &blob {
                Some(blob) => blob,
                None => blob.insert(self.blobs.write(new.document).await?),
            };
            if let Some(version) = self.carry_out(new, plan, blob).await? {
                return Ok(Publication::Published { version });
            }
        }
        Err(unavailable("publish", "the catalogue changed under every attempt"))
    }

    /// Reads everything the decision depends on, the epoch first; `Err` is the answer.
    async fn plan(
        &self,
        new: &NewVersion<'_>,
        sells: &impl Sells,
    ) -> Result<Result<Plan, Publication>, PortError> {
        let epoch = self.epoch().await?;
        let current = self.current_version(new.product, Consistency::Strong).await?;
        let served = current.as_ref().map(|current| current.version);
        if let Some(expected) = new.expected
            && expected != served.unwrap_or(0)
        {
            return Ok(Err(match current {
                Some(current) if is_own(&current, expected, new.document) => {
                    Publication::Published { version: current.version }
                }
                _ => Publication::Conflict,
            }));
        }
        let variant_ids = new.variant_ids.iter().map(String::as_str).collect();
        Ok(match self.judge(new.product, &variant_ids, sells).await? {
            Judgement::Free(wanted) => Ok(Plan { epoch, served, wanted }),
            Judgement::Taken(taken) => Err(Publication::VariantsTaken(taken)),
        })
    }

    /// Claims, then moves the pointer. `None`: somebody else was faster.
    async fn carry_out(
        &self,
        new: &NewVersion<'_>,
        plan: Plan,
        blob: &BlobRef,
    ) -> Result<Option<u64>, PortError> {
        let Some(epoch) = self.claim(new.product, &plan.wanted, plan.epoch).await? else {
            return Ok(None);
        };
        let version = plan.served.unwrap_or(0) + 1;
        let document = encode(&ProductVersion { version, blob: blob.clone() });
        let pointer = Put {
            key: Shape::Product { product: new.product }.key(),
            item: Item::new(version, document.clone()),
            guard: plan.served.map_or(Guard::Absent, Guard::Version),
        };
        let kept = Put {
            key: Shape::ProductVersion { product: new.product, version }.key(),
            item: Item::new(version, document),
            guard: Guard::Absent,
        };
        let transacted = self.aws.transact(&[pointer, kept, epoch.advance()]).await?;
        Ok((transacted == Transacted::Done).then_some(version))
    }
}

/// Whether what is served is this very publication, whose answer was lost.
fn is_own(current: &ProductVersion, expected: u64, document: &[u8]) -> bool {
    let own = BlobRef::of(document);
    current.version == expected + 1
        && (&current.blob.hash, current.blob.bytes) == (&own.hash, own.bytes)
}

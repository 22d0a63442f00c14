//! Who sells which variant. A claim is written before the product that makes it is served, so a
//! claim alone proves nothing: the claimant's served document does. What may change a judgement
//! (a product served, a claim taken over) counts up one epoch, and is conditional on the epoch
//! that was read before judging. So no two served products ever sell the same variant.

use std::collections::BTreeSet;

use origin_domain::catalog::TakenVariant;
use origin_domain::port::{Consistency, PortError};

use super::{Claim, DynamoCatalog};
use crate::document::{decode, encode};
use crate::item::{Guard, Item, Put};
use crate::keys::{ItemKey, Key};
use crate::tables::{TRANSACTION_WRITES_MAX, Transacted};

/// Reads the variant ids a document sells.
pub(super) trait Sells: Fn(&[u8]) -> Result<BTreeSet<String>, PortError> + Sync {}

impl<F: Fn(&[u8]) -> Result<BTreeSet<String>, PortError> + Sync> Sells for F {}

/// The epoch as it was read, or as our own writes left it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Epoch(Option<u64>);

/// Claims still to be written, with the version to be replaced.
#[derive(Debug)]
pub(super) struct Wanted {
    claims: Vec<(String, Option<u64>)>,
}

/// What became of judging.
pub(super) enum Judgement {
    /// These claims are free to be written.
    Free(Wanted),
    /// These variants are sold by other products.
    Taken(Vec<TakenVariant>),
}

// === impl Epoch ===

impl Epoch {
    /// The write that says: nothing has changed since, and now something does.
    pub(super) fn advance(self) -> Put {
        let (guard, next) = match self.0 {
            Some(seen) => (Guard::Version(seen), seen + 1),
            None => (Guard::Absent, 1),
        };
        Put { key: ItemKey::Epoch.key(), item: Item::new(next, encode(&())), guard }
    }

    fn next(self) -> Self {
        Self(Some(self.0.map_or(1, |seen| seen + 1)))
    }
}

// === impl DynamoCatalog ===

impl DynamoCatalog {
    pub(super) async fn epoch(&self) -> Result<Epoch, PortError> {
        let item = self.aws.get(&ItemKey::Epoch.key(), Consistency::Strong).await?;
        Ok(Epoch(item.map(|item| item.version)))
    }

    /// Reads who claims these variants, and of other claimants whether they sell them.
    pub(super) async fn judge(
        &self,
        product: &str,
        variant_ids: &BTreeSet<&str>,
        sells: &impl Sells,
    ) -> Result<Judgement, PortError> {
        let key_of = |variant_id| ItemKey::Variant { variant_id }.key();
        let keys: Vec<Key> = variant_ids.iter().copied().map(key_of).collect();
        let found = self.aws.batch_get(&keys).await?;
        let mut claims = Vec::new();
        let mut others: Vec<TakenVariant> = Vec::new();
        for (variant_id, key) in variant_ids.iter().zip(&keys) {
            let variant_id = (*variant_id).to_owned();
            match found.get(key) {
                None => claims.push((variant_id, None)),
                Some(item) => {
                    let claim: Claim = decode("claim", &item.document)?;
                    if claim.product != product {
                        claims.push((variant_id.clone(), Some(item.version)));
                        others.push(TakenVariant { variant_id, product: claim.product });
                    }
                }
            }
        }
        let taken = self.still_sold(others, sells).await?;
        Ok(if taken.is_empty() {
            Judgement::Free(Wanted { claims })
        } else {
            Judgement::Taken(taken)
        })
    }

    async fn still_sold(
        &self,
        mut claimed: Vec<TakenVariant>,
        sells: &impl Sells,
    ) -> Result<Vec<TakenVariant>, PortError> {
        let products: BTreeSet<String> = claimed.iter().map(|one| one.product.clone()).collect();
        for product in products {
            let served = self.current(&product, Consistency::Strong).await?;
            let sold = served.map(|served| sells(&served.document)).transpose()?;
            let sold = sold.unwrap_or_default();
            claimed.retain(|one| one.product != product || sold.contains(&one.variant_id));
        }
        Ok(claimed)
    }

    /// Writes the claims, as many at a time as a transaction takes; whatever was written before a
    /// crash is found again by the next attempt. `None`: somebody else was faster.
    pub(super) async fn claim(
        &self,
        product: &str,
        wanted: &Wanted,
        mut epoch: Epoch,
    ) -> Result<Option<Epoch>, PortError> {
        // One place is the epoch's.
        for claims in wanted.claims.chunks(TRANSACTION_WRITES_MAX - 1) {
            let mut puts: Vec<Put> =
                claims.iter().map(|(variant_id, seen)| claim(product, variant_id, *seen)).collect();
            let takes_over = claims.iter().any(|(_, seen)| seen.is_some());
            if takes_over {
                puts.push(epoch.advance());
            }
            if self.aws.transact(&puts).await? != Transacted::Done {
                return Ok(None);
            }
            if takes_over {
                epoch = epoch.next();
            }
        }
        Ok(Some(epoch))
    }
}

fn claim(product: &str, variant_id: &str, seen: Option<u64>) -> Put {
    let (guard, version) = match seen {
        Some(seen) => (Guard::Version(seen), seen + 1),
        None => (Guard::Absent, 1),
    };
    let document = encode(&Claim { product: product.to_owned() });
    Put { key: ItemKey::Variant { variant_id }.key(), item: Item::new(version, document), guard }
}

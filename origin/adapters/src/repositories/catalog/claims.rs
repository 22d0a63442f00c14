//! Claims: which product sells which variant. A claim is written before its product becomes active,
//! so the claim alone proves nothing: the claimant's active document does. A write that may change
//! a decision (an activation, a claim taken over) increments one epoch, and is conditional on the
//! epoch read before the decision. So no two active products ever sell the same variant.

use std::collections::BTreeSet;

use domain_catalog::TakenVariant;
use domain_core::port::{Consistency, PortError};

use super::{CatalogRepository, Claim};
use crate::repositories::document::{decode, encode};
use crate::table::{Guard, Item, ItemKey, Key, Put, TRANSACTION_WRITES_MAX, Transacted};

/// Reads the variant ids a document sells.
pub(super) trait Sells: Fn(&[u8]) -> Result<BTreeSet<String>, PortError> + Sync {}

impl<F: Fn(&[u8]) -> Result<BTreeSet<String>, PortError> + Sync> Sells for F {}

/// The epoch as it was read, or as our own writes set it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Epoch(Option<u64>);

/// Claims to be written, each with the version that it replaces.
#[derive(Debug)]
pub(super) struct PendingClaims {
    claims: Vec<(String, Option<u64>)>,
}

/// Whether a product may claim its variants.
pub(super) enum ClaimCheck {
    /// These claims are free to be written.
    Free(PendingClaims),
    /// These variants are sold by other products.
    Taken(Vec<TakenVariant>),
}

// === impl Epoch ===

impl Epoch {
    /// The write that increments the epoch if it has not changed since it was read.
    pub(super) fn advance(self) -> Put {
        let (guard, next) = match self.0 {
            Some(version) => (Guard::Version(version), version + 1),
            None => (Guard::Absent, 1),
        };
        Put { key: ItemKey::Epoch.key(), item: Item::new(next, encode(&())), guard }
    }

    fn next(self) -> Self {
        Self(Some(self.0.map_or(1, |version| version + 1)))
    }
}

// === impl CatalogRepository ===

impl CatalogRepository {
    pub(super) async fn epoch(&self) -> Result<Epoch, PortError> {
        let item = self.table.get(&ItemKey::Epoch.key(), Consistency::Strong).await?;
        Ok(Epoch(item.map(|item| item.version)))
    }

    /// Reads the claims of these variants, and for other claimants whether they sell them.
    pub(super) async fn check_claims(
        &self,
        product: &str,
        variant_ids: &BTreeSet<&str>,
        sells: &impl Sells,
    ) -> Result<ClaimCheck, PortError> {
        let key_of = |variant_id| ItemKey::Variant { variant_id }.key();
        let keys: Vec<Key> = variant_ids.iter().copied().map(key_of).collect();
        let items = self.table.batch_get(&keys).await?;
        let mut claims = Vec::new();
        let mut others: Vec<TakenVariant> = Vec::new();
        for (variant_id, key) in variant_ids.iter().zip(&keys) {
            let variant_id = (*variant_id).to_owned();
            match items.get(key) {
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
            ClaimCheck::Free(PendingClaims { claims })
        } else {
            ClaimCheck::Taken(taken)
        })
    }

    async fn still_sold(
        &self,
        mut claimed: Vec<TakenVariant>,
        sells: &impl Sells,
    ) -> Result<Vec<TakenVariant>, PortError> {
        let products: BTreeSet<String> = claimed.iter().map(|one| one.product.clone()).collect();
        for product in products {
            let active = self.current(&product, Consistency::Strong).await?;
            let sold = active.map(|active| sells(&active.document)).transpose()?;
            let sold = sold.unwrap_or_default();
            claimed.retain(|one| one.product != product || sold.contains(&one.variant_id));
        }
        Ok(claimed)
    }

    /// Writes the claims, as many at a time as a transaction takes; the next attempt reads the
    /// claims that were written before a crash. `None`: another publication was faster.
    pub(super) async fn claim(
        &self,
        product: &str,
        pending: &PendingClaims,
        mut epoch: Epoch,
    ) -> Result<Option<Epoch>, PortError> {
        // One write is the epoch's.
        for claims in pending.claims.chunks(TRANSACTION_WRITES_MAX - 1) {
            let mut puts: Vec<Put> = claims
                .iter()
                .map(|(variant_id, version)| claim(product, variant_id, *version))
                .collect();
            let takes_over = claims.iter().any(|(_, version)| version.is_some());
            if takes_over {
                puts.push(epoch.advance());
            }
            if self.table.transact(&puts, &[]).await? != Transacted::Done {
                return Ok(None);
            }
            if takes_over {
                epoch = epoch.next();
            }
        }
        Ok(Some(epoch))
    }
}

fn claim(product: &str, variant_id: &str, replaced: Option<u64>) -> Put {
    let (guard, version) = match replaced {
        Some(version) => (Guard::Version(version), version + 1),
        None => (Guard::Absent, 1),
    };
    let document = encode(&Claim { product: product.to_owned() });
    Put { key: ItemKey::Variant { variant_id }.key(), item: Item::new(version, document), guard }
}

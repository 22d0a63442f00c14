//! Claims: which product sells which variant. A claim is written before its product becomes active,
//! so the claim alone proves nothing: the claimant's active document does. A write that may change
//! a decision (an activation, a claim taken over) advances one epoch, and is conditional on the
//! epoch read before the decision. So no two active products ever sell the same variant.

use std::collections::BTreeSet;

use domain_configurator::Product;
use domain_core::port::{Consistency, PortError, Written};

use super::store::{ActiveVersion, CatalogStore, ClaimChange, Epoch};
use crate::product::TakenVariant;

/// Most claims written at once: a transaction takes a hundred writes, of which one is the epoch's.
pub const CLAIMS_AT_ONCE_MAX: usize = 99;

/// Claims to be written, each with the number of the claim that it replaces.
pub(super) type PendingClaims = Vec<(String, Option<u64>)>;

/// Whether a product may claim its variants.
pub(super) enum ClaimCheck {
    /// These claims are free to be written.
    Free(PendingClaims),
    /// These variants are sold by other products.
    Taken(Vec<TakenVariant>),
}

/// Reads the claims of these variants, and for other claimants whether they sell them.
pub(super) async fn check_claims<S: CatalogStore>(
    store: &S,
    product: &str,
    variant_ids: &BTreeSet<String>,
) -> Result<ClaimCheck, PortError> {
    let ids: Vec<&str> = variant_ids.iter().map(String::as_str).collect();
    let mut claims = store.claims(&ids).await?;
    let (mut pending, mut others) = (PendingClaims::new(), Vec::new());
    for variant_id in variant_ids {
        match claims.remove(variant_id) {
            None => pending.push((variant_id.clone(), None)),
            Some(claim) if claim.product != product => {
                pending.push((variant_id.clone(), Some(claim.number)));
                others
                    .push(TakenVariant { variant_id: variant_id.clone(), product: claim.product });
            }
            Some(_) => {}
        }
    }
    let taken = still_sold(store, others).await?;
    Ok(if taken.is_empty() { ClaimCheck::Free(pending) } else { ClaimCheck::Taken(taken) })
}

async fn still_sold<S: CatalogStore>(
    store: &S,
    mut claimed: Vec<TakenVariant>,
) -> Result<Vec<TakenVariant>, PortError> {
    let products: BTreeSet<String> = claimed.iter().map(|one| one.product.clone()).collect();
    for product in products {
        let active = store.active_version(&product, Consistency::Strong).await?;
        let sold = match active.as_ref().and_then(ActiveVersion::served) {
            Some(served) => variants_sold(&store.read_content(&served.blob).await?)?,
            None => BTreeSet::new(),
        };
        claimed.retain(|one| one.product != product || sold.contains(&one.variant_id));
    }
    Ok(claimed)
}

/// Writes the claims, as many at once as a transaction takes; the next attempt reads the claims that
/// were written before a crash. `None`: another publication was faster.
pub(super) async fn claim<S: CatalogStore>(
    store: &S,
    product: &str,
    pending: &PendingClaims,
    mut epoch: Epoch,
) -> Result<Option<Epoch>, PortError> {
    for claims in pending.chunks(CLAIMS_AT_ONCE_MAX) {
        let takes_over = claims.iter().any(|(_, replaced)| replaced.is_some());
        let change = ClaimChange { product, claims, epoch: takes_over.then_some(epoch) };
        if store.claim(&change).await? != Written::Done {
            return Ok(None);
        }
        if takes_over {
            epoch = epoch.next();
        }
    }
    Ok(Some(epoch))
}

/// The variant ids that a published document sells.
pub(super) fn variants_sold(document: &[u8]) -> Result<BTreeSet<String>, PortError> {
    let unreadable = |_| PortError::Corrupt("a served product can't be read".to_owned());
    let product = Product::parse(document).map_err(unreadable)?;
    Ok(product.variants().iter().map(|variant| variant.variant_id.clone()).collect())
}

// === impl Epoch ===

impl Epoch {
    /// The epoch after a write that advances this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(Some(self.0.map_or(1, |epoch| epoch + 1)))
    }
}

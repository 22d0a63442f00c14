//! Revocations behind this instance's cache.

use std::sync::Arc;
use std::time::Duration;

use cache::{Bounds, ENTRY_BYTES, ReadThrough, Versioned};
use domain_core::port::PortError;
use domain_core::revocation::{Revocation, Revocations as _, TokenHolder, revoke};
use domain_core::time::Time;
use domain_staff::StaffAct;
use origin_adapters::RevocationRepository;

use crate::runtime::clock::Clock;
use crate::runtime::timing::span;

/// How long an instance may accept a token that another one revoked: 10 s with the edge's 5 s.
const TTL: Duration = Duration::from_secs(5);
/// Most bytes of an instance's entries, each an id and a time: 9,000 callers within [`TTL`].
const WEIGHT_MAX: u64 = 4 * 1024 * 1024;

/// The revocations as one instance knows them.
#[derive(Clone)]
pub struct CachedRevocations {
    source: RevocationRepository,
    cache: Arc<ReadThrough<Known, PortError>>,
}

/// A revocation, or the fact that no token was revoked.
struct Known(Option<Revocation>);

impl Versioned for Known {
    /// The moment never moves back, while the item's version begins again once it has expired.
    fn version(&self) -> u64 {
        self.0.as_ref().map_or(0, |revocation| revocation.until.0)
    }

    fn weight(&self) -> u32 {
        ENTRY_BYTES
    }
}

// === impl CachedRevocations ===

impl CachedRevocations {
    /// The revocations of `source`, cached by this instance.
    #[must_use]
    pub fn new(source: RevocationRepository, clock: &Clock) -> Self {
        let bounds = Bounds { weight_max: WEIGHT_MAX, ttl: TTL };
        let clock = clock.clone();
        Self { source, cache: Arc::new(ReadThrough::new(bounds, move || clock.now().0)) }
    }

    /// The holder's revocation.
    ///
    /// # Errors
    /// The port's.
    pub async fn of(&self, holder: TokenHolder<'_>) -> Result<Option<Revocation>, PortError> {
        let load =
            |_| async move { Ok(Known(span("revocation", self.source.revocation(holder)).await?)) };
        let loaded = self.cache.get(&name(holder), 0, load).await;
        let loaded = loaded.map_err(|error| (*error).clone())?;
        Ok(loaded.value.0.clone())
    }

    /// Revokes the holder's tokens that were issued until `until`; this instance knows at once.
    ///
    /// # Errors
    /// The port's.
    pub async fn revoke(
        &self,
        holder: TokenHolder<'_>,
        until: Time,
        act: Option<StaffAct>,
    ) -> Result<Time, PortError> {
        let source = match act {
            Some(act) => self.source.on_behalf_of(act),
            None => self.source.clone(),
        };
        let revoked = span("revocation", revoke(&source, holder, until)).await?;
        self.cache.invalidate(&name(holder));
        Ok(revoked)
    }
}

fn name(holder: TokenHolder<'_>) -> String {
    let (word, id) = holder.parts();
    format!("{word}/{id}")
}

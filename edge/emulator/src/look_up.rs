//! The cache's side of a request: served from it, waiting for another's miss, or leading one.

use std::sync::Arc;

use http::Method;

use crate::answer::{self, Serving};
use crate::collapse::{Boarding, Flight, Landing, Wake};
use crate::edge::{Ask, Edge, Outcome};
use crate::fill::Share;
use crate::key::CacheKey;
use crate::lifecycle::{Found, Phase, Step};
use crate::not_cached::NotCached;
use crate::object::StoredObject;

/// How often a request boards again because what it waited for was invalidated meanwhile; after
/// that it fetches for itself.
const BOARDINGS_MAX: usize = 3;

/// A look-up: what was there, and where that leaves the request.
pub(crate) struct LookedUp {
    pub(crate) phase: Phase,
    pub(crate) object: Option<Arc<StoredObject>>,
    /// The generation of invalidations before the look: what is done with the object from here on
    /// is held against those that came since.
    pub(crate) generation: u64,
}

// === impl Edge ===

impl Edge {
    /// The answer to a request whose behavior caches.
    pub(crate) async fn look_up(self: &Arc<Self>, ask: &Ask) -> Outcome {
        let behavior = &self.distribution.behaviors[ask.behavior];
        let key = CacheKey::of(self.distribution.cache_policy(behavior), &ask.request);
        let found = self.find(&key);
        if let (Some(object), true) = (&found.object, found.phase.is_from_cache()) {
            let outcome = self.serve_cached(ask, object, found.phase);
            if found.phase == Phase::StaleWhileRevalidate {
                self.refresh_behind(ask, key);
            }
            return outcome;
        }
        if ask.request.method == Method::HEAD {
            return self.pass(ask, found.phase.after(Step::Bypass(NotCached::Head))).await;
        }
        if self.forwarding(ask).forwards_cookies() {
            return self.fill(ask, &key, found).await.outcome;
        }
        self.collapse(ask, &key).await
    }

    fn find(&self, key: &CacheKey) -> LookedUp {
        let now_ms = self.clock.now_ms();
        let generation = self.store.generation();
        let object = self.store.get(key);
        let found = object.as_deref().map_or(Found::Nothing, |object| {
            if object.freshness.is_fresh(now_ms) {
                Found::Fresh
            } else if object.is_held(now_ms) {
                Found::HeldOnError
            } else if object.freshness.is_usable_while_revalidating(now_ms) {
                Found::UsableWhileRevalidating
            } else {
                Found::Expired
            }
        });
        LookedUp { phase: Phase::Received.after(Step::LookUp(found)), object, generation }
    }

    fn serve_cached(&self, ask: &Ask, object: &StoredObject, phase: Phase) -> Outcome {
        Outcome {
            phase,
            response: answer::serve(object, &ask.request, Serving::Cached),
            age_s: Some(object.age_s(self.clock.now_ms())),
            upstream_ms: None,
        }
    }

    /// Leads the miss of this key, or waits for whoever does (section 9).
    async fn collapse(self: &Arc<Self>, ask: &Ask, key: &CacheKey) -> Outcome {
        for _ in 0..BOARDINGS_MAX {
            let follower = match self.flights.board(key, self.store.generation()) {
                Boarding::Leader(flight) => return self.lead(ask, key, flight).await,
                Boarding::Follower(follower) => follower,
            };
            match follower.wait().await {
                Wake::Lead(flight) => return self.lead(ask, key, flight).await,
                Wake::Share(share) => return self.serve_shared(ask, &share),
                Wake::Alone => break,
                Wake::Again => {}
            }
        }
        let found = self.find(key);
        match &found.object {
            Some(object) if found.phase.is_from_cache() => {
                self.serve_cached(ask, object, found.phase)
            }
            _ => self.fill(ask, key, found).await.outcome,
        }
    }

    async fn lead(self: &Arc<Self>, ask: &Ask, key: &CacheKey, flight: Flight<Share>) -> Outcome {
        // Between the look-up and the boarding another flight may have landed.
        let found = self.find(key);
        match found.object {
            Some(object) if found.phase.is_from_cache() => {
                let outcome = self.serve_cached(ask, &object, found.phase);
                let stale_on_error = found.phase == Phase::StaleOnError;
                let first_invalidation = self.store.first_invalidation(found.generation, &object);
                let share = Share { object, stale_on_error };
                flight.land(&Landing::Shared(share, first_invalidation));
                outcome
            }
            _ => {
                let filled = self.fill(ask, key, found).await;
                flight.land(&filled.landing);
                filled.outcome
            }
        }
    }

    fn serve_shared(&self, ask: &Ask, share: &Share) -> Outcome {
        let step = Step::Share { stale_on_error: share.stale_on_error };
        self.serve_cached(ask, &share.object, Phase::Absent.after(step))
    }

    /// One refresh per key, behind the backs of those who are served stale (8.1, 8.8).
    fn refresh_behind(self: &Arc<Self>, ask: &Ask, key: CacheKey) {
        let Some(flight) = self.flights.lead(&key) else { return };
        // As above: perhaps another refresh has just landed. Dropped, the flight is nobody's loss.
        let found = self.find(&key);
        if found.phase != Phase::StaleWhileRevalidate {
            return;
        }
        let (edge, mut ask) = (Arc::clone(self), ask.clone());
        if ask.request.method == Method::HEAD {
            ask.request.method = Method::GET;
        }
        let expired = LookedUp { phase: Phase::Expired, ..found };
        tokio::spawn(async move {
            let filled = edge.fill(&ask, &key, expired).await;
            flight.land(&filled.landing);
        });
    }
}

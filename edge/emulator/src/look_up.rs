//! The cache's side of a request: serve from it, wait for the leader of a miss, or lead one.

use std::pin::Pin;
use std::sync::Arc;

use http::Method;

use crate::answer::{self, Serving};
use crate::collapse::{Completion, Leader, Role, Wake};
use crate::edge::{Edge, Outcome, RoutedRequest};
use crate::fill::Share;
use crate::key::CacheKey;
use crate::lifecycle::{LookUpResult, Phase, Step};
use crate::not_cached::NotCached;
use crate::object::StoredObject;

/// How often a request joins again because the shared answer was invalidated meanwhile; after
/// that it fetches by itself.
const JOINS_MAX: usize = 3;

/// A look-up: the stored object, and the phase of the request.
pub(crate) struct LookUp {
    pub(crate) phase: Phase,
    pub(crate) object: Option<Arc<StoredObject>>,
    /// The generation of invalidations before the look-up: any later use of the object checks for
    /// invalidations since.
    pub(crate) generation: u64,
}

// === impl Edge ===

impl Edge {
    /// As [`look_up`](Self::look_up), for the location whose regional cache this is.
    pub(crate) fn look_up_boxed(
        self: Arc<Self>,
        routed: RoutedRequest,
    ) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
        Box::pin(async move { self.look_up(&routed).await })
    }

    /// The answer to a request whose behavior caches.
    pub(crate) async fn look_up(self: &Arc<Self>, routed: &RoutedRequest) -> Outcome {
        let behavior = &self.distribution.behaviors[routed.behavior];
        let key = CacheKey::of(self.distribution.cache_policy(behavior), &routed.request);
        let look_up = self.find(&key);
        if let (Some(object), true) = (&look_up.object, look_up.phase.is_from_cache()) {
            let outcome = self.serve_cached(routed, object, look_up.phase);
            if look_up.phase == Phase::StaleWhileRevalidate {
                self.refresh_behind(routed, key);
            }
            return outcome;
        }
        if routed.request.method == Method::HEAD {
            return self
                .pass_through(routed, look_up.phase.after(Step::Bypass(NotCached::Head)))
                .await;
        }
        if self.forwarding(routed).forwards_cookies() {
            return self.fill(routed, &key, look_up).await.outcome;
        }
        self.collapse(routed, &key).await
    }

    fn find(&self, key: &CacheKey) -> LookUp {
        let now_ms = self.clock.now_ms();
        let generation = self.store.generation();
        let object = self.store.get(key);
        let result = object.as_deref().map_or(LookUpResult::Nothing, |object| {
            if object.freshness.is_fresh(now_ms) {
                LookUpResult::Fresh
            } else if object.is_held(now_ms) {
                LookUpResult::HeldOnError
            } else if object.freshness.is_usable_while_revalidating(now_ms) {
                LookUpResult::UsableWhileRevalidating
            } else {
                LookUpResult::Expired
            }
        });
        LookUp { phase: Phase::Received.after(Step::LookUp(result)), object, generation }
    }

    fn serve_cached(&self, routed: &RoutedRequest, object: &StoredObject, phase: Phase) -> Outcome {
        Outcome {
            phase,
            response: answer::serve(object, &routed.request, Serving::Cached),
            age_s: Some(object.age_s(self.clock.now_ms())),
            upstream_ms: None,
            detail: None,
        }
    }

    /// Leads the miss of this key, or waits for its leader (section 9).
    async fn collapse(self: &Arc<Self>, routed: &RoutedRequest, key: &CacheKey) -> Outcome {
        for _ in 0..JOINS_MAX {
            let follower = match self.fills.join_or_lead(key, self.store.generation()) {
                Role::Leader(leader) => return self.lead(routed, key, leader).await,
                Role::Follower(follower) => follower,
            };
            match follower.wait().await {
                Wake::Lead(leader) => return self.lead(routed, key, leader).await,
                Wake::Share(share) => return self.serve_shared(routed, &share),
                Wake::Alone => break,
                Wake::Again => {}
            }
        }
        let look_up = self.find(key);
        match &look_up.object {
            Some(object) if look_up.phase.is_from_cache() => {
                self.serve_cached(routed, object, look_up.phase)
            }
            _ => self.fill(routed, key, look_up).await.outcome,
        }
    }

    async fn lead(
        self: &Arc<Self>,
        routed: &RoutedRequest,
        key: &CacheKey,
        leader: Leader<Share>,
    ) -> Outcome {
        // Another leader may have completed its fill since the look-up.
        let look_up = self.find(key);
        match look_up.object {
            Some(object) if look_up.phase.is_from_cache() => {
                let outcome = self.serve_cached(routed, &object, look_up.phase);
                let stale_on_error = look_up.phase == Phase::StaleOnError;
                let first_invalidation = self.store.first_invalidation(look_up.generation, &object);
                let share = Share { object, stale_on_error };
                leader.complete(&Completion::Shared(share, first_invalidation));
                outcome
            }
            _ => {
                let filled = self.fill(routed, key, look_up).await;
                leader.complete(&filled.completion);
                filled.outcome
            }
        }
    }

    fn serve_shared(&self, routed: &RoutedRequest, share: &Share) -> Outcome {
        let step = Step::Share { stale_on_error: share.stale_on_error };
        self.serve_cached(routed, &share.object, Phase::Absent.after(step))
    }

    /// One refresh per key in the background, while viewers get the stale object (8.1, 8.8).
    fn refresh_behind(self: &Arc<Self>, routed: &RoutedRequest, key: CacheKey) {
        let Some(leader) = self.fills.lead(&key) else { return };
        // As in `lead`: if another refresh has completed since, there is nothing to do.
        let look_up = self.find(&key);
        if look_up.phase != Phase::StaleWhileRevalidate {
            return;
        }
        let (edge, mut routed) = (Arc::clone(self), routed.clone());
        if routed.request.method == Method::HEAD {
            routed.request.method = Method::GET;
        }
        let expired = LookUp { phase: Phase::Expired, ..look_up };
        tokio::spawn(async move {
            let filled = edge.fill(&routed, &key, expired).await;
            leader.complete(&filled.completion);
        });
    }
}

//! The origin's side of a request: a fill of the cache, or a pass-through.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{AGE, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, DATE};
use http::{HeaderMap, Method, Response, StatusCode};

use crate::admission::error_page;
use crate::answer::{self, Serving, clean};
use crate::collapse::Completion;
use crate::distribution::CachePolicy;
use crate::edge::{Edge, Outcome, RoutedRequest};
use crate::freshness::Freshness;
use crate::function::{Fault, Verdict};
use crate::key::{CacheKey, keyed_target};
use crate::lifecycle::{Phase, Step};
use crate::look_up::LookUp;
use crate::not_cached::NotCached;
use crate::object::{Label, StoredObject};
use crate::origin::{Forwarding, OriginError, Purpose, fetch};
use crate::storing::{Now, Storability, StoreDecision, decide};

/// The answer that a leader shares with its followers.
#[derive(Debug, Clone)]
pub(crate) struct Share {
    pub(crate) object: Arc<StoredObject>,
    pub(crate) stale_on_error: bool,
}

/// A completed fill: the answer to the leader, and how the fill ends for its followers.
pub(crate) struct FillResult {
    pub(crate) outcome: Outcome,
    pub(crate) completion: Completion<Share>,
}

/// One fill in progress, and the generation of invalidations in which it began.
struct Fill<'a> {
    routed: &'a RoutedRequest,
    key: &'a CacheKey,
    phase: Phase,
    generation: u64,
    upstream_ms: Option<u64>,
    detail: Option<&'static str>,
}

/// An origin's answer, or the edge's in its place.
struct OriginAnswer {
    response: Response<Bytes>,
    upstream_ms: Option<u64>,
    /// A word for the log (17.1).
    detail: Option<&'static str>,
}

// === impl Fill ===

impl Fill<'_> {
    /// The answer to the leader: this object, after this step.
    fn outcome(
        &self,
        step: Step,
        object: &StoredObject,
        serving: Serving,
        age_s: Option<u64>,
    ) -> Outcome {
        Outcome {
            phase: self.phase.after(step),
            response: answer::serve(object, &self.routed.request, serving),
            age_s,
            upstream_ms: self.upstream_ms,
            detail: self.detail,
        }
    }
}

// === impl Edge ===

impl Edge {
    /// Fetches on behalf of the cache: revalidates the stored object, or fetches all of it.
    pub(crate) async fn fill(
        &self,
        routed: &RoutedRequest,
        key: &CacheKey,
        look_up: LookUp,
    ) -> FillResult {
        if let Some(regional) = &self.regional
            && routed.request.method == Method::GET
        {
            return self.fill_from(regional, routed, key, look_up).await;
        }
        let LookUp { phase, object: stale, generation } = look_up;
        let forwarding = self.forwarding(routed);
        let conditional = stale.as_deref().filter(|object| {
            object.revalidates && object.has_validators() && !forwarding.forwards_cookies()
        });
        let purpose = match &stale {
            Some(_) => Purpose::Refill(conditional.map(|object| &object.headers)),
            None => Purpose::Fill,
        };
        let mut fetched = match self.fetch(routed, &forwarding, purpose).await {
            Ok(fetched) => fetched,
            Err(fault) => {
                let outcome = Outcome::fault(phase, &fault);
                return FillResult { outcome, completion: Completion::Alone };
            }
        };
        let headers = fetched.response.headers_mut();
        clean(headers, &forwarding, &routed.request.method);
        headers.entry(DATE).or_insert_with(|| self.date());
        let OriginAnswer { upstream_ms, detail, .. } = fetched;
        let fill = Fill { routed, key, phase, generation, upstream_ms, detail };
        let status = fetched.response.status();
        match (conditional, stale.as_ref()) {
            (Some(object), _) if status == StatusCode::NOT_MODIFIED => {
                self.revalidated(&fill, object, fetched.response)
            }
            (_, Some(object))
                if status.is_server_error()
                    && object.freshness.is_usable_on_error(self.clock.now_ms()) =>
            {
                self.fallen_back(&fill, object, status)
            }
            _ => self.fetched(&fill, fetched.response, None),
        }
    }

    /// Fetches the whole object from the regional cache, which fetches it itself if it has none
    /// (16.1). The time there is part of the object's age (16.5).
    async fn fill_from(
        &self,
        regional: &Arc<Self>,
        routed: &RoutedRequest,
        key: &CacheKey,
        look_up: LookUp,
    ) -> FillResult {
        let LookUp { phase, object: stale, generation } = look_up;
        let whole = RoutedRequest { request: routed.request.unconditional(), ..routed.clone() };
        let mut fetched = Arc::clone(regional).look_up_boxed(whole).await;
        if matches!(fetched.phase, Phase::FunctionThrew | Phase::FunctionInvalid) {
            return FillResult { outcome: fetched, completion: Completion::Alone };
        }
        if let Some(age_s) = fetched.age_s {
            fetched.response.headers_mut().insert(AGE, age_s.into());
        }
        let step = match (phase, fetched.phase) {
            (Phase::Expired, Phase::Revalidated) => Some(Step::Revalidate),
            (_, phase) if phase.is_from_cache() => Some(Step::HitRegionally),
            _ => None,
        };
        let Outcome { upstream_ms, detail, .. } = fetched;
        let fill = Fill { routed, key, phase, generation, upstream_ms, detail };
        let status = fetched.response.status();
        match stale {
            Some(object)
                if status.is_server_error()
                    && object.freshness.is_usable_on_error(self.clock.now_ms()) =>
            {
                self.fallen_back(&fill, &object, status)
            }
            _ => self.fetched(&fill, fetched.response, step),
        }
    }

    /// Passes a request through; its answer is not shared.
    pub(crate) async fn pass_through(&self, routed: &RoutedRequest, phase: Phase) -> Outcome {
        let forwarding = self.forwarding(routed);
        match self.fetch(routed, &forwarding, Purpose::PassThrough).await {
            Err(fault) => Outcome::fault(phase, &fault),
            Ok(mut fetched) => {
                clean(fetched.response.headers_mut(), &forwarding, &routed.request.method);
                Outcome {
                    phase: phase.after(Step::Answer(Ok(()))),
                    response: fetched.response,
                    age_s: None,
                    upstream_ms: fetched.upstream_ms,
                    detail: fetched.detail,
                }
            }
        }
    }

    /// The parts of a request that its behavior forwards.
    pub(crate) fn forwarding(&self, routed: &RoutedRequest) -> Forwarding<'_> {
        let behavior = &self.distribution.behaviors[routed.behavior];
        Forwarding {
            cache: self.distribution.cache_policy(behavior),
            beyond_key: self.distribution.origin_request_policy(behavior),
            origin: &self.distribution.origins[behavior.origin],
            caches_options: behavior.caches_options,
        }
    }

    /// A new answer: stored if it may be, and shared if it may be. `step` is how it came, if it is not
    /// the origin's.
    fn fetched(
        &self,
        fill: &Fill<'_>,
        response: Response<Bytes>,
        step: Option<Step>,
    ) -> FillResult {
        let now = self.now();
        let decision = self.decide(fill, response.status(), response.headers(), now);
        let response = match decision.storability {
            Storability::No(_) => response,
            // The origin's may be a part of a buffer, which it would hold.
            _ => response.map(|body| Bytes::copy_from_slice(&body)),
        };
        let object = self.object(fill, response, decision, now);
        let stored = self.store_object(fill, &object, decision.storability);
        let serving = if step.is_some() { Serving::Cached } else { Serving::Fetched };
        let step = step.unwrap_or(Step::Answer(stored));
        FillResult {
            completion: self.completion(fill, &object, decision),
            outcome: fill.outcome(step, &object, serving, object.origin_age_s),
        }
    }

    /// 304: the stored body under the headers of both, the new ones first (7.3).
    fn revalidated(
        &self,
        fill: &Fill<'_>,
        stale: &StoredObject,
        confirmation: Response<Bytes>,
    ) -> FillResult {
        let now = self.now();
        let mut response = Response::new(stale.body.clone());
        *response.status_mut() = stale.status;
        *response.headers_mut() = merged(&stale.headers, confirmation.headers());
        let decision = self.decide(fill, stale.status, response.headers(), now);
        let object = self.object(fill, response, decision, now);
        // This viewer gets the confirmed body even if the object could not be stored.
        let _ = self.store_object(fill, &object, decision.storability);
        FillResult {
            completion: self.completion(fill, &object, decision),
            outcome: fill.outcome(Step::Revalidate, &object, Serving::Cached, object.origin_age_s),
        }
    }

    /// The origin failed: the stale object is served instead, perhaps for a while (8.2, 8.4).
    fn fallen_back(
        &self,
        fill: &Fill<'_>,
        stale: &Arc<StoredObject>,
        status: StatusCode,
    ) -> FillResult {
        let now_ms = self.clock.now_ms();
        if stale.freshness.holds_on_error {
            let hold_s = self.distribution.errors.min_s(status.as_u16());
            stale.hold_until(now_ms.saturating_add(hold_s.saturating_mul(1_000)));
        }
        let share = Share { object: Arc::clone(stale), stale_on_error: true };
        let first_invalidation = self.store.first_invalidation(fill.generation, stale);
        FillResult {
            completion: Completion::Shared(share, first_invalidation),
            outcome: fill.outcome(
                Step::FallBack,
                stale,
                Serving::Cached,
                Some(stale.age_s(now_ms)),
            ),
        }
    }

    fn decide(
        &self,
        fill: &Fill<'_>,
        status: StatusCode,
        headers: &HeaderMap,
        now: Now,
    ) -> StoreDecision {
        decide(self.policy(fill.routed).ttl, &self.distribution.errors, status, headers, now)
    }

    fn object(
        &self,
        fill: &Fill<'_>,
        response: Response<Bytes>,
        decision: StoreDecision,
        now: Now,
    ) -> Arc<StoredObject> {
        let freshness = match decision.storability {
            Storability::Fresh(freshness) | Storability::Unfresh(freshness, _) => freshness,
            Storability::No(_) => Freshness::of_error(now.ms, 0),
        };
        let policy = self.policy(fill.routed);
        let mut targets = vec![keyed_target(policy, &fill.routed.request)];
        let viewer_target = fill.routed.viewer_target.as_ref();
        targets.extend(viewer_target.filter(|target| **target != targets[0]).cloned());
        let label = Label { targets, tag_header: self.distribution.tag_header.as_ref() };
        Arc::new(StoredObject::new(response, freshness, decision.revalidates, label))
    }

    fn store_object(
        &self,
        fill: &Fill<'_>,
        object: &Arc<StoredObject>,
        storability: Storability,
    ) -> Result<(), NotCached> {
        let put = || self.store.put(fill.key, Arc::clone(object), fill.generation);
        match storability {
            Storability::Fresh(_) => put(),
            Storability::Unfresh(_, reason) => put().and(Err(reason)),
            Storability::No(reason) => Err(reason),
        }
    }

    fn completion(
        &self,
        fill: &Fill<'_>,
        object: &Arc<StoredObject>,
        decision: StoreDecision,
    ) -> Completion<Share> {
        if !decision.is_shareable {
            return Completion::Alone;
        }
        let share = Share { object: Arc::clone(object), stale_on_error: false };
        Completion::Shared(share, self.store.first_invalidation(fill.generation, object))
    }

    async fn fetch(
        &self,
        routed: &RoutedRequest,
        forwarding: &Forwarding<'_>,
        purpose: Purpose<'_>,
    ) -> Result<OriginAnswer, Fault> {
        let functions = &self.functions[routed.behavior];
        let runner = self.runner(routed.behavior, &routed.id);
        let started_ms = self.clock.now_ms();
        let mut request = forwarding.request(&routed.request, &self.via, purpose);
        if let Some(function) = &functions.origin_request {
            match runner.origin_request(function.as_ref(), request)? {
                Verdict::Continue(changed) => request = changed,
                Verdict::Respond(response) => {
                    let detail = Some("MissGeneratedResponse");
                    return Ok(OriginAnswer { response, upstream_ms: None, detail });
                }
            }
        }
        let event = functions.origin_response.as_ref().map(|function| (function, request.clone()));
        let request = request
            .into_origin(routed.id.header())
            .ok_or_else(|| Fault::Invalid("a target that is not one".to_owned()))?;
        let index = self.distribution.behaviors[routed.behavior].origin;
        let origin = self.origins[index].as_ref();
        let fetched = fetch(origin, forwarding.origin.timeouts, request).await;
        let upstream_ms = Some(self.clock.now_ms().saturating_sub(started_ms));
        let detail = fetched.as_ref().err().map(|error| error.log_word());
        let response = match (fetched, event) {
            (Ok(response), Some((function, request)))
                if response.status() != StatusCode::SWITCHING_PROTOCOLS =>
            {
                runner.origin_response(function.as_ref(), &request, response)?
            }
            (Ok(response), _) => response,
            (Err(error), _) => {
                tracing::warn!(%error, origin = forwarding.origin.id, "an origin failed");
                error_page(status_of(error))
            }
        };
        Ok(OriginAnswer { response, upstream_ms, detail })
    }

    fn policy(&self, routed: &RoutedRequest) -> &CachePolicy {
        self.distribution.cache_policy(&self.distribution.behaviors[routed.behavior])
    }

    fn now(&self) -> Now {
        Now { ms: self.clock.now_ms(), wall_s: self.clock.wall_unix_s() }
    }
}

/// The status for the viewer when the origin gave no answer (10.10).
fn status_of(error: OriginError) -> StatusCode {
    match error {
        OriginError::Timeout => StatusCode::GATEWAY_TIMEOUT,
        OriginError::Unreachable | OriginError::Incomplete | OriginError::Invalid => {
            StatusCode::BAD_GATEWAY
        }
    }
}

/// The stored headers, replaced by the 304's where it has them, save those about the stored bytes.
fn merged(stored: &HeaderMap, news: &HeaderMap) -> HeaderMap {
    let mut headers = stored.clone();
    for name in news.keys() {
        if [CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE].contains(name) {
            continue;
        }
        headers.remove(name);
        for value in news.get_all(name) {
            headers.append(name, value.clone());
        }
    }
    headers
}

//! The origin's side of a request: fetched for the cache, or passed through.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, DATE};
use http::{HeaderMap, Response, StatusCode};

use crate::admission::error_page;
use crate::answer::{self, Serving, clean};
use crate::collapse::Landing;
use crate::distribution::CachePolicy;
use crate::edge::{Ask, Edge, Outcome};
use crate::freshness::Freshness;
use crate::function::{Fault, Verdict};
use crate::key::{CacheKey, keyed_target};
use crate::lifecycle::{Phase, Step};
use crate::look_up::LookedUp;
use crate::not_cached::NotCached;
use crate::object::{Label, StoredObject};
use crate::origin::{Forwarding, OriginError, Purpose, fetch};
use crate::storing::{Judgement, Keeping, Now, judge};

/// What a landed flight has for those who waited.
#[derive(Debug, Clone)]
pub(crate) struct Share {
    pub(crate) object: Arc<StoredObject>,
    pub(crate) stale_on_error: bool,
}

/// A fill: the answer for who asked, and what there is for those who wait.
pub(crate) struct Filled {
    pub(crate) outcome: Outcome,
    pub(crate) landing: Landing<Share>,
}

/// One fill on its way: the generation of invalidations it began in.
struct Fill<'a> {
    ask: &'a Ask,
    key: &'a CacheKey,
    phase: Phase,
    generation: u64,
    upstream_ms: Option<u64>,
}

/// An origin's answer, or the edge's in its place.
struct Fetched {
    response: Response<Bytes>,
    upstream_ms: Option<u64>,
}

// === impl Edge ===

impl Edge {
    /// Fetches on behalf of the cache: revalidates what is there, or asks for all of it.
    pub(crate) async fn fill(&self, ask: &Ask, key: &CacheKey, found: LookedUp) -> Filled {
        let LookedUp { phase, object: stale, generation } = found;
        let forwarding = self.forwarding(ask);
        let conditional = stale.as_deref().filter(|object| {
            object.revalidates && object.has_validators() && !forwarding.forwards_cookies()
        });
        let purpose = match &stale {
            Some(_) => Purpose::Refill(conditional.map(|object| &object.headers)),
            None => Purpose::Fill,
        };
        let mut fetched = match self.fetch(ask, &forwarding, purpose).await {
            Ok(fetched) => fetched,
            Err(fault) => {
                let outcome = Outcome::fault(phase, &fault);
                return Filled { outcome, landing: Landing::Alone };
            }
        };
        clean(fetched.response.headers_mut(), &forwarding, &ask.request.method);
        let fill = Fill { ask, key, phase, generation, upstream_ms: fetched.upstream_ms };
        let status = fetched.response.status();
        match (conditional, stale.as_ref()) {
            (Some(object), _) if status == StatusCode::NOT_MODIFIED => {
                self.revalidated(&fill, object, fetched.response.headers())
            }
            (_, Some(object))
                if status.is_server_error()
                    && object.freshness.is_usable_on_error(self.clock.now_ms()) =>
            {
                self.fallen_back(&fill, object, status)
            }
            _ => self.fetched(&fill, fetched.response),
        }
    }

    /// Passes a request through, whose answer is nobody else's.
    pub(crate) async fn pass(&self, ask: &Ask, phase: Phase) -> Outcome {
        let forwarding = self.forwarding(ask);
        match self.fetch(ask, &forwarding, Purpose::Pass).await {
            Err(fault) => Outcome::fault(phase, &fault),
            Ok(mut fetched) => {
                clean(fetched.response.headers_mut(), &forwarding, &ask.request.method);
                Outcome {
                    phase: phase.after(Step::Answer(Ok(()))),
                    response: fetched.response,
                    age_s: None,
                    upstream_ms: fetched.upstream_ms,
                }
            }
        }
    }

    /// What of a request its behavior lets the origin see.
    pub(crate) fn forwarding(&self, ask: &Ask) -> Forwarding<'_> {
        let behavior = &self.distribution.behaviors[ask.behavior];
        Forwarding {
            cache: self.distribution.cache_policy(behavior),
            beyond_key: self.distribution.origin_request_policy(behavior),
            origin: &self.distribution.origins[behavior.origin],
            caches_options: behavior.caches_options,
        }
    }

    /// A new answer: judged, kept if it may be, and shared if it may be.
    fn fetched(&self, fill: &Fill<'_>, mut response: Response<Bytes>) -> Filled {
        let now = self.now();
        let date = self.date();
        response.headers_mut().entry(DATE).or_insert(date);
        let judgement = self.judge(fill, response.status(), response.headers(), now);
        let object = self.object(fill, response, judgement, now);
        let step = Step::Answer(self.keep(fill, &object, judgement.keeping));
        Filled {
            landing: self.landing(fill, &object, judgement),
            outcome: Outcome {
                phase: fill.phase.after(step),
                response: answer::serve(&object, &fill.ask.request, Serving::Fetched),
                age_s: None,
                upstream_ms: fill.upstream_ms,
            },
        }
    }

    /// 304: the stored body under the headers of both, the new ones first (7.3).
    fn revalidated(&self, fill: &Fill<'_>, stale: &StoredObject, news: &HeaderMap) -> Filled {
        let now = self.now();
        let mut response = Response::new(stale.body.clone());
        *response.status_mut() = stale.status;
        *response.headers_mut() = merged(&stale.headers, news);
        let judgement = self.judge(fill, stale.status, response.headers(), now);
        let object = self.object(fill, response, judgement, now);
        // Whether it could be kept is of no consequence to this viewer: the body is confirmed.
        let _ = self.keep(fill, &object, judgement.keeping);
        Filled {
            landing: self.landing(fill, &object, judgement),
            outcome: Outcome {
                phase: fill.phase.after(Step::Revalidate),
                response: answer::serve(&object, &fill.ask.request, Serving::Cached),
                age_s: None,
                upstream_ms: fill.upstream_ms,
            },
        }
    }

    /// The origin failed: the stale object stands in, perhaps for a while (8.2, 8.4).
    fn fallen_back(
        &self,
        fill: &Fill<'_>,
        stale: &Arc<StoredObject>,
        status: StatusCode,
    ) -> Filled {
        let now_ms = self.clock.now_ms();
        if stale.freshness.holds_on_error {
            let hold_s = self.distribution.errors.min_s(status.as_u16());
            stale.hold_until(now_ms.saturating_add(hold_s.saturating_mul(1_000)));
        }
        let share = Share { object: Arc::clone(stale), stale_on_error: true };
        let first_invalidation = self.store.first_invalidation(fill.generation, stale);
        Filled {
            landing: Landing::Shared(share, first_invalidation),
            outcome: Outcome {
                phase: fill.phase.after(Step::FallBack),
                response: answer::serve(stale, &fill.ask.request, Serving::Cached),
                age_s: Some(stale.age_s(now_ms)),
                upstream_ms: fill.upstream_ms,
            },
        }
    }

    fn judge(
        &self,
        fill: &Fill<'_>,
        status: StatusCode,
        headers: &HeaderMap,
        now: Now,
    ) -> Judgement {
        judge(self.policy(fill.ask).ttl, &self.distribution.errors, status, headers, now)
    }

    fn object(
        &self,
        fill: &Fill<'_>,
        response: Response<Bytes>,
        judgement: Judgement,
        now: Now,
    ) -> Arc<StoredObject> {
        let freshness = match judgement.keeping {
            Keeping::Fresh(freshness) | Keeping::Unfresh(freshness, _) => freshness,
            Keeping::No(_) => Freshness::of_error(now.ms, 0),
        };
        let policy = self.policy(fill.ask);
        let mut targets = vec![keyed_target(policy, &fill.ask.request)];
        if fill.ask.viewer_target != targets[0] {
            targets.push(fill.ask.viewer_target.clone());
        }
        let label = Label { targets, tag_header: self.distribution.tag_header.as_ref() };
        Arc::new(StoredObject::new(response, freshness, judgement.revalidates, label))
    }

    fn keep(
        &self,
        fill: &Fill<'_>,
        object: &Arc<StoredObject>,
        keeping: Keeping,
    ) -> Result<(), NotCached> {
        let put = || self.store.put(fill.key, Arc::clone(object), fill.generation);
        match keeping {
            Keeping::Fresh(_) => put(),
            Keeping::Unfresh(_, reason) => put().and(Err(reason)),
            Keeping::No(reason) => Err(reason),
        }
    }

    fn landing(
        &self,
        fill: &Fill<'_>,
        object: &Arc<StoredObject>,
        judgement: Judgement,
    ) -> Landing<Share> {
        if !judgement.is_shareable {
            return Landing::Alone;
        }
        let share = Share { object: Arc::clone(object), stale_on_error: false };
        Landing::Shared(share, self.store.first_invalidation(fill.generation, object))
    }

    async fn fetch(
        &self,
        ask: &Ask,
        forwarding: &Forwarding<'_>,
        purpose: Purpose<'_>,
    ) -> Result<Fetched, Fault> {
        let functions = &self.functions[ask.behavior];
        let runner = self.runner(ask.behavior, &ask.id);
        let started_ms = self.clock.now_ms();
        let mut request = forwarding.request(&ask.request, &self.via, purpose);
        if let Some(function) = &functions.origin_request {
            match runner.origin_request(function.as_ref(), request)? {
                Verdict::Continue(changed) => request = changed,
                Verdict::Respond(response) => {
                    return Ok(Fetched { response, upstream_ms: None });
                }
            }
        }
        let event = functions.origin_response.as_ref().map(|function| (function, request.clone()));
        let request = request
            .into_origin(ask.id.header())
            .ok_or_else(|| Fault::Invalid("a target that is not one".to_owned()))?;
        let index = self.distribution.behaviors[ask.behavior].origin;
        let origin = self.origins[index].as_ref();
        let fetched = fetch(origin, forwarding.origin.timeouts, request).await;
        let upstream_ms = Some(self.clock.now_ms().saturating_sub(started_ms));
        let response = match (fetched, event) {
            (Ok(response), Some((function, request))) => {
                runner.origin_response(function.as_ref(), &request, response)?
            }
            (Ok(response), None) => response,
            (Err(error), _) => {
                tracing::warn!(%error, origin = forwarding.origin.id, "an origin failed");
                error_page(status_of(error))
            }
        };
        Ok(Fetched { response, upstream_ms })
    }

    fn policy(&self, ask: &Ask) -> &CachePolicy {
        self.distribution.cache_policy(&self.distribution.behaviors[ask.behavior])
    }

    fn now(&self) -> Now {
        Now { ms: self.clock.now_ms(), wall_s: self.clock.wall_unix_s() }
    }
}

/// What the viewer gets when the origin gave nothing (10.10).
fn status_of(error: OriginError) -> StatusCode {
    match error {
        OriginError::Timeout => StatusCode::GATEWAY_TIMEOUT,
        OriginError::Unreachable | OriginError::Incomplete | OriginError::Invalid => {
            StatusCode::BAD_GATEWAY
        }
    }
}

/// The stored headers, replaced by the 304's where it has them, save those about the body.
fn merged(stored: &HeaderMap, news: &HeaderMap) -> HeaderMap {
    let mut headers = stored.clone();
    for name in news.keys() {
        if [CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE].contains(name) {
            continue;
        }
        headers.remove(name);
        for value in news.get_all(name) {
            headers.append(name, value.clone());
        }
    }
    headers
}

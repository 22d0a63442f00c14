//! One edge location: the state that all requests share, and the path of a request from admission
//! to the last header of the answer.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{AGE, CONTENT_LENGTH, DATE, PRAGMA, SERVER, VIA};
use http::request::Parts;
use http::uri::Scheme;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};

use crate::access_log::{AccessLog, Ending, LoggedRequest, ViewerSocket};
use crate::admission::{self, Protocol, Rejection, error_page};
use crate::clock::Clock;
use crate::collapse::Fills;
use crate::distribution::{Behavior, Distribution};
use crate::fill::Share;
use crate::function::{Fault, Functions, Runner, Verdict};
use crate::ids::{Pop, RequestId, RequestIds};
use crate::invalidation::{DelayedInvalidations, Item};
use crate::key::keyed_target;
use crate::lifecycle::{Phase, ResultType, Step};
use crate::not_cached::NotCached;
use crate::origin::Origin;
use crate::request::EdgeRequest;
use crate::response_headers::{self, CorsRequest};
use crate::server_timing::{self, Timing};
use crate::store::Store;

const X_CACHE: HeaderName = HeaderName::from_static("x-cache");
const X_AMZ_CF_ID: HeaderName = HeaderName::from_static("x-amz-cf-id");
const X_AMZ_CF_POP: HeaderName = HeaderName::from_static("x-amz-cf-pop");
const X_EMU_NOT_CACHED: HeaderName = HeaderName::from_static("x-emu-not-cached");
const X_EMU_STALE: HeaderName = HeaderName::from_static("x-emu-stale");

/// The state that all requests of one location share. `origins` and `functions` run parallel to the
/// distribution's origins and behaviors.
pub(crate) struct Edge {
    pub(crate) pop: Pop,
    /// The cache between this location and the origins, if it is not that cache itself (16.1).
    pub(crate) regional: Option<Arc<Self>>,
    pub(crate) distribution: Arc<Distribution>,
    pub(crate) origins: Vec<Arc<dyn Origin>>,
    pub(crate) functions: Vec<Functions>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) store: Store,
    pub(crate) delayed_invalidations: DelayedInvalidations,
    pub(crate) fills: Arc<Fills<Share>>,
    pub(crate) ids: RequestIds,
    pub(crate) via: HeaderValue,
    pub(crate) access_log: Option<Arc<dyn AccessLog>>,
    pub(crate) switches: Switches,
}

/// Start-up options.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Switches {
    /// Plain HTTP counts as HTTPS.
    pub(crate) local_http: bool,
    /// Answers have a header with the reason why they were not cached.
    pub(crate) debug_headers: bool,
}

/// A request after its viewer-request function, with its behavior.
#[derive(Clone)]
pub(crate) struct RoutedRequest {
    pub(crate) behavior: usize,
    pub(crate) request: EdgeRequest,
    /// The target by which an invalidation names it, before the function, if there is one.
    pub(crate) viewer_target: Option<String>,
    pub(crate) id: RequestId,
}

/// How a request ended, before the headers that every answer gets.
pub(crate) struct Outcome {
    pub(crate) phase: Phase,
    pub(crate) response: Response<Bytes>,
    pub(crate) age_s: Option<u64>,
    pub(crate) upstream_ms: Option<u64>,
    /// A word for the log, more exact than the result (17.1).
    pub(crate) detail: Option<&'static str>,
}

/// The properties of a request that its response headers depend on.
struct ResponseContext {
    id: RequestId,
    started_ms: u64,
    is_head: bool,
    cors: CorsRequest,
    requests_timing: bool,
    /// Only if there is a log. Boxed, since most edges have none.
    logged: Option<Box<LoggedRequest>>,
}

// === impl Outcome ===

impl Outcome {
    /// An answer of the edge or of a function, or a failure.
    pub(crate) fn own(phase: Phase, response: Response<Bytes>) -> Self {
        Self { phase, response, age_s: None, upstream_ms: None, detail: None }
    }

    pub(crate) fn rejected(rejection: Rejection) -> Self {
        let own = Self::own(Phase::Received.after(Step::Reject), rejection.response());
        Self { detail: Some(rejection.log_word()), ..own }
    }

    pub(crate) fn fault(phase: Phase, fault: &Fault) -> Self {
        tracing::warn!(error = ?fault, "an edge function failed");
        Self::own(phase.after_fault(fault), error_page(fault.status()))
    }
}

// === impl Edge ===

impl Edge {
    /// One request in, one answer out.
    pub(crate) async fn handle(
        self: &Arc<Self>,
        request: Request<Bytes>,
        viewer: IpAddr,
    ) -> Response<Bytes> {
        self.invalidate_due();
        let is_https = is_https(&request);
        let context = self.response_context(&request, viewer, is_https);
        match admission::admit(request, viewer) {
            Err(rejection) => self.add_final_headers(None, Outcome::rejected(rejection), &context),
            Ok(request) => {
                let index = self.distribution.select(&request.path);
                let behavior = &self.distribution.behaviors[index];
                let outcome = match self.reject_viewer(behavior, &request, is_https) {
                    Some(outcome) => outcome,
                    None => self.respond(index, request, &context.id).await,
                };
                self.add_final_headers(Some(behavior), outcome, &context)
            }
        }
    }

    /// Invalidates these items, now or when they have arrived here; returns the number removed now.
    pub(crate) fn invalidate(&self, items: Vec<Item>) -> usize {
        match self.delayed_invalidations.add(self.clock.now_ms(), items) {
            Some(now) => self.store.invalidate(&now),
            None => self.invalidate_due(),
        }
    }

    /// In the regional cache first, so that no location fetches from it what it removed itself.
    fn invalidate_due(&self) -> usize {
        if let Some(regional) = &self.regional {
            regional.invalidate_due();
        }
        let due = self.delayed_invalidations.take_due(self.clock.now_ms());
        if due.is_empty() { 0 } else { self.store.invalidate(&due) }
    }

    /// Whether this request is rejected whatever its body is (18.6).
    pub(crate) fn check_head(&self, parts: &Parts) -> Result<(), Rejection> {
        admission::check_head(parts)?;
        if [Method::GET, Method::HEAD].contains(&parts.method) {
            return Err(Rejection::BodyOnRead);
        }
        let index = self.distribution.select(parts.uri.path());
        admission::check_method(&self.distribution.behaviors[index], &parts.method)
    }

    /// The answer to a request that could not be read.
    pub(crate) fn reject(
        &self,
        rejection: Rejection,
        request: &Request<Bytes>,
        viewer: IpAddr,
    ) -> Response<Bytes> {
        let context = self.response_context(request, viewer, is_https(request));
        self.add_final_headers(None, Outcome::rejected(rejection), &context)
    }

    /// The runner of functions for this request.
    pub(crate) fn runner<'a>(&'a self, behavior: usize, id: &'a RequestId) -> Runner<'a> {
        let origin = &self.distribution.origins[self.distribution.behaviors[behavior].origin];
        Runner { request_id: id.as_str(), origin }
    }

    fn response_context(
        &self,
        request: &Request<Bytes>,
        viewer: IpAddr,
        is_https: bool,
    ) -> ResponseContext {
        let (method, headers) = (request.method(), request.headers());
        let logged = || Box::new(LoggedRequest::new(request, viewer, is_https));
        ResponseContext {
            logged: self.access_log.is_some().then(logged),
            id: self.ids.next(),
            started_ms: self.clock.now_ms(),
            is_head: *method == Method::HEAD,
            cors: CorsRequest::of(method, headers),
            requests_timing: headers.get(PRAGMA).is_some_and(|pragma| pragma == "server-timing"),
        }
    }

    fn reject_viewer(
        &self,
        behavior: &Behavior,
        request: &EdgeRequest,
        is_https: bool,
    ) -> Option<Outcome> {
        if !self.switches.local_http {
            match admission::check_protocol(behavior, request, is_https) {
                Protocol::Allow => {}
                Protocol::Reject(rejection) => return Some(Outcome::rejected(rejection)),
                Protocol::Redirect(response) => {
                    let phase = Phase::Received.after(Step::Redirect);
                    return Some(Outcome::own(phase, response));
                }
            }
        }
        admission::check_method(behavior, &request.method).err().map(Outcome::rejected)
    }

    async fn respond(
        self: &Arc<Self>,
        behavior: usize,
        request: EdgeRequest,
        id: &RequestId,
    ) -> Outcome {
        let policy = self.distribution.cache_policy(&self.distribution.behaviors[behavior]);
        let viewer_request = self.functions[behavior].viewer_request.as_ref();
        let viewer_target = viewer_request.map(|_| keyed_target(policy, &request));
        let request = match viewer_request {
            None => request,
            Some(function) => {
                match self.runner(behavior, id).viewer_request(function.as_ref(), request) {
                    Ok(Verdict::Continue(request)) => request,
                    Ok(Verdict::Respond(response)) => {
                        return Outcome::own(Phase::Received.after(Step::Generate), response);
                    }
                    Err(fault) => return Outcome::fault(Phase::Received, &fault),
                }
            }
        };
        let routed = RoutedRequest { behavior, request, viewer_target, id: id.clone() };
        let outcome = match self.never_cached(&routed) {
            Some(reason) => {
                self.pass_through(&routed, Phase::Received.after(Step::Bypass(reason))).await
            }
            None => self.look_up(&routed).await,
        };
        self.viewer_response(&routed, outcome)
    }

    /// Why a request bypasses the cache.
    fn never_cached(&self, routed: &RoutedRequest) -> Option<NotCached> {
        let behavior = &self.distribution.behaviors[routed.behavior];
        if !self.distribution.cache_policy(behavior).caches() {
            return Some(NotCached::CachingDisabled);
        }
        if routed.request.is_websocket {
            return Some(NotCached::WebSocket);
        }
        let cached = match routed.request.method {
            Method::GET | Method::HEAD => true,
            Method::OPTIONS => behavior.caches_options,
            _ => false,
        };
        (!cached).then_some(NotCached::Method)
    }

    /// The viewer-response function runs for every answer but errors (3.5) and the handshake of a
    /// WebSocket (15.5).
    fn viewer_response(&self, routed: &RoutedRequest, mut outcome: Outcome) -> Outcome {
        let Some(function) = &self.functions[routed.behavior].viewer_response else {
            return outcome;
        };
        let status = outcome.response.status();
        if status.as_u16() >= 400 || status == StatusCode::SWITCHING_PROTOCOLS {
            return outcome;
        }
        let response = std::mem::take(&mut outcome.response);
        let runner = self.runner(routed.behavior, &routed.id);
        match runner.viewer_response(function.as_ref(), &routed.request, response) {
            Ok(response) => Outcome { response, ..outcome },
            Err(fault) => Outcome::fault(outcome.phase, &fault),
        }
    }

    /// The headers every answer gets: the behavior's policy, then the edge's own.
    fn add_final_headers(
        &self,
        behavior: Option<&Behavior>,
        outcome: Outcome,
        context: &ResponseContext,
    ) -> Response<Bytes> {
        let Outcome { phase, mut response, age_s, upstream_ms, detail } = outcome;
        let result = phase.result(response.status());
        let headers = response.headers_mut();
        if let Some(age_s) = age_s {
            headers.insert(AGE, age_s.into());
        }
        let policy = behavior.and_then(|it| self.distribution.response_headers_policy(it));
        if let Some(policy) = policy {
            response_headers::apply(policy, &context.cors, headers);
            if let Some(percent) = policy.server_timing_percent
                && (context.requests_timing || context.id.is_sampled(percent))
            {
                let downstream_ms = self.clock.now_ms().saturating_sub(context.started_ms);
                let timing = Timing { upstream_ms, downstream_ms };
                server_timing::apply(headers, phase, timing, &self.pop, &context.id);
            }
        }
        headers.entry(SERVER).or_insert(HeaderValue::from_static("CloudFront"));
        if !headers.contains_key(DATE) {
            headers.insert(DATE, self.date());
        }
        headers.append(VIA, self.via.clone());
        headers.insert(X_CACHE, HeaderValue::from_static(result.x_cache()));
        headers.insert(X_AMZ_CF_POP, self.pop.header().clone());
        headers.insert(X_AMZ_CF_ID, context.id.header().clone());
        if self.switches.debug_headers {
            if let Some(reason) = phase.not_cached() {
                headers.insert(X_EMU_NOT_CACHED, HeaderValue::from_static(reason.into()));
            }
            if let Some(word) = phase.stale_word() {
                headers.insert(X_EMU_STALE, HeaderValue::from_static(word));
            }
        }
        if context.is_head && !response.body().is_empty() {
            let body = std::mem::take(response.body_mut());
            response.headers_mut().insert(CONTENT_LENGTH, body.len().into());
        }
        if let (Some(log), Some(logged)) = (&self.access_log, &context.logged) {
            let is_detailed = matches!(result, ResultType::Error | ResultType::Miss);
            log.write(logged.line(&Ending {
                result,
                detail: detail.filter(|_| is_detailed),
                pop: &self.pop,
                id: &context.id,
                wall_unix_s: self.clock.wall_unix_s(),
                taken_ms: self.clock.now_ms().saturating_sub(context.started_ms),
                response: &response,
            }));
        }
        tracing::debug!(status = response.status().as_u16(), ?result, ?phase, "answered");
        response
    }

    /// The wall clock as a header.
    pub(crate) fn date(&self) -> HeaderValue {
        let wall = UNIX_EPOCH + Duration::from_secs(self.clock.wall_unix_s());
        HeaderValue::from_str(&httpdate::fmt_http_date(wall)).expect("a date is fit for a header")
    }
}

/// Whether the viewer has TLS: its socket has, or the target of a request without socket says so.
fn is_https(request: &Request<Bytes>) -> bool {
    let socket = request.extensions().get::<ViewerSocket>();
    socket.is_some_and(|socket| socket.tls.is_some())
        || request.uri().scheme() == Some(&Scheme::HTTPS)
}

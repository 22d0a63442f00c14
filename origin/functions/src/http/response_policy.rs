//! The common policy of all responses, decided in one place by the route's class: `ETag` and 304,
//! what the edge may cache, `Server-Timing`, and problems in one form.

use std::convert::Infallible;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain_core::id::digest;
use edge_wire::problem::Code;
use edge_wire::routes::{Class, Unrouted, find};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderName, HeaderValue, Method, StatusCode};

use crate::http::http_problem::{HttpProblem, render};
use crate::runtime::timing::timed;

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
/// Most bytes of a response: what a Lambda may return (6 MB), less the envelope.
const ANSWER_BYTES_MAX: usize = 5 * 1024 * 1024;

/// Whether the edge may cache a personal response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// For as long as its class says.
    OfItsClass,
    /// Not at all: the bookmark was ahead of the table, whose versions may reach it again and then
    /// name another state under the same key.
    Reset,
}

// === impl Freshness ===

impl Freshness {
    pub(crate) fn of(reset: bool) -> Self {
        if reset { Self::Reset } else { Self::OfItsClass }
    }
}

impl IntoResponseParts for Freshness {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        parts.extensions_mut().insert(self);
        Ok(parts)
    }
}

/// The layer around every router.
pub(crate) async fn response_policy(mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let route = find(request.method().as_str(), &path);
    let class = route.as_ref().map_or(Class::Uncached, |route| route.class);
    // A HEAD gets the GET's response, tagged by its body. The router, which is outside the layers,
    // sets the length of that body and removes it (RFC 9110 section 8.6).
    if request.method() == Method::HEAD {
        *request.method_mut() = Method::GET;
    }
    let is_read = request.method() == Method::GET;
    let known = request.headers().get_all(IF_NONE_MATCH).iter().cloned().collect::<Vec<_>>();
    let (response, timing) = timed(async {
        match route {
            Ok(_) => next.run(request).await,
            Err(unrouted) => unrouted_problem(unrouted).into_response(),
        }
    })
    .await;
    let mut response = render_problem(response, &path);
    let status = response.status();
    let is_cacheable = response.extensions().get::<Freshness>() != Some(&Freshness::Reset);
    let directive = if is_cacheable { directive(class, status) } else { "no-store" };
    let directive = HeaderValue::from_static(directive);
    response.headers_mut().insert(CACHE_CONTROL, directive);
    if is_read && status == StatusCode::OK && class != Class::Uncached {
        response = with_etag(response, &known).await;
    }
    if let Ok(timing) = timing.parse() {
        response.headers_mut().insert(SERVER_TIMING, timing);
    }
    response
}

fn render_problem(mut response: Response, path: &str) -> Response {
    match response.extensions_mut().remove::<HttpProblem>() {
        Some(problem) => render(problem, path),
        None => response,
    }
}

/// What the edge may cache. The browser's directive is a response headers policy of the edge.
fn directive(class: Class, status: StatusCode) -> &'static str {
    match (class, status) {
        (Class::Public, StatusCode::OK) => {
            "s-maxage=60, stale-while-revalidate=600, stale-if-error=86400"
        }
        (Class::Public, StatusCode::NOT_FOUND) => "s-maxage=1",
        (Class::Personal, StatusCode::OK) => "s-maxage=5, stale-if-error=0",
        _ => "no-store",
    }
}

fn unrouted_problem(unrouted: Unrouted) -> HttpProblem {
    match unrouted {
        Unrouted::Path => HttpProblem::new(Code::RouteUnknown, "See /v1/openapi.json."),
        Unrouted::Method { allow } => {
            let mut problem = HttpProblem::new(Code::MethodNotAllowed, "See Allow.");
            problem.0.allow = Some(allow.join(", "));
            problem
        }
    }
}

/// Adds an opaque tag of the uncompressed body; weak, because the body may be sent compressed. It
/// is never the version: one version appears with different pending commands.
async fn with_etag(response: Response, known: &[HeaderValue]) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, ANSWER_BYTES_MAX).await else {
        return HttpProblem::new(Code::Internal, "The answer is too large.").into_response();
    };
    let hash = digest("forecourt/etag/1", &[&bytes]);
    let tag = format!("W/\"{}\"", URL_SAFE_NO_PAD.encode(&hash[..16]));
    if let Ok(value) = tag.parse() {
        parts.headers.insert(ETAG, value);
    }
    if is_known(&tag, known) {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(CONTENT_TYPE);
        parts.headers.remove(CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// Weak comparison (RFC 9110 section 8.8.3.2).
fn is_known(tag: &str, known: &[HeaderValue]) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    known
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.trim() == "*" || value.split(',').any(|one| opaque(one) == opaque(tag)))
}

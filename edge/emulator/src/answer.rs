//! Turns an origin's answer, or a stored object, into the answer to one viewer.

use bytes::Bytes;
use http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderValue, SET_COOKIE, VARY,
};
use http::{HeaderMap, HeaderName, Method, Response, StatusCode};

use crate::conditional::{self, Condition};
use crate::hops;
use crate::object::StoredObject;
use crate::origin::Forwarding;
use crate::range::{self, RequestedRange};
use crate::request::EdgeRequest;

/// Never passed on from an origin (13.1): hop by hop, or set by the edge itself.
const NOT_PASSED: [&str; 14] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-amz-cf-id",
    "x-amz-cf-pop",
    "x-cache",
    "x-forwarded-proto",
];

/// The source of an object that answers a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Serving {
    /// From the cache: conditions and ranges are evaluated here.
    Cached,
    /// As the origin just sent it: whole, even for a range request (11.2).
    Fetched,
}

/// Removes from an origin's answer the headers that no viewer may see.
pub(crate) fn clean(headers: &mut HeaderMap, forwarding: &Forwarding<'_>, method: &Method) {
    hops::remove_listed(headers);
    for name in NOT_PASSED {
        headers.remove(name);
    }
    if !forwarding.forwards_cookies() {
        headers.remove(SET_COOKIE);
    }
    if headers.contains_key(VARY) {
        let vary = filtered_vary(headers, forwarding, method);
        headers.remove(VARY);
        if let Some(vary) = vary.and_then(|vary| HeaderValue::from_str(&vary).ok()) {
            headers.insert(VARY, vary);
        }
    }
}

/// The object as the answer to this request.
pub(crate) fn serve(
    object: &StoredObject,
    request: &EdgeRequest,
    serving: Serving,
) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = object.status;
    *response.headers_mut() = object.headers.clone();
    if serving == Serving::Cached && object.hides_set_cookie {
        response.headers_mut().remove(SET_COOKIE);
    }
    if object.status == StatusCode::OK && request.is_read() {
        match conditional::evaluate(&request.headers, &object.headers) {
            Condition::NotModified => return not_modified(response),
            Condition::Failed => return failed(response),
            Condition::Holds => {}
        }
        if serving == Serving::Cached && request.method == Method::GET {
            let length = object.body.len();
            match range::requested(&request.headers, &object.headers, length) {
                RequestedRange::Whole => {}
                RequestedRange::Unsatisfiable => return unsatisfiable(response, length),
                RequestedRange::Part(first, last) => return part(response, object, first, last),
            }
        }
    }
    if request.method != Method::HEAD {
        *response.body_mut() = object.body.clone();
    }
    response
}

fn not_modified(mut response: Response<Bytes>) -> Response<Bytes> {
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    for name in [CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE] {
        response.headers_mut().remove(name);
    }
    response
}

fn failed(mut response: Response<Bytes>) -> Response<Bytes> {
    *response.status_mut() = StatusCode::PRECONDITION_FAILED;
    for name in [CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE] {
        response.headers_mut().remove(name);
    }
    response
}

fn unsatisfiable(response: Response<Bytes>, length: usize) -> Response<Bytes> {
    let mut response = failed(response);
    *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
    set(response.headers_mut(), CONTENT_RANGE, format!("bytes */{length}"));
    response
}

fn part(
    mut response: Response<Bytes>,
    object: &StoredObject,
    first: usize,
    last: usize,
) -> Response<Bytes> {
    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    let range = format!("bytes {first}-{last}/{}", object.body.len());
    set(response.headers_mut(), CONTENT_RANGE, range);
    *response.body_mut() = object.body.slice(first..=last);
    response.headers_mut().insert(CONTENT_LENGTH, (last + 1 - first).into());
    response
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: String) {
    if let Ok(value) = HeaderValue::from_str(&value) {
        headers.insert(name, value);
    }
}

/// `Vary` with the headers that the origin gets; the cache key covers the others (13.6).
fn filtered_vary(
    headers: &HeaderMap,
    forwarding: &Forwarding<'_>,
    method: &Method,
) -> Option<String> {
    let names = headers.get_all(VARY);
    let forwarded: Vec<&str> = names
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|name| match name.to_ascii_lowercase().as_str() {
            "accept-encoding" | "cookie" => true,
            // As any other name, once it does not keep the answer from being reused (6.11).
            "*" => forwarding.cache.ttl.min_s == 0,
            other => other.parse().is_ok_and(|name: HeaderName| forwarding.forwards(&name, method)),
        })
        .collect();
    if forwarded.is_empty() { None } else { Some(forwarded.join(", ")) }
}

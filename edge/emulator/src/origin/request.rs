//! The request an origin gets: what the cache policy has in the key, what the origin request
//! policy adds, what CloudFront always sends, and nothing else (section 5).

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, COOKIE, ETAG, HOST, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    LAST_MODIFIED, RANGE, USER_AGENT, VIA,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};

use crate::distribution::{CachePolicy, NameSet, OriginRequestPolicy, OriginSettings};
use crate::request::EdgeRequest;
use crate::websocket;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_AMZ_CF_ID: HeaderName = HeaderName::from_static("x-amz-cf-id");

/// Never forwarded, even if a policy lists it (5.3): hop by hop, CloudFront's own, or replaced.
const NEVER_FORWARDED: [&str; 16] = [
    "accept-encoding",
    "connection",
    "content-length",
    "cookie",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-real-ip",
];
const NEVER_FORWARDED_PREFIXES: [&str; 3] = ["proxy-", "x-amz-cf-", "x-edge-"];
/// A fill asks for the whole object; the viewer's conditions are evaluated on the response (7.7).
const CONDITIONS: [&str; 6] =
    ["if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range"];

/// The parts of a viewer's request that its behavior forwards to the origin.
pub(crate) struct Forwarding<'a> {
    pub(crate) cache: &'a CachePolicy,
    pub(crate) beyond_key: Option<&'a OriginRequestPolicy>,
    pub(crate) origin: &'a OriginSettings,
    pub(crate) caches_options: bool,
}

/// The purpose of a request to an origin.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose<'a> {
    /// For one viewer.
    PassThrough,
    /// For the cache, which has no object.
    Fill,
    /// For the cache, which has an expired object; with its headers, if it can be revalidated.
    Refill(Option<&'a HeaderMap>),
}

// === impl Forwarding ===

impl Forwarding<'_> {
    /// The request to the origin.
    pub(crate) fn request(
        &self,
        viewer: &EdgeRequest,
        via: &HeaderValue,
        purpose: Purpose<'_>,
    ) -> EdgeRequest {
        let mut headers = HeaderMap::with_capacity(viewer.headers.len() + 4);
        for (name, value) in &viewer.headers {
            let evaluated_here =
                !matches!(purpose, Purpose::PassThrough) && CONDITIONS.contains(&name.as_str());
            if !evaluated_here && self.forwards(name, &viewer.method) {
                headers.append(name, value.clone());
            }
        }
        self.set_always(&mut headers, viewer, via);
        if let Some(encoding) = self.encoding(&viewer.headers) {
            headers.insert(ACCEPT_ENCODING, encoding);
        }
        let cookies = cookie_header(&viewer.headers, |name| self.includes_cookie(name));
        if let Some(cookies) = cookies.and_then(|text| HeaderValue::from_str(&text).ok()) {
            headers.insert(COOKIE, cookies);
        }
        match purpose {
            Purpose::Refill(Some(stale)) => set_validators(&mut headers, stale),
            Purpose::Fill => forward_range(&mut headers, viewer),
            Purpose::PassThrough | Purpose::Refill(None) => {}
        }
        for (name, value) in &self.origin.custom_headers {
            headers.insert(name, value.clone());
        }
        EdgeRequest {
            method: viewer.method.clone(),
            path: format!("{}{}", self.origin.path, viewer.path),
            query: self.query(viewer.query.as_deref()).map(Cow::into_owned),
            headers,
            body: viewer.body.clone(),
            viewer: viewer.viewer,
            is_websocket: viewer.is_websocket,
        }
    }

    /// Whether any cookie reaches the origin, which changes much (7.4, 9.2, 13.1).
    pub(crate) fn forwards_cookies(&self) -> bool {
        !self.cache.cookies.is_none() || self.beyond_key.is_some_and(|set| !set.cookies.is_none())
    }

    /// Whether the viewer's header of this name reaches the origin.
    pub(crate) fn forwards(&self, name: &HeaderName, method: &Method) -> bool {
        let text = name.as_str();
        if NEVER_FORWARDED.contains(&text)
            || NEVER_FORWARDED_PREFIXES.iter().any(|prefix| text.starts_with(prefix))
        {
            return false;
        }
        self.includes_header(text) || *name == AUTHORIZATION && self.forwards_authorization(method)
    }

    fn forwards_authorization(&self, method: &Method) -> bool {
        match *method {
            Method::GET | Method::HEAD => false,
            Method::OPTIONS => !self.caches_options,
            _ => true,
        }
    }

    fn includes_header(&self, name: &str) -> bool {
        self.cache.headers.includes_header(name)
            || self.beyond_key.is_some_and(|set| set.headers.includes_header(name))
    }

    fn includes_cookie(&self, name: &str) -> bool {
        includes(&self.cache.cookies, self.beyond_key.map(|policy| &policy.cookies), name)
    }

    fn includes_parameter(&self, name: &str) -> bool {
        includes(&self.cache.query, self.beyond_key.map(|policy| &policy.query), name)
    }

    fn query<'q>(&self, query: Option<&'q str>) -> Option<Cow<'q, str>> {
        let all = NameSet::All;
        if self.cache.query == all || self.beyond_key.is_some_and(|policy| policy.query == all) {
            return query.map(Cow::Borrowed);
        }
        filtered_query(query, |name| self.includes_parameter(name))
    }

    fn set_always(&self, headers: &mut HeaderMap, viewer: &EdgeRequest, via: &HeaderValue) {
        let own = |name: &HeaderName| {
            viewer.headers.get(name).filter(|_| self.includes_header(name.as_str())).cloned()
        };
        headers.insert(HOST, own(&HOST).unwrap_or_else(|| self.origin.host.clone()));
        let agent = HeaderValue::from_static("Amazon CloudFront");
        headers.insert(USER_AGENT, own(&USER_AGENT).unwrap_or(agent));
        if let Some(viewer_via) = own(&VIA) {
            headers.append(VIA, viewer_via);
        }
        headers.append(VIA, via.clone());
        let mut hops: Vec<String> = viewer
            .headers
            .get_all(X_FORWARDED_FOR)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .map(str::to_owned)
            .collect();
        hops.push(viewer.viewer.to_string());
        if let Ok(hops) = HeaderValue::from_str(&hops.join(",")) {
            headers.insert(X_FORWARDED_FOR, hops);
        }
    }

    /// `Accept-Encoding` towards the origin: normalised, or an ordinary header (4.13).
    fn encoding(&self, viewer: &HeaderMap) -> Option<HeaderValue> {
        let value = viewer.get(ACCEPT_ENCODING)?;
        if !self.cache.gzip && !self.cache.brotli {
            return self.includes_header("accept-encoding").then(|| value.clone());
        }
        let normalised = normalised_encoding(self.cache, viewer);
        Some(HeaderValue::from_static(normalised.unwrap_or("identity")))
    }
}

// === impl EdgeRequest ===

impl EdgeRequest {
    /// The same for the whole object, whatever the viewer has of it.
    pub(crate) fn unconditional(&self) -> Self {
        let mut request = self.clone();
        for name in CONDITIONS {
            request.headers.remove(name);
        }
        request
    }

    /// The request for an `Origin`, or none if a function made its target invalid.
    pub(crate) fn into_origin(self, request_id: &HeaderValue) -> Option<Request<Bytes>> {
        let target = self.target();
        let mut request = Request::new(self.body);
        *request.uri_mut() = target.parse().ok()?;
        *request.method_mut() = self.method;
        *request.headers_mut() = self.headers;
        request.headers_mut().insert(X_AMZ_CF_ID, request_id.clone());
        // Only now: a function must not see these.
        if self.is_websocket {
            websocket::add_handshake(request.headers_mut());
        }
        Some(request)
    }
}

/// The encodings a viewer accepts, of those the policy distinguishes (4.13, 4.15).
pub(crate) fn normalised_encoding(
    policy: &CachePolicy,
    viewer: &HeaderMap,
) -> Option<&'static str> {
    let accepts = |encoding: &str| {
        viewer
            .get_all(ACCEPT_ENCODING)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|token| accepted(token, encoding))
    };
    match (policy.brotli && accepts("br"), policy.gzip && accepts("gzip")) {
        (true, true) => Some("br,gzip"),
        (true, false) => Some("br"),
        (false, true) => Some("gzip"),
        (false, false) => None,
    }
}

/// Whether one `token[;q=…]` accepts the encoding; a weight of zero does not.
fn accepted(token: &str, encoding: &str) -> bool {
    let mut parts = token.split(';').map(str::trim);
    let names_it = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
    let is_zero = |weight: &str| {
        let weight = weight.trim();
        weight.starts_with('0') && weight.bytes().all(|byte| byte == b'0' || byte == b'.')
    };
    names_it
        && !parts
            .filter_map(|part| part.split_once('='))
            .any(|(name, weight)| name.trim().eq_ignore_ascii_case("q") && is_zero(weight))
}

/// Whether a value is forwarded: if either policy includes it, and of two block lists if both do
/// (5.2). Headers need only the first half, because a cache policy cannot block them.
fn includes(key: &NameSet, beyond_key: Option<&NameSet>, name: &str) -> bool {
    match (key, beyond_key) {
        (NameSet::Except(_), Some(more @ NameSet::Except(_))) => {
            key.includes(name) && more.includes(name)
        }
        (_, more) => key.includes(name) || more.is_some_and(|more| more.includes(name)),
    }
}

/// The included parameters, in the viewer's order and spelling; only `&` separates them (4.6).
pub(crate) fn filtered_query(
    query: Option<&str>,
    includes: impl Fn(&str) -> bool,
) -> Option<Cow<'_, str>> {
    let parameters: Vec<&str> = query?
        .split('&')
        .filter(|parameter| includes(parameter.split('=').next().unwrap_or_default()))
        .collect();
    if parameters.is_empty() { None } else { Some(Cow::Owned(parameters.join("&"))) }
}

/// The included cookies, sorted by name; `$` names and parts other than `name=value` are dropped
/// (4.12).
pub(crate) fn cookie_header(
    headers: &HeaderMap,
    includes: impl Fn(&str) -> bool,
) -> Option<String> {
    let mut cookies: Vec<(&str, &str)> = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .filter(|(name, _)| !name.starts_with('$') && includes(name))
        .collect();
    if cookies.is_empty() {
        return None;
    }
    cookies.sort_by_key(|(name, _)| *name);
    let cookies: Vec<String> =
        cookies.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    Some(cookies.join("; "))
}

/// Makes the request a revalidation of the object with these headers (7.2).
fn set_validators(headers: &mut HeaderMap, stale: &HeaderMap) {
    for (validator, condition) in [(ETAG, IF_NONE_MATCH), (LAST_MODIFIED, IF_MODIFIED_SINCE)] {
        if let Some(value) = stale.get(validator) {
            headers.insert(condition, value.clone());
        }
    }
}

/// The viewer's range is forwarded (11.2), but never without its `If-Range`.
fn forward_range(headers: &mut HeaderMap, viewer: &EdgeRequest) {
    let range = viewer.headers.get(RANGE);
    if viewer.method == Method::GET
        && !viewer.headers.contains_key(IF_RANGE)
        && let Some(range) = range
    {
        headers.insert(RANGE, range.clone());
    }
}

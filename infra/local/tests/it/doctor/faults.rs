//! At least one fault for each check of the doctor.

use std::sync::atomic::{AtomicU64, Ordering};

use super::faulty_proxy::{Fault, Origin, ProxyRequest, ProxyResponse};

const CART: &str = "forecourt-cart";

/// Every fault with the check that must detect it.
pub(super) const FAULTS: &[(&str, Fault)] = &[
    ("health", |origin, request| on(origin, request, "/health", |response| response.status(503))),
    ("ready", |origin, request| {
        on(origin, request, "/health/ready", |response| response.status(503))
    }),
    ("clock", |origin, request| {
        origin.forward(request).set("date", "Sun, 06 Nov 1994 08:49:37 GMT")
    }),
    ("headers of public answers", |origin, request| {
        origin.forward(request).without("x-content-type-options")
    }),
    ("headers of public answers", |origin, request| {
        origin.forward(request).set("forecourt-tags", "bike")
    }),
    ("headers of public answers", |origin, request| {
        origin.forward(request).set("set-cookie", "a=b")
    }),
    ("headers of personal answers", |origin, request| {
        on(origin, request, "/v1/cart", |response| {
            response.set("cache-control", "public, no-cache")
        })
    }),
    ("headers of uncached answers", |origin, request| {
        on(origin, request, "/v1/carts", |response| response.without("cache-control"))
    }),
    ("headers of refusals", |origin, request| {
        let response = origin.forward(request);
        if response.status < 400 { response } else { response.set("content-type", "text/html") }
    }),
    ("cors", |origin, request| origin.forward(request).without("access-control-allow-origin")),
    ("cors", |origin, request| {
        origin.forward(request).set("access-control-allow-credentials", "true")
    }),
    ("cors", |origin, request| {
        let response = origin.forward(request);
        if response.status == 204 {
            response.set("access-control-allow-headers", "Content-Type")
        } else {
            response
        }
    }),
    ("methods", |origin, request| {
        let response = origin.forward(request);
        if response.status == 405 { response.status(403) } else { response }
    }),
    ("methods", |origin, request| match request.has("x-http-method-override") {
        true => ProxyResponse::new(405, "{}"),
        false => origin.forward(request),
    }),
    ("documentation", |origin, request| {
        on(origin, request, "/v1/openapi.json", |response| ProxyResponse {
            body: response.body.replace("3.1.0", "3.0.3"),
            ..response
        })
    }),
    ("a miss, then hits", |origin, request| {
        origin.forward(request).set("x-cache", "Miss from cloudfront")
    }),
    ("a miss, then hits", |origin, request| origin.forward(request).without("age")),
    ("one selection, one object", keyed_by_the_raw_url),
    ("unknown parameters", |origin, request| {
        let path = request.path().to_owned();
        origin.forward(request.at(path))
    }),
    ("unchanged answers", |origin, request| origin.forward(request.without("if-none-match"))),
    ("anonymous", |origin, request| {
        accept(origin, request, |response| response.body.contains("token-missing"))
    }),
    ("forged tokens", |origin, request| {
        accept(origin, request, |response| response.body.contains("token-invalid"))
    }),
    ("forged tokens", |origin, request| {
        let response = origin.forward(request);
        ProxyResponse { body: response.body.replace("token-invalid", "token-missing"), ..response }
    }),
    ("expired tokens", |origin, request| {
        accept(origin, request, |response| response.body.contains("token-expired"))
    }),
    ("forged identities", |origin, request| match request.has("forecourt-identity") {
        true => ProxyResponse::new(200, "{}"),
        false => origin.forward(request),
    }),
    ("cookies", accepts_cookies),
    ("two carts", |origin, request| cached(origin, request, "/v1/cart")),
    ("two customers", |origin, request| cached(origin, request, "/v1/loyalty")),
    ("paths that look like files", |origin, request| match request.path().ends_with(".css") {
        true => origin.forward(request.at("/v1/cart")),
        false => origin.forward(request),
    }),
    ("webhooks, unsigned", |origin, request| {
        on(origin, request, "/webhooks/shopify", |response| response.status(200))
    }),
    ("webhooks, signed", |origin, request| {
        on(origin, request, "/webhooks/shopify", |response| response.status(503))
    }),
    ("app proxy, unsigned", |origin, request| match request.path() {
        "/proxy/v1/loyalty" => ProxyResponse::new(200, "{}"),
        _ => origin.forward(request),
    }),
    ("app proxy, signed", |origin, request| {
        accept(origin, request, |response| response.body.contains("signature-invalid"))
    }),
    ("app proxy, signed", |origin, request| {
        on(origin, request, "/proxy/v1/loyalty", |response| response.status(403))
    }),
    ("write and read back", |origin, request| match request.path() {
        "/v1/cart" => origin.forward(request.without("forecourt-bookmark")),
        _ => origin.forward(request),
    }),
    ("write and read back", |origin, request| origin.forward(renamed(request))),
    ("a write is applied", |origin, request| {
        let response = origin.forward(request);
        ProxyResponse {
            body: response.body.replace(r#""version":"1""#, r#""version":"0""#),
            ..response
        }
    }),
    ("latency of hits", |origin, request| {
        origin.forward(request).set("x-cache", "Miss from cloudfront")
    }),
    ("latency of misses", |origin, request| {
        on(origin, request, "/health/ready", |response| response.status(504))
    }),
];

/// Changes the response of one path.
fn on(
    origin: &Origin,
    request: ProxyRequest,
    path: &str,
    fault: fn(ProxyResponse) -> ProxyResponse,
) -> ProxyResponse {
    let is_there = request.path() == path;
    let response = origin.forward(request);
    if is_there { fault(response) } else { response }
}

/// Answers 200 where the shop rejects the request like this.
fn accept(
    origin: &Origin,
    request: ProxyRequest,
    like_this: fn(&ProxyResponse) -> bool,
) -> ProxyResponse {
    let response = origin.forward(request);
    if like_this(&response) { ProxyResponse::new(200, "{}") } else { response }
}

/// An edge whose cache key is the unnormalised URL.
fn keyed_by_the_raw_url(origin: &Origin, request: ProxyRequest) -> ProxyResponse {
    let target = request.target.clone();
    let response = origin.forward(request);
    let known = origin.memory.lock().unwrap().insert(target, response.clone()).is_some();
    response.set("x-cache", if known { "Hit from cloudfront" } else { "Miss from cloudfront" })
}

/// An edge that caches personal answers by path alone.
fn cached(origin: &Origin, request: ProxyRequest, path: &str) -> ProxyResponse {
    if request.path() != path {
        return origin.forward(request);
    }
    if let Some(cached) = origin.memory.lock().unwrap().get(path) {
        return cached.clone();
    }
    let response = origin.forward(request);
    if response.status == 200 {
        origin.memory.lock().unwrap().insert(path.to_owned(), response.clone());
    }
    response
}

/// An edge that reads tokens from cookies.
fn accepts_cookies(origin: &Origin, request: ProxyRequest) -> ProxyResponse {
    let cookie =
        request.headers.get("cookie").map_or("", |value| value.to_str().unwrap()).to_owned();
    let token = cookie.split("; ").find_map(|it| it.strip_prefix("forecourt-cart="));
    match token {
        Some(token) => origin.forward(request.set(CART, token)),
        None => origin.forward(request),
    }
}

/// A gateway that replaces every idempotency key.
fn renamed(request: ProxyRequest) -> ProxyRequest {
    if !request.has("idempotency-key") {
        return request;
    }
    let nth = KEYS.fetch_add(1, Ordering::Relaxed);
    let key = format!("a-key-of-the-gateway-{nth}");
    request.set("idempotency-key", &key)
}

/// The number of replaced keys.
static KEYS: AtomicU64 = AtomicU64::new(0);

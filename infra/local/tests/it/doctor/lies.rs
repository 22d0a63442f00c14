//! One lie for each thing the doctor looks at, or more.

use std::sync::atomic::{AtomicU64, Ordering};

use super::liar::{Got, Lie, Sent, Truth};

const CART: &str = "forecourt-cart";

/// Every lie with the check that must notice it.
pub(super) const LIES: &[(&str, Lie)] = &[
    ("health", |truth, sent| on(truth, sent, "/health", |got| got.status(503))),
    ("ready", |truth, sent| on(truth, sent, "/health/ready", |got| got.status(503))),
    ("clock", |truth, sent| truth.of(sent).set("date", "Sun, 06 Nov 1994 08:49:37 GMT")),
    ("headers of public answers", |truth, sent| truth.of(sent).without("x-content-type-options")),
    ("headers of public answers", |truth, sent| truth.of(sent).set("forecourt-tags", "bike")),
    ("headers of public answers", |truth, sent| truth.of(sent).set("set-cookie", "a=b")),
    ("headers of personal answers", |truth, sent| {
        on(truth, sent, "/v1/cart", |got| got.set("cache-control", "public, no-cache"))
    }),
    ("headers of uncached answers", |truth, sent| {
        on(truth, sent, "/v1/carts", |got| got.without("cache-control"))
    }),
    ("headers of refusals", |truth, sent| {
        let got = truth.of(sent);
        if got.status < 400 { got } else { got.set("content-type", "text/html") }
    }),
    ("cors", |truth, sent| truth.of(sent).without("access-control-allow-origin")),
    ("cors", |truth, sent| truth.of(sent).set("access-control-allow-credentials", "true")),
    ("cors", |truth, sent| {
        let got = truth.of(sent);
        if got.status == 204 {
            got.set("access-control-allow-headers", "Content-Type")
        } else {
            got
        }
    }),
    ("methods", |truth, sent| {
        let got = truth.of(sent);
        if got.status == 405 { got.status(403) } else { got }
    }),
    ("methods", |truth, sent| match sent.has("x-http-method-override") {
        true => Got::new(405, "{}"),
        false => truth.of(sent),
    }),
    ("documentation", |truth, sent| {
        on(truth, sent, "/v1/openapi.json", |got| Got {
            body: got.body.replace("3.1.0", "3.0.3"),
            ..got
        })
    }),
    ("a miss, then hits", |truth, sent| truth.of(sent).set("x-cache", "Miss from cloudfront")),
    ("a miss, then hits", |truth, sent| truth.of(sent).without("age")),
    ("one selection, one object", keyed_by_its_letters),
    ("unknown parameters", |truth, sent| {
        let path = sent.path().to_owned();
        truth.of(sent.at(path))
    }),
    ("unchanged answers", |truth, sent| truth.of(sent.without("if-none-match"))),
    ("anonymous", |truth, sent| believe(truth, sent, |got| got.body.contains("token-missing"))),
    ("forged tokens", |truth, sent| believe(truth, sent, |got| got.body.contains("token-invalid"))),
    ("forged tokens", |truth, sent| {
        let got = truth.of(sent);
        Got { body: got.body.replace("token-invalid", "token-missing"), ..got }
    }),
    ("expired tokens", |truth, sent| {
        believe(truth, sent, |got| got.body.contains("token-expired"))
    }),
    ("forged identities", |truth, sent| match sent.has("forecourt-identity") {
        true => Got::new(200, "{}"),
        false => truth.of(sent),
    }),
    ("cookies", believes_cookies),
    ("two carts", |truth, sent| kept(truth, sent, "/v1/cart")),
    ("two customers", |truth, sent| kept(truth, sent, "/v1/loyalty")),
    ("paths that look like files", |truth, sent| match sent.path().ends_with(".css") {
        true => truth.of(sent.at("/v1/cart")),
        false => truth.of(sent),
    }),
    ("webhooks nobody signed", |truth, sent| {
        on(truth, sent, "/webhooks/shopify", |got| got.status(200))
    }),
    ("webhooks Shopify signed", |truth, sent| {
        on(truth, sent, "/webhooks/shopify", |got| got.status(503))
    }),
    ("app proxy, unsigned", |truth, sent| match sent.path() {
        "/proxy/v1/loyalty" => Got::new(200, "{}"),
        _ => truth.of(sent),
    }),
    ("app proxy, signed", |truth, sent| {
        believe(truth, sent, |got| got.body.contains("signature-invalid"))
    }),
    ("app proxy, signed", |truth, sent| {
        on(truth, sent, "/proxy/v1/loyalty", |got| got.status(403))
    }),
    ("write and read back", |truth, sent| match sent.path() {
        "/v1/cart" => truth.of(sent.without("forecourt-bookmark")),
        _ => truth.of(sent),
    }),
    ("write and read back", |truth, sent| truth.of(renamed(sent))),
    ("a write is applied", |truth, sent| {
        let got = truth.of(sent);
        Got { body: got.body.replace(r#""version":"1""#, r#""version":"0""#), ..got }
    }),
    ("latency of hits", |truth, sent| truth.of(sent).set("x-cache", "Miss from cloudfront")),
    ("latency of misses", |truth, sent| on(truth, sent, "/health/ready", |got| got.status(504))),
];

/// The truth, but for one path.
fn on(truth: &Truth, sent: Sent, path: &str, lie: fn(Got) -> Got) -> Got {
    let is_there = sent.path() == path;
    let got = truth.of(sent);
    if is_there { lie(got) } else { got }
}

/// Answers as if all were well where the shop refuses like this.
fn believe(truth: &Truth, sent: Sent, like_this: fn(&Got) -> bool) -> Got {
    let got = truth.of(sent);
    if like_this(&got) { Got::new(200, "{}") } else { got }
}

/// An edge whose key is the URL as it was typed.
fn keyed_by_its_letters(truth: &Truth, sent: Sent) -> Got {
    let target = sent.target.clone();
    let got = truth.of(sent);
    let known = truth.memory.lock().unwrap().insert(target, got.clone()).is_some();
    got.set("x-cache", if known { "Hit from cloudfront" } else { "Miss from cloudfront" })
}

/// An edge that keeps personal answers by path alone.
fn kept(truth: &Truth, sent: Sent, path: &str) -> Got {
    if sent.path() != path {
        return truth.of(sent);
    }
    if let Some(kept) = truth.memory.lock().unwrap().get(path) {
        return kept.clone();
    }
    let got = truth.of(sent);
    if got.status == 200 {
        truth.memory.lock().unwrap().insert(path.to_owned(), got.clone());
    }
    got
}

/// Somebody found cookies convenient.
fn believes_cookies(truth: &Truth, sent: Sent) -> Got {
    let cookie = sent.headers.get("cookie").map_or("", |value| value.to_str().unwrap()).to_owned();
    let token = cookie.split("; ").find_map(|it| it.strip_prefix("forecourt-cart="));
    match token {
        Some(token) => truth.of(sent.set(CART, token)),
        None => truth.of(sent),
    }
}

/// A gateway that gives every request an idempotency key of its own.
fn renamed(sent: Sent) -> Sent {
    if !sent.has("idempotency-key") {
        return sent;
    }
    let nth = KEYS.fetch_add(1, Ordering::Relaxed);
    let key = format!("a-key-of-the-gateway-{nth}");
    sent.set("idempotency-key", &key)
}

/// How many it has given.
static KEYS: AtomicU64 = AtomicU64::new(0);

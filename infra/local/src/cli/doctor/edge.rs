//! Whether the edge answers, and which headers every answer has.

use edge_wire::headers::{CART, IDENTITY, TAGS};

use super::super::http::Reply;
use super::report::{CheckError, Outcome};
use super::target_client::{TargetClient, expect, expect_problem, json};

/// Headers of every answer.
const SECURITY: [(&str, &str); 3] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
];
/// Shortest HSTS max-age in seconds: a year, as browsers' preload lists demand.
const HSTS_S_MIN: u64 = 31_536_000;
/// Headers that a page of another origin may send.
const ALLOWED: [&str; 6] = [
    "authorization",
    "content-type",
    "idempotency-key",
    "if-none-match",
    "forecourt-cart",
    "forecourt-bookmark",
];

pub(super) fn health(target: &TargetClient) -> Result<Outcome, CheckError> {
    let reply = target.get("/health", &[])?;
    expect(&reply, 200, "GET /health")?;
    match json(&reply)?["status"].as_str() {
        Some("ok") => Ok(Outcome::Passed("the edge answers".to_owned())),
        _ => Err(format!("GET /health says {}: is this Forecourt?", reply.body)),
    }
}

pub(super) fn ready(target: &TargetClient) -> Result<Outcome, CheckError> {
    let reply = target.get("/health/ready", &[])?;
    expect(&reply, 200, "GET /health/ready")?;
    Ok(Outcome::Passed("functions and tables answer".to_owned()))
}

pub(super) fn tls(target: &TargetClient) -> Result<Outcome, CheckError> {
    if !target.is_https() {
        return Ok(Outcome::Skipped("the URL is not https".to_owned()));
    }
    let reply = target.get("/health", &[])?;
    expect_hsts(reply.header("strict-transport-security"))?;
    let plain = target.send_to("GET", &format!("{}/health", target.plain_url()), &[], b"")?;
    expect_redirect(plain.status, plain.header("location"))?;
    Ok(Outcome::Passed("HSTS for a year or more, and http redirects to https".to_owned()))
}

fn expect_hsts(header: &str) -> Result<(), CheckError> {
    let age = header.split(';').find_map(|part| part.trim().strip_prefix("max-age="));
    match age.and_then(|age| age.parse::<u64>().ok()) {
        Some(age) if age >= HSTS_S_MIN => Ok(()),
        _ => Err(format!("Strict-Transport-Security is {header:?}, less than a year")),
    }
}

fn expect_redirect(status: u16, location: &str) -> Result<(), CheckError> {
    if matches!(status, 301 | 307 | 308) && location.starts_with("https://") {
        return Ok(());
    }
    Err(format!("http is answered with {status} and Location {location:?}, no redirect to https"))
}

pub(super) fn public_headers(target: &TargetClient) -> Result<Outcome, CheckError> {
    let path = format!("/v1/configurator/{}", target.product);
    let reply = target.get(&path, &[])?;
    expect(&reply, 200, &format!("GET {path}"))?;
    expect_headers(&reply, &path, "application/json", "public, no-cache")?;
    if reply.header("etag").is_empty() {
        return Err(format!("{path} has no ETag"));
    }
    Ok(Outcome::Passed("browsers revalidate, no internal headers".to_owned()))
}

pub(super) fn personal_headers(target: &TargetClient) -> Result<Outcome, CheckError> {
    let reply = target.cart(&target.carts()?[0])?;
    expect(&reply, 200, "GET /v1/cart")?;
    expect_headers(&reply, "/v1/cart", "application/json", "private, no-store")?;
    Ok(Outcome::Passed("no browser and no proxy stores them".to_owned()))
}

pub(super) fn uncached_headers(target: &TargetClient) -> Result<Outcome, CheckError> {
    let cart = &target.carts()?[0];
    let reply = target.send("POST", "/v1/carts", &[(CART, &cart.token)], b"")?;
    expect(&reply, 201, "POST /v1/carts with a cart")?;
    expect_headers(&reply, "/v1/carts", "application/json", "no-store")?;
    Ok(Outcome::Passed("no cache stores them".to_owned()))
}

pub(super) fn error_headers(target: &TargetClient) -> Result<Outcome, CheckError> {
    let nowhere = format!("/v1/configurator/doctor-{}", &target.random()[..12]);
    let errors = [
        (nowhere.as_str(), 404, "public, no-cache"),
        ("/v1/cart", 401, "private, no-store"),
        ("/v1/admin/loyalty/program", 401, "no-store"),
    ];
    for (path, status, cache_control) in errors {
        let reply = target.get(path, &[])?;
        expect(&reply, status, &format!("GET {path}"))?;
        expect_headers(&reply, path, "application/problem+json", cache_control)?;
    }
    Ok(Outcome::Passed("errors have them, too".to_owned()))
}

/// Checks the headers that an answer of its class must have and must not have.
fn expect_headers(
    reply: &Reply,
    path: &str,
    media: &str,
    cache_control: &str,
) -> Result<(), CheckError> {
    let expected = [("content-type", media), ("cache-control", cache_control)];
    for (name, value) in expected.into_iter().chain(SECURITY) {
        if reply.header(name) != value {
            return Err(format!("{path} has {name}: {:?}, not {value:?}", reply.header(name)));
        }
    }
    for name in [TAGS, IDENTITY, "set-cookie"] {
        if reply.headers.contains_key(name) {
            return Err(format!("{path} has the internal header {name}"));
        }
    }
    Ok(())
}

pub(super) fn cors(target: &TargetClient) -> Result<Outcome, CheckError> {
    let origin = ("origin", "https://doctor.example");
    let path = format!("/v1/configurator/{}", target.product);
    for path in [path.as_str(), "/v1/cart", "/nowhere"] {
        let reply = target.get(path, &[origin])?;
        let allowed = reply.header("access-control-allow-origin");
        if allowed != "*" {
            return Err(format!("{path} has access-control-allow-origin: {allowed:?}, not \"*\""));
        }
        if reply.headers.contains_key("access-control-allow-credentials") {
            return Err(format!("{path} allows credentials: there are no cookies here"));
        }
    }
    let headers = [origin, ("access-control-request-method", "PATCH")];
    let preflight = target.send("OPTIONS", "/v1/cart/lines/any", &headers, b"")?;
    let allowed = preflight.header("access-control-allow-headers").to_ascii_lowercase();
    let missing = ALLOWED.iter().find(|name| !allowed.split(',').any(|it| it.trim() == **name));
    match missing {
        _ if !(200..300).contains(&preflight.status) => {
            Err(format!("a preflight is {}", preflight.status))
        }
        Some(name) => Err(format!("a preflight does not allow {name}: {allowed:?}")),
        None => Ok(Outcome::Passed("any page may send requests and read errors".to_owned())),
    }
}

pub(super) fn methods(target: &TargetClient) -> Result<Outcome, CheckError> {
    let product = format!("/v1/configurator/{}", target.product);
    let requests = [("PUT", "/v1/cart"), ("POST", product.as_str()), ("DELETE", "/v1/loyalty")];
    for (method, path) in requests {
        let reply = target.send(method, path, &[], b"")?;
        expect_problem(&reply, 405, "method-not-allowed", &format!("{method} {path}"))?;
        if !reply.header("allow").contains("GET") {
            return Err(format!("{method} {path} is rejected without a useful Allow"));
        }
    }
    let reply = target.get(&product, &[("x-http-method-override", "DELETE")])?;
    expect(&reply, 200, "a GET with x-http-method-override: DELETE")?;
    Ok(Outcome::Passed("405 with Allow, and no header overrides the method".to_owned()))
}

pub(super) fn documentation(target: &TargetClient) -> Result<Outcome, CheckError> {
    let reply = target.get("/v1/openapi.json", &[])?;
    expect(&reply, 200, "GET /v1/openapi.json")?;
    let version = json(&reply)?["openapi"].as_str().unwrap_or_default().to_owned();
    match version.starts_with("3.1") {
        true => Ok(Outcome::Passed(format!("OpenAPI {version}"))),
        false => Err(format!("/v1/openapi.json is no OpenAPI 3.1: {version:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hsts_must_last_a_year_and_http_must_redirect_to_https() {
        assert_eq!(expect_hsts("max-age=63072000; includeSubDomains"), Ok(()));
        for short in ["", "max-age=31535999", "includeSubDomains", "max-age=lots"] {
            assert!(expect_hsts(short).is_err(), "{short}");
        }
        assert_eq!(expect_redirect(301, "https://shop.example/health"), Ok(()));
        for (status, location) in [(200, ""), (301, "http://shop.example/"), (403, "https://x/")] {
            assert!(expect_redirect(status, location).is_err(), "{status} {location}");
        }
    }
}

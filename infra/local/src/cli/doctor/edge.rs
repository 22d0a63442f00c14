//! Whether it answers, and what stands in every answer.

use edge_wire::headers::{CART, IDENTITY, TAGS};

use super::super::http::Reply;
use super::patient::{Patient, expect, expect_problem, json};
use super::report::{Seen, Wrong};

/// What stands in every answer whatever it is.
const SECURITY: [(&str, &str); 3] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
];
/// Shortest time a browser shall remember to use TLS, seconds: a year, as browsers' lists demand.
const HSTS_S_MIN: u64 = 31_536_000;
/// What a page of another origin may send.
const ALLOWED: [&str; 6] = [
    "authorization",
    "content-type",
    "idempotency-key",
    "if-none-match",
    "forecourt-cart",
    "forecourt-bookmark",
];

pub(super) fn health(patient: &Patient) -> Result<Seen, Wrong> {
    let reply = patient.get("/health", &[])?;
    expect(&reply, 200, "GET /health")?;
    match json(&reply)?["status"].as_str() {
        Some("ok") => Ok(Seen::Well("the edge answers".to_owned())),
        _ => Err(format!("GET /health says {}: is this Forecourt?", reply.body)),
    }
}

pub(super) fn ready(patient: &Patient) -> Result<Seen, Wrong> {
    let reply = patient.get("/health/ready", &[])?;
    expect(&reply, 200, "GET /health/ready")?;
    Ok(Seen::Well("functions and tables answer".to_owned()))
}

pub(super) fn tls(patient: &Patient) -> Result<Seen, Wrong> {
    if !patient.is_https() {
        return Ok(Seen::Skipped("the URL is not https".to_owned()));
    }
    let reply = patient.get("/health", &[])?;
    lasts(reply.header("strict-transport-security"))?;
    let plain = patient.ask_at("GET", &format!("{}/health", patient.plain_url()), &[], b"")?;
    leads(plain.status, plain.header("location"))?;
    Ok(Seen::Well("for years to come, and http leads to https".to_owned()))
}

fn lasts(told: &str) -> Result<(), Wrong> {
    let age = told.split(';').find_map(|part| part.trim().strip_prefix("max-age="));
    match age.and_then(|age| age.parse::<u64>().ok()) {
        Some(age) if age >= HSTS_S_MIN => Ok(()),
        _ => Err(format!("Strict-Transport-Security is {told:?}, less than a year")),
    }
}

fn leads(status: u16, location: &str) -> Result<(), Wrong> {
    if matches!(status, 301 | 307 | 308) && location.starts_with("https://") {
        return Ok(());
    }
    Err(format!("http is answered with {status} and Location {location:?}, not led to https"))
}

pub(super) fn public_headers(patient: &Patient) -> Result<Seen, Wrong> {
    let path = format!("/v1/configurator/{}", patient.product);
    let reply = patient.get(&path, &[])?;
    expect(&reply, 200, &format!("GET {path}"))?;
    usual(&reply, &path, "application/json", "public, no-cache")?;
    if reply.header("etag").is_empty() {
        return Err(format!("{path} has no ETag"));
    }
    Ok(Seen::Well("browsers revalidate, nothing leaks".to_owned()))
}

pub(super) fn personal_headers(patient: &Patient) -> Result<Seen, Wrong> {
    let reply = patient.cart(&patient.carts()?[0])?;
    expect(&reply, 200, "GET /v1/cart")?;
    usual(&reply, "/v1/cart", "application/json", "private, no-store")?;
    Ok(Seen::Well("no browser and no proxy keeps them".to_owned()))
}

pub(super) fn uncached_headers(patient: &Patient) -> Result<Seen, Wrong> {
    let cart = &patient.carts()?[0];
    let reply = patient.ask("POST", "/v1/carts", &[(CART, &cart.token)], b"")?;
    expect(&reply, 201, "POST /v1/carts with a cart")?;
    usual(&reply, "/v1/carts", "application/json", "no-store")?;
    Ok(Seen::Well("nobody keeps them".to_owned()))
}

pub(super) fn refusal_headers(patient: &Patient) -> Result<Seen, Wrong> {
    let nowhere = format!("/v1/configurator/doctor-{}", &patient.random()[..12]);
    let refusals = [
        (nowhere.as_str(), 404, "public, no-cache"),
        ("/v1/cart", 401, "private, no-store"),
        ("/v1/admin/loyalty/program", 401, "no-store"),
    ];
    for (path, status, cache_control) in refusals {
        let reply = patient.get(path, &[])?;
        expect(&reply, status, &format!("GET {path}"))?;
        usual(&reply, path, "application/problem+json", cache_control)?;
    }
    Ok(Seen::Well("errors carry them, too".to_owned()))
}

/// What an answer of its class always has, and never.
fn usual(reply: &Reply, path: &str, media: &str, cache_control: &str) -> Result<(), Wrong> {
    let wanted = [("content-type", media), ("cache-control", cache_control)];
    for (name, value) in wanted.into_iter().chain(SECURITY) {
        if reply.header(name) != value {
            return Err(format!("{path} has {name}: {:?}, not {value:?}", reply.header(name)));
        }
    }
    for name in [TAGS, IDENTITY, "set-cookie"] {
        if reply.headers.contains_key(name) {
            return Err(format!("{path} shows {name}, which is nobody's business"));
        }
    }
    Ok(())
}

pub(super) fn cors(patient: &Patient) -> Result<Seen, Wrong> {
    let origin = ("origin", "https://doctor.example");
    let path = format!("/v1/configurator/{}", patient.product);
    for path in [path.as_str(), "/v1/cart", "/nowhere"] {
        let reply = patient.get(path, &[origin])?;
        let allowed = reply.header("access-control-allow-origin");
        if allowed != "*" {
            return Err(format!("{path} has access-control-allow-origin: {allowed:?}, not \"*\""));
        }
        if reply.headers.contains_key("access-control-allow-credentials") {
            return Err(format!("{path} allows credentials: there are no cookies here"));
        }
    }
    let asked = [origin, ("access-control-request-method", "PATCH")];
    let preflight = patient.ask("OPTIONS", "/v1/cart/lines/any", &asked, b"")?;
    let told = preflight.header("access-control-allow-headers").to_ascii_lowercase();
    let missing = ALLOWED.iter().find(|name| !told.split(',').any(|it| it.trim() == **name));
    match missing {
        _ if !(200..300).contains(&preflight.status) => {
            Err(format!("a preflight is {}", preflight.status))
        }
        Some(name) => Err(format!("a preflight does not allow {name}: {told:?}")),
        None => Ok(Seen::Well("any page may ask, and errors can be read".to_owned())),
    }
}

pub(super) fn methods(patient: &Patient) -> Result<Seen, Wrong> {
    let product = format!("/v1/configurator/{}", patient.product);
    let refused = [("PUT", "/v1/cart"), ("POST", product.as_str()), ("DELETE", "/v1/loyalty")];
    for (method, path) in refused {
        let reply = patient.ask(method, path, &[], b"")?;
        expect_problem(&reply, 405, "method-not-allowed", &format!("{method} {path}"))?;
        if !reply.header("allow").contains("GET") {
            return Err(format!("{method} {path} is refused without a useful Allow"));
        }
    }
    let reply = patient.get(&product, &[("x-http-method-override", "DELETE")])?;
    expect(&reply, 200, "a GET that calls itself a DELETE")?;
    Ok(Seen::Well("405 with Allow, and no header is a method".to_owned()))
}

pub(super) fn documentation(patient: &Patient) -> Result<Seen, Wrong> {
    let reply = patient.get("/v1/openapi.json", &[])?;
    expect(&reply, 200, "GET /v1/openapi.json")?;
    let version = json(&reply)?["openapi"].as_str().unwrap_or_default().to_owned();
    match version.starts_with("3.1") {
        true => Ok(Seen::Well(format!("OpenAPI {version}"))),
        false => Err(format!("/v1/openapi.json is no OpenAPI 3.1: {version:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_for_a_year_at_least_and_http_leads_to_it() {
        assert_eq!(lasts("max-age=63072000; includeSubDomains"), Ok(()));
        for short in ["", "max-age=31535999", "includeSubDomains", "max-age=lots"] {
            assert!(lasts(short).is_err(), "{short}");
        }
        assert_eq!(leads(301, "https://shop.example/health"), Ok(()));
        for (status, location) in [(200, ""), (301, "http://shop.example/"), (403, "https://x/")] {
            assert!(leads(status, location).is_err(), "{status} {location}");
        }
    }
}

//! The deployed distribution: it loads, and every class of route has its origin, caching and
//! headers.

use std::sync::Arc;

use bytes::Bytes;
use edge_emulator::{Distribution, Emulator};
use http::Response;
use serde_json::{Value, json};

use crate::world::*;

const FILE: &str = include_str!("../../../distribution.json");

/// The classes of routes, which differ in the headers that their responses must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Public,
    Personal,
    Uncached,
    /// Uncached, and no web page may read it.
    Closed,
    /// The same, and its own policy says which pages may show it in a frame.
    Framed,
}

use Class::{Closed, Framed, Personal, Public, Uncached};

const ROUTES: [(&str, &str, &str, Class); 39] = [
    ("GET", "/v1/configurator/bike", "configurator-read", Public),
    ("GET", "/v1/configurator/bike/resolution?frame=steel", "configurator-read", Public),
    ("GET", "/v1/configurator/bike/explanation?_why=a:b", "configurator-read", Public),
    ("GET", "/v1/configurator/bike/completion?_by=price", "configurator-read", Public),
    ("GET", "/v1/selections/abc", "configurator-read", Public),
    ("GET", "/v1/openapi.json", "configurator-read", Public),
    ("GET", "/problems/malformed", "configurator-read", Public),
    ("GET", "/v1/loyalty/program", "loyalty-read", Public),
    ("GET", "/v1/loyalty", "loyalty-read", Personal),
    ("GET", "/v1/loyalty/entries?limit=10", "loyalty-read", Personal),
    ("GET", "/v1/loyalty/redemptions/abc", "loyalty-read", Personal),
    ("GET", "/v1/cart", "cart-read", Personal),
    ("POST", "/v1/configurator/bike/selections", "commands", Uncached),
    ("POST", "/v1/session", "commands", Uncached),
    ("POST", "/v1/loyalty/redemptions", "commands", Uncached),
    ("POST", "/v1/carts", "commands", Uncached),
    ("PATCH", "/v1/cart/attributes", "commands", Uncached),
    ("POST", "/v1/cart/lines", "commands", Uncached),
    ("DELETE", "/v1/cart/lines", "commands", Uncached),
    ("PATCH", "/v1/cart/lines/abc", "commands", Uncached),
    ("DELETE", "/v1/cart/lines/abc", "commands", Uncached),
    ("POST", "/v1/cart/merge", "commands", Uncached),
    ("GET", "/v1/cart/checkout", "commands", Uncached),
    ("GET", "/health/ready", "configurator-read", Uncached),
    ("GET", "/anything/else", "configurator-read", Uncached),
    ("POST", "/webhooks/shopify", "webhooks", Closed),
    ("GET", "/admin", "configurator-read", Framed),
    ("GET", "/admin/0a1b/app.js", "configurator-read", Public),
    ("PUT", "/v1/admin/configurators/bike", "admin", Closed),
    ("GET", "/v1/admin/loyalty/program", "admin", Closed),
    ("POST", "/v1/admin/loyalty/customers/1001/adjustments", "admin", Closed),
    ("POST", "/proxy/v1/session", "commands", Uncached),
    ("GET", "/proxy/v1/loyalty", "loyalty-read", Personal),
    ("GET", "/proxy/v1/loyalty/entries", "loyalty-read", Personal),
    ("GET", "/proxy/v1/loyalty/program", "loyalty-read", Public),
    ("POST", "/proxy/v1/loyalty/redemptions", "commands", Uncached),
    ("GET", "/proxy/v1/cart", "cart-read", Personal),
    ("POST", "/proxy/v1/cart/lines", "commands", Uncached),
    ("POST", "/proxy/v1/carts", "commands", Uncached),
];

const PUBLIC: &str = "s-maxage=60, stale-while-revalidate=600, stale-if-error=86400";
const PERSONAL: &str = "s-maxage=5, stale-if-error=0";
const PAGE: &str = "origin: https://demo.myshopify.com";

/// The real distribution with a function that forwards every request.
fn world(acts: impl IntoIterator<Item = Act>) -> World {
    world_with(acts, |event| event["Records"][0]["cf"]["request"].clone())
}

fn world_with(
    acts: impl IntoIterator<Item = Act>,
    function: impl Fn(Value) -> Value + Send + Sync + 'static,
) -> World {
    let file: Value = serde_json::from_str(FILE).unwrap();
    World::with(&file, acts, |builder| {
        builder.local_http().function("viewer-request", Arc::new(Function(function)))
    })
}

/// Checks the headers that every response of the class must have, errors included.
fn check_class_headers(response: &Response<Bytes>, class: Class, route: &str) {
    let cache_control = match class {
        Public => "public, no-cache",
        Personal => "private, no-store",
        Uncached | Closed | Framed => "no-store",
    };
    let (allowed, exposed) = match class {
        Closed | Framed => ("", ""),
        _ => ("*", "ETag, Forecourt-Bookmark, Retry-After, Server-Timing, X-Cache"),
    };
    let frames = if class == Framed { "" } else { "DENY" };
    for (name, value) in [
        ("cache-control", cache_control),
        ("access-control-allow-origin", allowed),
        ("access-control-expose-headers", exposed),
        ("access-control-allow-credentials", ""),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", frames),
        ("referrer-policy", "no-referrer"),
        ("strict-transport-security", "max-age=63072000; includeSubDomains"),
        ("forecourt-tags", ""),
    ] {
        assert_eq!(header(response, name), value, "{route}: {name}");
    }
    assert!(header(response, "server-timing").contains("cdn-rid"), "{route}: Server-Timing");
    assert!(!x_cache(response).is_empty(), "{route}");
}

#[test]
fn the_distribution_names_six_origins_and_one_function() {
    let distribution = Distribution::parse(FILE.as_bytes()).unwrap();
    let ids: Vec<&str> = distribution.origins().map(|(id, _)| id).collect();
    let expected =
        ["configurator-read", "loyalty-read", "cart-read", "commands", "webhooks", "admin"];
    assert_eq!(ids, expected);
    let error = Emulator::builder(distribution).build().err().expect("no function was provided");
    assert_eq!(
        error.to_string(),
        "the distribution associates the function `viewer-request`, which was not provided"
    );
}

#[tokio::test]
async fn every_route_has_its_origin_its_class_and_its_headers_for_every_status() {
    let world = world([ok("no-store")]);
    for (method, path, origin, class) in ROUTES {
        for status in [200, 202, 304, 400, 401, 404, 405, 409, 429, 500, 503] {
            let headers = ["cache-control: no-store, stale-if-error=0", "forecourt-tags: bike"];
            world.origin.then(says(status, &headers, ""));
            let route = format!("{method} {path} -> {status}");
            let response = world.send(request(method, path, &[PAGE])).await;
            assert_eq!(response.status().as_u16(), status, "{route}");
            let forwarded = world.origin.last();
            assert_eq!(forwarded.headers()["host"], format!("{origin}.origin.invalid"), "{route}");
            check_class_headers(&response, class, &route);
        }
    }
}

#[tokio::test]
async fn each_class_is_cached_as_specified() {
    for (method, path, _, class) in ROUTES {
        for (origin, lifetime_ms) in [(PUBLIC, 60_000), (PERSONAL, 5_000)] {
            let world = world([ok(origin)]);
            world.send(request(method, path, &[])).await;
            world.clock.at_ms(lifetime_ms - 1);
            let response = world.send(request(method, path, &[])).await;
            let cached = method == "GET" && matches!(class, Public | Personal);
            let expected = if cached { "Hit" } else { "Miss" };
            assert_eq!(x_cache(&response), expected, "{method} {path} {origin}");
            assert_eq!(world.origin.fetches(), if cached { 1 } else { 2 });
        }
    }
}

#[tokio::test]
async fn errors_are_cached_only_where_they_say_so() {
    let world = world([ok("no-store")]);
    let mut now_ms = 0;
    for (method, path, _, class) in ROUTES {
        for status in [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504] {
            for (headers, is_cacheable) in [
                (&["cache-control: no-store"][..], false),
                (&[], false),
                (&["cache-control: s-maxage=1"], status != 416),
            ] {
                world.origin.then(says(status, headers, ""));
                let before = world.origin.fetches();
                for later_ms in [1_000, 999] {
                    now_ms += later_ms;
                    world.clock.at_ms(now_ms);
                    world.send(request(method, path, &[])).await;
                }
                let cached = is_cacheable && method == "GET" && matches!(class, Public | Personal);
                let fetches = world.origin.fetches() - before;
                let case = format!("{method} {path} {status} {headers:?}");
                assert_eq!(fetches, if cached { 1 } else { 2 }, "{case}");
            }
        }
    }
}

#[tokio::test]
async fn no_two_identities_and_no_two_bookmarks_share_an_answer() {
    let personal = ROUTES.iter().filter(|(_, _, _, class)| *class == Personal);
    for (method, path, ..) in personal {
        let world = world([ok(PERSONAL)]);
        let keys: [&[&str]; 5] = [
            &[],
            &["forecourt-identity: cart:a:mac"],
            &["forecourt-identity: cart:b:mac"],
            &["forecourt-identity: cart:b:mac", "forecourt-bookmark: b1.x"],
            &["forecourt-identity: cart:b:mac", "forecourt-bookmark: b1.y"],
        ];
        for headers in keys {
            let response = world.send(request(method, path, headers)).await;
            assert_eq!(x_cache(&response), "Miss", "{path} {headers:?}");
            for header in headers {
                let (name, value) = header.split_once(": ").unwrap();
                assert_eq!(
                    world.origin.last().headers()[name],
                    value,
                    "every header in the key is forwarded"
                );
            }
        }
        for headers in keys {
            let response = world.send(request(method, path, headers)).await;
            assert_eq!(x_cache(&response), "Hit", "{path} {headers:?}");
        }
    }
}

#[tokio::test]
async fn a_failing_origin_gives_stale_public_answers_and_personal_errors() {
    let failing = || says(503, &["cache-control: no-store"], "");
    let world = world([ok(PUBLIC), failing()]);
    world.get("/v1/configurator/bike").await;
    for at_ms in [661_000, 86_459_999] {
        world.clock.at_ms(at_ms);
        assert_eq!(x_cache(&world.get("/v1/configurator/bike").await), "Hit", "at {at_ms}");
    }
    world.clock.at_ms(86_460_000);
    assert_eq!(world.get("/v1/configurator/bike").await.status().as_u16(), 503);

    let world =
        world_with([ok(PERSONAL), failing()], |event| event["Records"][0]["cf"]["request"].clone());
    world.get("/v1/cart").await;
    world.clock.at_ms(5_000);
    assert_eq!(world.get("/v1/cart").await.status().as_u16(), 503);
}

#[tokio::test]
async fn commands_get_only_allow_listed_headers() {
    let world = world([says(202, &[], "")]);
    let viewer = [
        "host: shop.example",
        "content-type: application/json",
        "content-encoding: gzip",
        "idempotency-key: 0123456789abcdef",
        "forecourt-identity: cart:a:mac",
        "forecourt-bookmark: b1.x",
        "if-match: \"1\"",
        "if-none-match: \"2\"",
        "accept-encoding: br",
        "cookie: a=1",
        "forecourt-cart: c1.secret",
        "x-other: 1",
        "user-agent: curl",
    ];
    let mut command = request("POST", "/v1/cart/lines?x=1", &viewer);
    *command.body_mut() = Bytes::from_static(b"{}");
    world.send(command).await;
    let forwarded = world.origin.last();
    assert_eq!(
        (forwarded.uri().to_string().as_str(), forwarded.body().as_ref()),
        ("/v1/cart/lines?x=1", &b"{}"[..])
    );
    let mut names: Vec<&str> = forwarded.headers().keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "accept-encoding",
            "content-encoding",
            "content-type",
            "forecourt-bookmark",
            "forecourt-identity",
            "host",
            "idempotency-key",
            "if-match",
            "if-none-match",
            "user-agent",
            "via",
            "x-amz-cf-id",
            "x-forwarded-for"
        ]
    );
}

#[tokio::test]
async fn a_webhook_reaches_the_receiver_unchanged_except_its_host() {
    let world = world([says(200, &[], "")]);
    let mut webhook = request(
        "POST",
        "/webhooks/shopify",
        &[
            "host: shop.example",
            "x-shopify-hmac-sha256: abc",
            "x-shopify-topic: orders/create",
            "content-type: application/json",
            "user-agent: Shopify",
            "cookie: a=1",
        ],
    );
    *webhook.body_mut() = Bytes::from_static(b"{ }");
    world.send(webhook).await;
    let forwarded = world.origin.last();
    assert_eq!(forwarded.body(), "{ }");
    for (name, value) in [
        ("host", "webhooks.origin.invalid"),
        ("x-shopify-hmac-sha256", "abc"),
        ("x-shopify-topic", "orders/create"),
        ("content-type", "application/json"),
        ("user-agent", "Shopify"),
    ] {
        assert_eq!(forwarded.headers()[name], value, "{name}");
    }
    assert!(!forwarded.headers().contains_key("cookie"));
}

#[tokio::test]
async fn public_answers_differ_by_path_query_and_encoding_only() {
    let world = world([ok(PUBLIC)]);
    let first = ["accept-encoding: gzip, br", "authorization: Bearer a", "accept-language: de"];
    world.get_with("/v1/configurator/bike/resolution?a=1", &first).await;
    let forwarded = world.origin.last();
    assert_eq!(forwarded.headers()["accept-encoding"], "br,gzip");
    assert!(!forwarded.headers().contains_key("authorization"));
    for (target, headers, expected) in [
        ("/v1/configurator/bike/resolution?a=1", &["accept-encoding: br;q=0.5,gzip"][..], "Hit"),
        ("/v1/configurator/bike/resolution?a=1", &["accept-encoding: gzip"], "Miss"),
        ("/v1/configurator/bike/resolution?a=2", &first, "Miss"),
        ("/v1/configurator/bike/resolution", &first, "Miss"),
    ] {
        assert_eq!(
            x_cache(&world.get_with(target, headers).await),
            expected,
            "{target} {headers:?}"
        );
    }
}

#[tokio::test]
async fn publishing_invalidates_by_tag_and_viewers_get_no_tag() {
    let headers = [&format!("cache-control: {PUBLIC}")[..], "forecourt-tags: product:bike"];
    let world = world([says(200, &headers, "body")]);
    for target in ["/v1/configurator/bike", "/v1/configurator/bike/resolution?a=1"] {
        assert_eq!(header(&world.get(target).await, "forecourt-tags"), "");
    }
    assert_eq!(world.emulator.invalidate(&["#product:bike".to_owned()]).unwrap(), 2);
    assert_eq!(x_cache(&world.get("/v1/configurator/bike").await), "Miss");
}

#[tokio::test]
async fn a_response_of_the_function_has_the_headers_of_its_class() {
    for (method, path, _, class) in ROUTES {
        let world = world_with([ok(PUBLIC)], |_| json!({"status": "401", "body": "{}"}));
        let response = world.send(request(method, path, &[PAGE])).await;
        assert_eq!(x_cache(&response), "LambdaGeneratedResponse");
        check_class_headers(&response, class, path);
        assert_eq!(world.origin.fetches(), 0);
    }
}

#[tokio::test]
async fn a_preflight_lists_methods_and_headers() {
    let world = world_with([ok(PUBLIC)], |_| json!({"status": "204"}));
    let preflight = [PAGE, "access-control-request-method: POST"];
    let response = world.send(request("OPTIONS", "/v1/cart/lines", &preflight)).await;
    for (name, value) in [
        ("access-control-allow-methods", "GET, HEAD, OPTIONS, POST, PATCH, DELETE"),
        (
            "access-control-allow-headers",
            "Authorization, Content-Type, Idempotency-Key, If-None-Match, Forecourt-Cart, \
             Forecourt-Bookmark, baggage, sentry-trace",
        ),
        ("access-control-max-age", "7200"),
    ] {
        assert_eq!(header(&response, name), value);
    }
}

#[tokio::test]
async fn on_aws_viewers_are_sent_to_https() {
    let file: Value = serde_json::from_str(FILE).unwrap();
    let world = World::with(&file, [ok(PUBLIC)], |builder| builder.without_functions());
    for (method, path, ..) in ROUTES {
        let response = world.send(request(method, path, &["host: shop.example"])).await;
        assert_eq!(response.status().as_u16(), if method == "GET" { 301 } else { 307 });
    }
}

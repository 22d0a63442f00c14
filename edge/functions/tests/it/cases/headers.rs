//! Which headers are forwarded, and which never are.

use super::{TestCase, forwards};
use crate::fixture::{PLAIN, STAFF_TOKEN, Viewer, get, request_to};
use edge_wire::identity::{Identity, Kind, encode};

pub(super) fn cases() -> Vec<TestCase> {
    let mut cases = trusted();
    cases.extend(UNKEYED.into_iter().map(|(name, value)| {
        forwards(
            format!("{name} goes no further"),
            get("/v1/configurator/bike").with(name, value),
            "/v1/configurator/bike",
        )
    }));
    cases.extend(forwarded_headers());
    cases
}

/// What could change an answer, a path, a method or a host without being in the cache key.
const UNKEYED: [(&str, &str); 30] = [
    ("X-Forwarded-Host", "evil.example"),
    ("X-Forwarded-Scheme", "http"),
    ("X-Forwarded-Port", "1337"),
    ("X-Forwarded-For", "127.0.0.1"),
    ("X-Forwarded-Prefix", "/evil"),
    ("X-Forwarded-Server", "evil.example"),
    ("X-Host", "evil.example"),
    ("Forwarded", "host=evil.example"),
    ("X-Original-URL", "/v1/loyalty"),
    ("X-Rewrite-URL", "/v1/loyalty"),
    ("X-Original-Host", "evil.example"),
    ("X-HTTP-Method-Override", "DELETE"),
    ("X-HTTP-Method", "DELETE"),
    ("X-Method-Override", "DELETE"),
    ("Cookie", "cart=1; _shopify_y=2"),
    ("Cookie2", "$Version=1"),
    ("Authorization", "Bearer anything"),
    ("Accept", "text/html"),
    ("Accept-Language", "de"),
    ("Referer", "https://evil.example/"),
    ("Range", "bytes=0-1"),
    ("If-Range", "\"x\""),
    ("If-Modified-Since", "Tue, 14 Nov 2023 22:13:20 GMT"),
    ("If-Match", "\"x\""),
    ("Cache-Control", "no-cache"),
    ("Max-Forwards", "0"),
    ("X-Shopify-Hmac-Sha256", "x"),
    ("Access-Control-Request-Method", "DELETE"),
    ("CloudFront-Viewer-Country", "DE"),
    ("Forecourt-Tags", "product-bike"),
];

fn trusted() -> Vec<TestCase> {
    let staff = Identity { kind: Kind::Staff, id: "staff".to_owned() };
    let signed = encode(&PLAIN.ring(), &[staff]);
    vec![
        forwards(
            "an identity from a viewer, on a public route",
            get("/v1/configurator/bike").with("Forecourt-Identity", "customer:1001:x"),
            "/v1/configurator/bike",
        ),
        forwards(
            "an identity of ours from a viewer",
            request_to("POST", "/v1/carts").with("Forecourt-Identity", &signed),
            "/v1/carts",
        ),
        forwards(
            "an identity from a viewer beside a token",
            get("/v1/cart").cart("cart-1").with("Forecourt-Identity", &signed),
            "/v1/cart",
        )
        .by_cart("cart-1"),
        forwards(
            "two identities from a viewer",
            get("/v1/cart")
                .cart("cart-1")
                .with("Forecourt-Identity", &signed)
                .with("Forecourt-Identity", "cart:cart-2:x"),
            "/v1/cart",
        )
        .by_cart("cart-1"),
    ]
}

fn forwarded_headers() -> Vec<TestCase> {
    let webhook = request_to("POST", "/webhooks/shopify")
        .with("X-Shopify-Hmac-Sha256", "yCGX/RrK4fcuNtr3ztk5tQGsOBjcAzHpGLdMUrbV8yI=")
        .with("X-Shopify-Topic", "orders/paid")
        .with("Shopify-Api-Version", "2026-10")
        .with("X-Original-URL", "/v1/loyalty")
        .with("Authorization", "Bearer x");
    let publish = request_to("PUT", "/v1/admin/configurators/bike")
        .with("Authorization", &format!("Bearer {STAFF_TOKEN}"))
        .with("Content-Encoding", "gzip")
        .with("If-Match", "\"7\"")
        .with("If-None-Match", "*");
    vec![
        forwards(
            "a conditional read",
            get("/v1/configurator/bike")
                .with("If-None-Match", "\"a\"")
                .with("If-None-Match", "W/\"b\""),
            "/v1/configurator/bike",
        )
        .forwards_header("if-none-match"),
        forwards(
            "a read from another origin",
            get("/v1/configurator/bike").with("Origin", "https://shop.example"),
            "/v1/configurator/bike",
        )
        .forwards_header("origin"),
        forwards(
            "a read that asks where the time went",
            get("/v1/configurator/bike").with("Pragma", "server-timing"),
            "/v1/configurator/bike",
        )
        .forwards_header("pragma"),
        forwards(
            "what a function may not touch",
            get("/v1/configurator/bike")
                .with("Via", "2.0 proxy.example")
                .with("CDN-Loop", "cloudfront"),
            "/v1/configurator/bike",
        )
        .forwards_header("cdn-loop"),
        forwards("a webhook with its signature", webhook, "/webhooks/shopify")
            .forwards_header("x-shopify-hmac-sha256")
            .forwards_header("x-shopify-topic")
            .forwards_header("shopify-api-version"),
        forwards("a product published gzipped", publish, "/v1/admin/configurators/bike")
            .by_staff()
            .forwards_header("content-encoding")
            .forwards_header("if-match"),
        forwards(
            "a command in chunks",
            request_to("POST", "/v1/carts")
                .with("Transfer-Encoding", "chunked")
                .with("Content-Encoding", "gzip"),
            "/v1/carts",
        )
        .forwards_header("transfer-encoding")
        .forwards_header("content-encoding"),
    ]
}

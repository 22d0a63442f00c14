//! Through Shopify's App Proxy.

use edge_functions::event::Request;
use edge_wire::problem::Code;
use edge_wire::proxy::{Forwarding, forward, sign};
use edge_wire::query::parse;

use super::{TestCase, forwards, rejects};
use crate::fixture::{KEY, NOW, PLAIN, ROTATED, ROTATING, SHOP, Viewer, get, proxied, request_to};

pub(super) fn cases() -> Vec<TestCase> {
    let mut cases = verified();
    cases.extend(moved());
    cases.extend(misplaced());
    cases.extend(unverified());
    cases.extend(repeated());
    cases.extend(rotation());
    cases
}

/// A query signed as it stands.
fn signed(query: &str) -> Request {
    let signature = sign(&parse(query).unwrap(), &PLAIN.secrets());
    get(&format!("/proxy/v1/loyalty?{query}&signature={signature}"))
}

fn verified() -> Vec<TestCase> {
    let customer = Some("1001");
    let loyalty = || proxied("GET", "/v1/loyalty", customer);
    let early = signed(&format!("shop={SHOP}&timestamp={NOW}&logged_in_customer_id=1001"));
    vec![
        forwards("a balance through the proxy", loyalty(), "/v1/loyalty").by_customer("1001"),
        forwards(
            "a page through the proxy",
            proxied("GET", "/v1/loyalty/entries?limit=10&cursor=a+b", customer),
            "/v1/loyalty/entries?cursor=a%20b&limit=10",
        )
        .by_customer("1001"),
        forwards(
            "tracking through the proxy",
            proxied("GET", "/v1/loyalty?utm_source=x", customer),
            "/v1/loyalty",
        )
        .by_customer("1001"),
        forwards(
            "the programme through the proxy",
            proxied("GET", "/v1/loyalty/program", None),
            "/v1/loyalty/program",
        ),
        forwards("a session", proxied("POST", "/v1/session", customer), "/v1/session")
            .by_customer("1001"),
        forwards("a new cart through the proxy", proxied("POST", "/v1/carts", None), "/v1/carts"),
        forwards(
            "a customer's new cart through the proxy",
            proxied("POST", "/v1/carts", customer),
            "/v1/carts",
        )
        .by_customer("1001"),
        forwards("a signature 90 seconds old", loyalty(), "/v1/loyalty")
            .by_customer("1001")
            .at(NOW + 90),
        forwards("a signature 90 seconds young", loyalty(), "/v1/loyalty")
            .by_customer("1001")
            .at(NOW - 90),
        forwards("parameters Shopify appends one day", newer("new_in_2027=1"), "/v1/loyalty")
            .by_customer("1001"),
        forwards("Shopify's parameters in another order", early, "/v1/loyalty").by_customer("1001"),
        rejects("nobody is logged in", proxied("GET", "/v1/loyalty", None), Code::TokenMissing)
            .at_field("query:logged_in_customer_id"),
        rejects(
            "nobody is logged in for a session",
            proxied("POST", "/v1/session", None),
            Code::TokenMissing,
        )
        .at_field("query:logged_in_customer_id"),
        rejects(
            "a parameter the route does not have",
            proxied("GET", "/v1/loyalty?x=1", customer),
            Code::ParameterInvalid,
        )
        .at_field("query:x"),
        rejects(
            "an identity in the query",
            proxied("GET", "/v1/loyalty?forecourt_identity=x", customer),
            Code::ParameterInvalid,
        )
        .at_field("query:forecourt_identity"),
        rejects(
            "a customer who is no Shopify id",
            signed(&format!("shop={SHOP}&timestamp={NOW}&logged_in_customer_id=me")),
            Code::ParameterInvalid,
        )
        .at_field("query:logged_in_customer_id"),
    ]
}

/// As Shopify may forward one day.
fn newer(appended: &str) -> Request {
    signed(&format!(
        "shop={SHOP}&logged_in_customer_id=1001&path_prefix=%2Fapps%2Ffc&{appended}&timestamp={NOW}"
    ))
}

fn moved() -> Vec<TestCase> {
    let token = PLAIN.cart_token("cart-1");
    let (one, two) = (PLAIN.cart_bookmark("cart-1", 1), PLAIN.cart_bookmark("cart-1", 2));
    let yours = PLAIN.cart_token("cart-2");
    let mut both = [one.clone(), two.clone()];
    both.sort();
    let account = PLAIN.loyalty_bookmark("1001", 1);
    let cart = |query: &str| proxied("GET", &format!("/v1/cart?{query}"), None);
    let lines = |query: &str| proxied("POST", &format!("/v1/cart/lines?{query}"), None);
    vec![
        forwards("a cart through the proxy", cart(&format!("cart={token}")), "/v1/cart")
            .by_cart("cart-1"),
        forwards(
            "a cart with bookmarks through the proxy",
            cart(&format!("bookmark={two}~{one}&cart={token}")),
            "/v1/cart",
        )
        .by_cart("cart-1")
        .has("forecourt-bookmark", &both.join(",")),
        forwards(
            "a balance with its bookmark through the proxy",
            proxied("GET", &format!("/v1/loyalty?bookmark={account}"), Some("1001")),
            "/v1/loyalty",
        )
        .by_customer("1001")
        .has("forecourt-bookmark", &account),
        forwards(
            "a command through the proxy",
            lines(&format!("cart={token}&idempotency_key={KEY}")),
            "/v1/cart/lines",
        )
        .by_cart("cart-1")
        .has("idempotency-key", KEY),
        forwards(
            "headers beside a signed query present nothing",
            cart(&format!("cart={token}"))
                .with("Forecourt-Cart", &yours)
                .with("Forecourt-Bookmark", &one)
                .customer("1002"),
            "/v1/cart",
        )
        .by_cart("cart-1"),
        forwards(
            "a programme with everything a client sends along",
            proxied(
                "GET",
                &format!("/v1/loyalty/program?cart={token}&bookmark={one}&idempotency_key={KEY}"),
                None,
            ),
            "/v1/loyalty/program",
        ),
    ]
}

fn misplaced() -> Vec<TestCase> {
    let (token, yours) = (PLAIN.cart_token("cart-1"), PLAIN.cart_token("cart-2"));
    let (one, two) = (PLAIN.cart_bookmark("cart-1", 1), PLAIN.cart_bookmark("cart-1", 2));
    let cart = |query: &str| proxied("GET", &format!("/v1/cart?{query}"), None);
    let lines = |query: &str| proxied("POST", &format!("/v1/cart/lines?{query}"), None);
    vec![
        rejects("a cart token in a header only", cart("").cart("cart-1"), Code::TokenMissing)
            .at_field("query:cart"),
        rejects(
            "a key in a header only",
            lines(&format!("cart={token}")).keyed(),
            Code::IdempotencyKeyMissing,
        )
        .at_field("query:idempotency_key"),
        rejects(
            "a bearer beside a signature",
            proxied("GET", "/v1/loyalty", None).customer("1001"),
            Code::TokenMissing,
        )
        .at_field("query:logged_in_customer_id"),
        rejects("a broken cart token through the proxy", cart("cart=broken"), Code::TokenInvalid)
            .at_field("query:cart"),
        rejects("an empty cart token through the proxy", cart("cart="), Code::TokenInvalid)
            .at_field("query:cart"),
        rejects(
            "a broken bookmark through the proxy",
            cart(&format!("cart={token}&bookmark=broken")),
            Code::BookmarkInvalid,
        )
        .at_field("query:bookmark"),
        rejects(
            "bookmarks with a comma through the proxy",
            cart(&format!("cart={token}&bookmark={one},{two}")),
            Code::BookmarkInvalid,
        )
        .at_field("query:bookmark"),
        rejects(
            "a short key through the proxy",
            lines(&format!("cart={token}&idempotency_key=x")),
            Code::IdempotencyKeyInvalid,
        )
        .at_field("query:idempotency_key"),
        rejects(
            "two cart tokens through the proxy",
            cart(&format!("cart={token}&cart={yours}")),
            Code::ParameterInvalid,
        )
        .at_field("query:cart"),
        rejects(
            "two bookmark parameters",
            cart(&format!("cart={token}&bookmark={one}&bookmark={two}")),
            Code::ParameterInvalid,
        )
        .at_field("query:bookmark"),
        rejects(
            "two keys through the proxy",
            lines(&format!("cart={token}&idempotency_key={KEY}&idempotency_key={KEY}")),
            Code::ParameterInvalid,
        )
        .at_field("query:idempotency_key"),
    ]
}

fn unverified() -> Vec<TestCase> {
    let query = PLAIN.signed("limit=10", Some("1001"));
    let entries = |query: &str| get(&format!("/proxy/v1/loyalty/entries?{query}"));
    let unsigned = |name: &str, query: &str| {
        rejects(name, entries(query), Code::SignatureInvalid).at_field("query:signature")
    };
    let foreign = Forwarding {
        shop: "other.myshopify.com",
        customer: Some("1001"),
        path_prefix: "/apps/forecourt",
        timestamp_unix_s: NOW,
    };
    let foreign = forward("", &foreign, &PLAIN.secrets()).unwrap();
    let head = query.split("&signature=").next().unwrap();
    let long = format!("{query}&x={}", "x".repeat(8192));
    vec![
        unsigned("nothing signed", "limit=10"),
        unsigned("no query at all", ""),
        unsigned("everything but the signature", head),
        unsigned("an empty signature", &format!("{head}&signature=")),
        unsigned("another signature", &format!("{head}&signature={}", "0".repeat(64))),
        unsigned("a signature in capitals", &capital_signature(&query)),
        unsigned("a signature cut short", &query[..query.len() - 1]),
        unsigned("a signed parameter changed", &query.replace("limit=10", "limit=11")),
        unsigned("a signed customer changed", &query.replace("=1001", "=1002")),
        unsigned("a signed customer removed", &query.replace("logged_in_customer_id=1001&", "")),
        unsigned("a parameter added", &format!("{query}&cursor=x")),
        unsigned("a foreign shop unsigned", &query.replace(SHOP, "other.myshopify.com")),
        rejects("a signature 91 seconds old", entries(&query), Code::SignatureInvalid)
            .at_field("query:timestamp")
            .at(NOW + 91),
        rejects("a signature 91 seconds young", entries(&query), Code::SignatureInvalid)
            .at_field("query:timestamp")
            .at(NOW - 91),
        rejects("no time", signed(&format!("shop={SHOP}")), Code::SignatureInvalid)
            .at_field("query:timestamp"),
        rejects(
            "a time that is infinite",
            signed(&format!("shop={SHOP}&timestamp=Infinity")),
            Code::SignatureInvalid,
        )
        .at_field("query:timestamp"),
        rejects(
            "a time with a fraction",
            signed(&format!("shop={SHOP}&timestamp={NOW}.5")),
            Code::SignatureInvalid,
        )
        .at_field("query:timestamp"),
        rejects("a foreign shop", entries(&foreign), Code::ShopForeign).at_field("query:shop"),
        rejects("no shop", signed(&format!("timestamp={NOW}")), Code::ShopForeign)
            .at_field("query:shop"),
        rejects("a proxied query that can't be read", entries("a=%zz"), Code::ParameterInvalid)
            .at_field("query"),
        rejects("a proxied query of 8 KB", entries(&long), Code::ParameterInvalid)
            .at_field("query"),
        rejects(
            "a signed query on a direct path",
            get(&format!("/v1/loyalty/entries?{query}")),
            Code::ParameterInvalid,
        )
        .at_field("query:shop"),
        rejects(
            "an unsigned session",
            request_to("POST", "/proxy/v1/session").customer("1001"),
            Code::SignatureInvalid,
        )
        .at_field("query:signature"),
    ]
}

fn capital_signature(query: &str) -> String {
    let (head, signature) = query.rsplit_once('=').unwrap();
    format!("{head}={}", signature.to_uppercase())
}

fn repeated() -> Vec<TestCase> {
    let names = ["shop", "logged_in_customer_id", "path_prefix", "timestamp", "hmac"];
    let mut cases: Vec<TestCase> = names
        .into_iter()
        .map(|name| {
            let query = PLAIN.signed(&format!("{name}=1&{name}=2"), Some("1001"));
            let request = get(&format!("/proxy/v1/loyalty?{query}"));
            rejects(format!("{name} repeated, signed"), request, Code::ParameterInvalid)
                .at_field(&format!("query:{name}"))
        })
        .collect();
    let query = PLAIN.signed("", Some("1001"));
    let twice = format!("/proxy/v1/loyalty?{query}&signature={}", "0".repeat(64));
    cases.push(
        rejects("a signature repeated", get(&twice), Code::ParameterInvalid)
            .at_field("query:signature"),
    );
    // The signed text has no separators: customer 7 had a value signed that spells customer 5.
    let honest = PLAIN.signed("a=1logged_in_customer_id%3D5m%3D", Some("7"));
    let signature = honest.rsplit_once('=').unwrap().1;
    let redrawn = format!(
        "/proxy/v1/loyalty?logged_in_customer_id=5&a=1&m=logged_in_customer_id%3D7\
         &path_prefix=/apps/forecourt&shop={SHOP}&timestamp={NOW}&signature={signature}"
    );
    cases.push(
        rejects("a customer spelled inside a value", get(&redrawn), Code::ParameterInvalid)
            .at_field("query:logged_in_customer_id"),
    );
    cases
}

fn rotation() -> Vec<TestCase> {
    let old = || proxied("GET", "/v1/loyalty", Some("1001"));
    let new = get(&format!("/proxy/v1/loyalty?{}", ROTATED.signed("", Some("1001"))));
    vec![
        forwards("Shopify signs with the old secret while rotating", old(), "/v1/loyalty")
            .by_customer("1001")
            .under(&ROTATING),
        forwards("Shopify signs with the new secret while rotating", new, "/v1/loyalty")
            .by_customer("1001")
            .under(&ROTATING),
        rejects("Shopify's old secret is gone", old(), Code::SignatureInvalid)
            .at_field("query:signature")
            .under(&ROTATED),
    ]
}

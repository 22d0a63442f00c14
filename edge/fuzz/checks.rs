//! Properties of any input. The fuzz targets call these, and so does a test of
//! `edge/functions` with every file of `corpus/`.

#![allow(dead_code, reason = "each fuzz target calls one of these")]

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use edge_functions::event::{Headers, Request};
use edge_functions::{EdgeConfig, Verdict, handle, viewer_request};
use edge_wire::bookmark::{seal, verify};
use edge_wire::id_token::{self, Audience};
use edge_wire::keys::{KeyRing, Purpose};
use edge_wire::proxy::{Forwarding, ProxyError};
use edge_wire::query::{parse, push};
use edge_wire::secrets::ShopifySecrets;
use edge_wire::token::{CustomerToken, StaffTokens, mint_cart, verify_cart, verify_customer};
use edge_wire::{grammar, identity, proxy};

const NOW: u64 = 1_700_000_000;
const SHOP: &str = "demo.myshopify.com";
const CLIENT_ID: &str = "dev-client-id";
const STAFF_TOKEN: &str = "dev-staff-token-0000000000000000";

fn keys() -> KeyRing {
    KeyRing::parse("k1:0123456789abcdef0123456789abcdef").expect("a ring")
}

fn secrets() -> ShopifySecrets {
    ShopifySecrets::parse("dev-shopify-secret").expect("a secret")
}

fn config() -> EdgeConfig {
    EdgeConfig {
        shop: SHOP.to_owned(),
        shopify_secrets: secrets(),
        client_id: Some(CLIENT_ID.to_owned()),
        keys: keys(),
        staff: StaffTokens::parse(STAFF_TOKEN).expect("a token"),
    }
}

/// A query has one form, and that form is its own.
pub(crate) fn query(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(pairs) = parse(text) {
        let mut written = String::new();
        for (name, value) in &pairs {
            push(&mut written, name, value);
        }
        assert_eq!(parse(&written), Ok(pairs), "a written query parses to the same pairs");
    }
    for uri in ["/v1/configurator/bike/resolution", "/v1/loyalty/program"] {
        let request = Request {
            client_ip: "203.0.113.178".to_owned(),
            headers: Headers::new(),
            method: "GET".to_owned(),
            querystring: text.to_owned(),
            uri: uri.to_owned(),
            body: None,
            origin: None,
        };
        if let Verdict::Forward(once) = viewer_request(request, &config(), NOW) {
            assert!(once.querystring.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#'));
            let twice = viewer_request(once.clone(), &config(), NOW);
            assert_eq!(twice, Verdict::Forward(once), "one form");
        }
    }
}

/// Only a query that Shopify signed verifies, with the customer and parameters of the original.
pub(crate) fn proxy(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let secrets = secrets();
    if let Ok(proxied) = proxy::verify(text, &secrets, SHOP, NOW) {
        let is_signed = parse(text).is_ok_and(|pairs| {
            let signature = proxy::sign(&pairs, &secrets);
            pairs.iter().any(|(name, value)| name == "signature" && *value == signature)
        });
        assert!(is_signed, "verified without a signature");
        assert!(proxied.customer.is_none_or(|id| grammar::is_shopify_id(&id)));
    }
    let forwarding = Forwarding {
        shop: SHOP,
        customer: Some("1001"),
        path_prefix: "/apps/forecourt",
        timestamp_unix_s: NOW,
    };
    let Ok(forwarded) = proxy::forward(text, &forwarding, &secrets) else { return };
    match proxy::verify(&forwarded, &secrets, SHOP, NOW) {
        Ok(proxied) => {
            assert_eq!(proxied.customer.as_deref(), Some("1001"), "another customer");
            assert_eq!(Ok(proxied.rest), parse(text));
        }
        Err(ProxyError::Repeated(_) | ProxyError::Malformed) => {}
        Err(error) => panic!("signed and rejected: {error}"),
    }
}

/// A token has one spelling, and no other text verifies.
pub(crate) fn tokens(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let keys = keys();
    if let Ok(cart) = verify_cart(&keys, text) {
        assert_eq!(mint_cart(&keys, &cart), text);
    }
    if let Ok(CustomerToken { customer, .. }) = verify_customer(&keys, text, NOW) {
        assert!(grammar::is_shopify_id(&customer));
        assert!(text.starts_with(&format!("u1.k1.{customer}.")));
    }
    let staff = StaffTokens::parse(STAFF_TOKEN).expect("a token");
    assert_eq!(staff.holds(text), text == STAFF_TOKEN);
    if let Some(identities) = identity::verify(&keys, text) {
        let kinds: BTreeSet<_> = identities.iter().map(|identity| identity.kind).collect();
        assert_eq!(kinds.len(), identities.len(), "one of each kind");
        let sorted = identities.is_sorted_by_key(|identity| identity.kind);
        assert!(!sorted || identity::encode(&keys, &identities) == text);
    }
}

/// Only a token that Shopify signed verifies. Claims of any form, signed, verify for a person or not
/// at all; the first line is the header, if there are two.
pub(crate) fn id_tokens(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let secrets = secrets();
    let audience = Audience { client_id: Some(CLIENT_ID), shop: SHOP, secrets: &secrets };
    if id_token::verify(text, &audience, NOW).is_ok() {
        let decoded = |part: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(part).expect("it was read");
            String::from_utf8(bytes).expect("it was read as JSON")
        };
        let parts: Vec<&str> = text.split('.').collect();
        let signed = id_token::sign(&decoded(parts[0]), &decoded(parts[1]), &secrets);
        assert_eq!(signed, text, "verified without a signature");
    }
    let (header, claims) = text.split_once('\n').unwrap_or((r#"{"alg":"HS256"}"#, text));
    let signed = id_token::sign(header, claims, &secrets);
    if let Ok(person) = id_token::verify(&signed, &audience, NOW) {
        assert!(grammar::is_shopify_id(&person));
        assert!(claims.contains(CLIENT_ID) && claims.contains(SHOP), "another app's or shop's");
    }
}

/// A bookmark verifies only as it was sealed; a malformed sealed payload does not open.
pub(crate) fn bookmarks(input: &[u8]) {
    let keys = keys();
    if let Ok(text) = std::str::from_utf8(input)
        && let Ok(sealed) = verify(&keys, text)
        && let Ok(payload) = sealed.open()
    {
        assert_eq!(seal(&keys, &sealed.resource, &payload), text, "equal states, equal bytes");
    }
    let (about, payload) = (URL_SAFE_NO_PAD.encode("cart/c-1"), URL_SAFE_NO_PAD.encode(input));
    let mac = keys.sign(Purpose::Bookmark, &[about.as_bytes(), payload.as_bytes()]);
    let text = format!("b1.k1.{about}.{payload}.{mac}");
    if let Ok(sealed) = verify(&keys, &text)
        && let Ok(payload) = sealed.open()
    {
        let again = seal(&keys, &sealed.resource, &payload);
        let again = verify(&keys, &again).and_then(|sealed| sealed.open());
        assert_eq!(again, Ok(payload), "an opened payload can be sealed again");
    }
}

/// Every event has a verdict, and a forwarded request has only identities that it proved.
pub(crate) fn events(input: &[u8]) {
    let Ok(output) = handle(input, &config(), NOW) else { return };
    let output: serde_json::Value = serde_json::from_slice(&output).expect("a verdict is JSON");
    if output.get("status").is_some() {
        return;
    }
    let request: Request = serde_json::from_value(output).expect("a request goes on");
    assert!(!request.headers.contains_key("authorization"));
    assert!(!request.headers.contains_key("forecourt-cart"));
    for line in request.headers.get("forecourt-identity").into_iter().flatten() {
        assert!(identity::verify(&keys(), &line.value).is_some(), "an identity of ours");
    }
}

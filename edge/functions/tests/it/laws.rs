//! Properties of every request.

use edge_functions::event::Request;
use edge_functions::{Verdict, handle, viewer_request};
use edge_wire::headers::{BOOKMARK, CART, IDEMPOTENCY_KEY, IDENTITY, SESSION};
use edge_wire::identity::{Identity, Kind, verify, verify_session};
use edge_wire::routes::{Caller, ROUTES};
use proptest::prelude::*;

use crate::fixture::{KEY, NOW, PLAIN, STAFF_TOKEN, Viewer, get, proxied, request_to};

const NOISE: [&str; 7] = [
    "cookie",
    "accept-language",
    "x-forwarded-host",
    "x-original-url",
    "forecourt-identity",
    "forecourt-session",
    "range",
];
const READ_ONLY: [&str; 5] = ["cdn-loop", "content-length", "host", "transfer-encoding", "via"];

fn forwarded(request: Request) -> Option<Request> {
    match viewer_request(request, &PLAIN.edge(), NOW) {
        Verdict::Forward(request) => Some(request),
        Verdict::Respond(_) => None,
    }
}

/// Every route by either entrance, as an honest viewer would call it.
fn honest() -> Vec<Request> {
    let token = PLAIN.cart_token("cart-1");
    let query = format!("cart={token}&idempotency_key={KEY}");
    let staff = format!("Bearer {STAFF_TOKEN}");
    let calls = ROUTES.iter().flat_map(|route| {
        let path = route.path.replace('{', "x").replace('}', "");
        let direct = request_to(route.method, &path).cart("cart-1").keyed();
        let direct = if route.callers.contains(&Caller::Must(Kind::Staff)) {
            direct.with("Authorization", &staff)
        } else {
            direct.customer("1001")
        };
        let target = format!("{path}?{query}");
        [direct, proxied(route.method, &target, Some("1001"))]
    });
    calls.collect()
}

/// A header that some server believes, with a value that may be one of ours.
fn lines() -> impl Strategy<Value = (&'static str, String)> {
    let names = prop::sample::select(&[
        "Authorization",
        "Content-Length",
        "Cookie",
        "Forecourt-Bookmark",
        "Forecourt-Cart",
        "Forecourt-Identity",
        "Host",
        "Idempotency-Key",
        "If-None-Match",
        "Origin",
        "X-Forwarded-Host",
        "X-HTTP-Method-Override",
        "X-Shopify-Topic",
    ]);
    let values = prop_oneof![
        Just(PLAIN.cart_token("cart-1")),
        Just(PLAIN.cart_bookmark("cart-1", 1)),
        Just(format!("Bearer {}", PLAIN.customer_token("1001"))),
        Just("staff:staff:AAAAAAAAAAAAAAAAAAAAAA".to_owned()),
        Just("0".to_owned()),
        "\\PC{0,20}",
    ];
    (names, values)
}

/// Requests of honest viewers and of others: more header lines, and perhaps another path, query or
/// method.
fn requests() -> impl Strategy<Value = Request> {
    let uri = prop_oneof!["/?(v1|proxy|cart|loyalty|\\.\\.|%2f|;|\\PC|/){0,6}", any::<String>()];
    let query = prop_oneof!["([a-z_%0-9]{1,6}=?[a-z%0-9+;]{0,4}&?){0,5}", any::<String>()];
    let method = prop::sample::select(&["GET", "HEAD", "POST", "DELETE", "OPTIONS", "TRACE", ""]);
    let seldom = |strategy: BoxedStrategy<String>| prop::option::weighted(0.1, strategy);
    (
        prop::sample::select(honest()),
        prop::collection::vec(lines(), 0..4),
        seldom(uri.boxed()),
        seldom(query.boxed()),
        seldom(method.prop_map(str::to_owned).boxed()),
    )
        .prop_map(|(mut request, lines, uri, query, method)| {
            request =
                lines.iter().fold(request, |request, (name, value)| request.with(name, value));
            request.uri = uri.unwrap_or(request.uri);
            request.querystring = query.unwrap_or(request.querystring);
            request.method = method.unwrap_or(request.method);
            request
        })
}

/// A selection in some order, and the same in another.
fn permuted() -> impl Strategy<Value = (Vec<String>, Vec<String>)> {
    let pairs = prop::collection::btree_map("[a-z][a-zA-Z0-9_.-]{0,5}", "[a-z0-9]{1,4}", 0..12);
    pairs.prop_flat_map(|pairs| {
        let pieces: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (Just(pieces.clone()), Just(pieces).prop_shuffle())
    })
}

/// A way to write the same letters: some of them escaped.
fn respelled(text: &str, escaped: u64) -> String {
    let spell = |(at, byte): (usize, u8)| {
        let is_letter = byte.is_ascii_alphanumeric();
        if is_letter && escaped >> (at % 64) & 1 == 1 {
            format!("%{byte:02x}")
        } else {
            char::from(byte).to_string()
        }
    };
    text.bytes().enumerate().map(spell).collect()
}

proptest! {
    #[test]
    fn equal_meaning_has_one_form((left, right) in permuted(), escaped in any::<u64>()) {
        let resolution = |pieces: &[String], tail: &str| {
            let target = format!("/v1/configurator/bike/resolution?{}{tail}", pieces.join("&"));
            forwarded(get(&target)).unwrap()
        };
        let right: Vec<String> = right.iter().map(|piece| respelled(piece, escaped)).collect();
        prop_assert_eq!(resolution(&left, ""), resolution(&right, "&utm_source=x&gclid=1"));
    }

    #[test]
    fn the_one_form_is_its_own_form(
        query in "([a-z_]{1,6}=[a-z0-9%+,]{0,4}&?){0,6}",
        cursor in "\\PC{0,20}",
    ) {
        if let Some(once) = forwarded(get(&format!("/v1/configurator/bike/resolution?{query}"))) {
            prop_assert_eq!(forwarded(once.clone()), Some(once));
        }
        let mut page = get("/v1/loyalty/entries").customer("1001");
        edge_wire::query::push(&mut page.querystring, "cursor", &cursor);
        if let Some(mut once) = forwarded(page.clone()) {
            prop_assert_eq!(&once.querystring, &page.querystring);
            once.headers = page.headers;
            prop_assert_eq!(forwarded(once).unwrap().querystring, page.querystring);
        }
    }

    #[test]
    fn two_carts_or_customers_never_share_an_identity(
        left in (any::<bool>(), 1_u64..50), right in (any::<bool>(), 1_u64..50),
    ) {
        let identity = |(is_cart, id): (bool, u64)| {
            let id = id.to_string();
            let request =
                if is_cart { get("/v1/cart").cart(&id) } else { get("/v1/loyalty").customer(&id) };
            forwarded(request).unwrap().headers[IDENTITY].clone()
        };
        prop_assert_eq!(identity(left) == identity(right), left == right);
    }

    #[test]
    fn the_two_entrances_lead_to_one_key(customer in 1_u64.., floor in any::<u64>()) {
        let id = customer.to_string();
        let bookmark = PLAIN.loyalty_bookmark(&id, floor);
        let direct = get("/v1/loyalty/entries?limit=10").customer(&id);
        let direct = direct.with("Forecourt-Bookmark", &bookmark);
        let query = format!("bookmark={bookmark}&limit=10");
        let proxied = proxied("GET", &format!("/v1/loyalty/entries?{query}"), Some(&id));
        let mut direct = forwarded(direct).unwrap();
        // Except for the token, of which the App Proxy has none.
        prop_assert!(direct.headers.remove(SESSION).is_some());
        prop_assert_eq!(Some(direct), forwarded(proxied));
    }

    #[test]
    fn a_forwarded_request_is_verified_and_canonical(request in requests()) {
        let Some(output) = forwarded(request.clone()) else { return Ok(()) };
        // Paths: a route's, without the proxy.
        prop_assert!(ROUTES.iter().any(|route| route.is_at(&output.uri)));
        // Queries: within what CloudFront lets a function write.
        let query = &output.querystring;
        prop_assert!(output.uri.len() + query.len() < 8192);
        prop_assert!(query.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#'));
        // Identities: signed by us, and only those that the request proved.
        if let Some(lines) = output.headers.get(IDENTITY) {
            let identities = verify(&PLAIN.ring(), &lines[0].value);
            prop_assert_eq!(lines.len(), 1);
            let known = [
                Identity { kind: Kind::Cart, id: "cart-1".into() },
                Identity { kind: Kind::Customer, id: "1001".into() },
                Identity { kind: Kind::Staff, id: "staff".into() },
            ];
            prop_assert!(identities.unwrap().iter().all(|identity| known.contains(identity)));
        }
        // A session: signed by us, of the customer's token.
        if let Some(lines) = output.headers.get(SESSION) {
            let end = verify_session(&PLAIN.ring(), "1001", &lines[0].value);
            prop_assert_eq!((lines.len(), end), (1, Some(NOW + 900)));
        }
        for (name, lines) in &output.headers {
            let name = name.as_str();
            let is_ours = [IDENTITY, SESSION, BOOKMARK, IDEMPOTENCY_KEY].contains(&name);
            prop_assert!(is_ours || request.headers.get(name) == Some(lines), "{}", name);
            prop_assert!(!["authorization", CART, "cookie"].contains(&name), "{}", name);
        }
        for name in READ_ONLY {
            prop_assert_eq!(output.headers.get(name), request.headers.get(name));
        }
    }

    #[test]
    fn a_header_outside_the_key_changes_nothing(request in requests(), value in "\\PC{0,20}") {
        let noisy = NOISE.iter().fold(request.clone(), |request, name| request.with(name, &value));
        prop_assert_eq!(forwarded(noisy), forwarded(request));
    }

    #[test]
    fn no_bytes_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        text in any::<String>(),
    ) {
        let _ = handle(&bytes, &PLAIN.edge(), NOW);
        let _ = handle(text.as_bytes(), &PLAIN.edge(), NOW);
    }
}

//! App-proxy signatures.

use edge_wire::proxy::{Forwarding, ProxiedQuery, ProxyError, WINDOW_S, forward, sign, verify};
use edge_wire::query::{Pairs, parse};
use edge_wire::secrets::ShopifySecrets;
use proptest::prelude::*;

const SHOP: &str = "demo.myshopify.com";
const NOW: u64 = 1_700_000_000;

fn secrets() -> ShopifySecrets {
    ShopifySecrets::parse("hush").unwrap()
}

fn forwarding(customer: Option<&str>) -> Forwarding<'_> {
    Forwarding { shop: SHOP, customer, path_prefix: "/apps/fc", timestamp_unix_s: NOW }
}

fn signed(query: &str, customer: Option<&str>) -> String {
    forward(query, &forwarding(customer), &secrets()).unwrap()
}

/// A query signed as it is, valid or not.
fn signed_as_is(query: &str) -> String {
    let signature = sign(&parse(query).unwrap(), &secrets());
    format!("{query}&signature={signature}")
}

fn opened(query: &str) -> Result<ProxiedQuery<'_>, ProxyError> {
    verify(query, &secrets(), SHOP, NOW)
}

fn value<'q>(pairs: &'q Pairs<'_>, name: &str) -> &'q str {
    pairs.iter().find(|pair| pair.0 == name).map_or("", |pair| pair.1.as_ref())
}

#[test]
fn published_signatures_agree() {
    for vector in crate::vectors::all().iter().filter(|it| it.kind == "app_proxy_signature") {
        let (query, id) = (vector.input.as_ref().unwrap(), &vector.id);
        let secrets = ShopifySecrets::parse(&vector.secret).unwrap();
        let pairs = parse(query).unwrap();
        let (shop, now) = (value(&pairs, "shop"), value(&pairs, "timestamp").parse().unwrap());
        let expected = vector.expected.as_deref().unwrap();
        let verified = verify(query, &secrets, shop, now);
        if vector.is_valid {
            let customer = value(&pairs, "logged_in_customer_id");
            let customer = (!customer.is_empty()).then(|| customer.to_owned());
            assert_eq!(verified.map(|it| it.customer), Ok(customer), "{id}");
            assert_eq!(sign(&pairs, &secrets), expected, "{id}");
        } else {
            assert_eq!(verified, Err(ProxyError::Unsigned), "{id}");
            assert_ne!(sign(&pairs, &secrets), expected, "{id}");
        }
    }
}

#[test]
fn published_attacks_with_a_right_signature_are_rejected() {
    let errors: Vec<(String, ProxyError)> = crate::vectors::all()
        .into_iter()
        .filter(|it| it.kind == "app_proxy_must_reject")
        .map(|vector| {
            let (query, secret) = (vector.input.unwrap(), vector.secret);
            let secrets = ShopifySecrets::parse(&secret).unwrap();
            (vector.id, verify(&query, &secrets, "shop.myshopify.com", NOW).unwrap_err())
        })
        .collect();
    let expected = [
        ("v027", ProxyError::Repeated("shop")),
        ("v028", ProxyError::Stale),
        ("v029", ProxyError::Stale),
        ("v030", ProxyError::Stale),
        ("v032", ProxyError::Stale),
    ];
    assert_eq!(errors, expected.map(|(id, error)| (id.to_owned(), error)));
}

#[test]
fn the_customer_is_the_one_shopify_names_and_an_empty_id_is_anonymous() {
    assert_eq!(opened(&signed("", Some("1001"))).unwrap().customer.as_deref(), Some("1001"));
    assert_eq!(opened(&signed("", None)).unwrap().customer, None);
    let without = signed_as_is(&format!("shop={SHOP}&timestamp={NOW}"));
    assert_eq!(opened(&without).unwrap().customer, None);
    for odd in ["0", "01", "1001%20", "me", "-1", "%EF%BC%91"] {
        let query =
            signed_as_is(&format!("shop={SHOP}&timestamp={NOW}&logged_in_customer_id={odd}"));
        assert_eq!(opened(&query), Err(ProxyError::Customer), "{odd}");
    }
}

#[test]
fn a_signature_counts_for_ninety_seconds_either_way() {
    let query = signed("", None);
    for (now, is_in_time) in [
        (NOW - WINDOW_S - 1, false),
        (NOW - WINDOW_S, true),
        (NOW + WINDOW_S, true),
        (NOW + WINDOW_S + 1, false),
        (0, false),
        (u64::MAX, false),
    ] {
        assert_eq!(verify(&query, &secrets(), SHOP, now).is_ok(), is_in_time, "{now}");
    }
    for odd in ["%2B1700000000", "1700000000.0", "1.7e9", "-1", "99999999999999999999", "+1"] {
        let query = signed_as_is(&format!("shop={SHOP}&timestamp={odd}"));
        assert_eq!(opened(&query), Err(ProxyError::Stale), "{odd}");
    }
}

#[test]
fn only_a_signed_query_is_reported_as_foreign() {
    let foreign = forwarding(None);
    let foreign = Forwarding { shop: "other.myshopify.com", ..foreign };
    let query = forward("", &foreign, &secrets()).unwrap();
    assert_eq!(opened(&query), Err(ProxyError::Foreign));
    let forged = query.replace("other", "third");
    assert_eq!(opened(&forged), Err(ProxyError::Unsigned));
    assert_eq!(opened(&signed_as_is(&format!("timestamp={NOW}"))), Err(ProxyError::Foreign));
}

#[test]
fn either_secret_is_accepted_while_rotating() {
    let query = signed("", None);
    let both = ShopifySecrets::parse("next,hush").unwrap();
    assert!(verify(&query, &both, SHOP, NOW).is_ok());
    let later = ShopifySecrets::parse("next").unwrap();
    assert_eq!(verify(&query, &later, SHOP, NOW), Err(ProxyError::Unsigned));
}

#[test]
fn no_parameter_of_shopifys_may_be_repeated() {
    for name in ["shop", "logged_in_customer_id", "path_prefix", "timestamp"] {
        let query = signed(&format!("{name}=x"), None);
        assert_eq!(opened(&query), Err(ProxyError::Repeated(name)));
    }
    let query = format!("signature=x&{}", signed("", None));
    assert_eq!(opened(&query), Err(ProxyError::Repeated("signature")));
    let query = signed("hmac=1&hmac=2", None);
    assert_eq!(opened(&query), Err(ProxyError::Repeated("hmac")));
}

#[test]
fn a_signature_is_sixty_four_lower_case_digits() {
    let query = signed("", None);
    let (head, signature) = query.rsplit_once('=').unwrap();
    let upper = signature.to_uppercase();
    let longer = format!("{signature}00");
    for bad in ["", "g", &signature[..62], &longer, &upper, &signature.replace(['a', '0'], "é")] {
        assert_eq!(opened(&format!("{head}={bad}")), Err(ProxyError::Unsigned), "{bad}");
    }
    assert_eq!(opened(&query.replace("signature=", "sig=")), Err(ProxyError::Unsigned));
}

#[test]
fn an_unreadable_query_is_rejected() {
    for bad in ["a=%", "a=%4", "a=%zz", "a=%ff", "%c3%28=1", "a=%ED%A0%80"] {
        assert_eq!(opened(bad), Err(ProxyError::Malformed), "{bad}");
    }
    let long = format!("a={}", "x".repeat(8191));
    assert_eq!(opened(&long), Err(ProxyError::Malformed));
    assert_eq!(opened(&"a=1&".repeat(513)), Err(ProxyError::Malformed));
}

/// The signed text has no separators. Customer 7 has Shopify sign a value that spells customer 5,
/// learns the signature, and splits the text differently.
#[test]
fn a_customer_spelled_inside_a_value_is_rejected() {
    let honest = signed("a=1logged_in_customer_id%3D5m%3D", Some("7"));
    let signature = honest.rsplit_once('=').unwrap().1;
    let redrawn = format!(
        "a=1&logged_in_customer_id=5&m=logged_in_customer_id%3D7&path_prefix=/apps/fc\
         &shop={SHOP}&timestamp={NOW}&signature={signature}"
    );
    let repeated = Err(ProxyError::Repeated("logged_in_customer_id"));
    assert_eq!(opened(&redrawn), repeated);
    assert_eq!(opened(&honest), repeated);
}

#[test]
fn a_shop_or_time_spelled_inside_a_value_is_rejected() {
    for (client, name) in [
        ("sa=shop%3Ddemo.myshopify.comsi%3D", "shop"),
        ("sz=timestamp%3D1800000000tt%3D", "timestamp"),
        ("m=path_prefix%3D/apps/evil", "path_prefix"),
    ] {
        assert_eq!(opened(&signed(client, None)), Err(ProxyError::Repeated(name)), "{client}");
    }
}

#[test]
fn the_clients_parameters_come_back_decoded_and_shopifys_do_not() {
    let query = format!("{}&new_in_2027=yes", signed("limit=10&cursor=a%2Fb+c&limit=20", None));
    let (unsigned, _) = query.split_once("&signature=").unwrap();
    let query = signed_as_is(&format!("{unsigned}&new_in_2027=yes"));
    let proxied = opened(&query).unwrap();
    let rest = [("limit", "10"), ("cursor", "a/b c"), ("limit", "20")];
    assert_eq!(proxied.rest, rest.map(|(name, value)| (name.into(), value.into())));
    assert_eq!(proxied.appended, [("new_in_2027".into(), "yes".into())]);
}

proptest! {
    #[test]
    fn a_forwarded_query_verifies(
        pairs in prop::collection::vec(("[a-z]{1,4}_", "[ -~é\u{0}]{0,12}"), 0..6),
        customer in prop::option::of(1_u64..),
    ) {
        let mut query = String::new();
        for (name, value) in &pairs {
            edge_wire::query::push(&mut query, name, value);
        }
        let customer = customer.map(|id| id.to_string());
        let query = signed(&query, customer.as_deref());
        let proxied = opened(&query).unwrap();
        prop_assert_eq!(proxied.customer, customer);
        prop_assert_eq!(proxied.rest, pairs.iter()
            .map(|(name, value)| (name.into(), value.into())).collect::<Pairs<'_>>());
    }

    #[test]
    fn the_order_of_different_names_does_not_matter(
        pairs in prop::collection::btree_map("[a-z-]{1,4}", "[a-z=&,]{0,6}", 1..8)
            .prop_flat_map(|pairs| {
                let pairs: Vec<(String, String)> = pairs.into_iter().collect();
                (Just(pairs.clone()), Just(pairs).prop_shuffle())
            }),
    ) {
        let pairs_of = |list: &[(String, String)]| -> Pairs<'static> {
            list.iter().map(|(name, value)| (name.clone().into(), value.clone().into())).collect()
        };
        let (left, right) = (pairs_of(&pairs.0), pairs_of(&pairs.1));
        prop_assert_eq!(sign(&left, &secrets()), sign(&right, &secrets()));
    }

    #[test]
    fn one_changed_byte_of_the_signature_does_not_verify(at in 0_usize..64, digit in 0_u8..16) {
        let query = signed("limit=10", Some("1001"));
        let start = query.len() - 64;
        let digit = char::from_digit(digit.into(), 16).unwrap().to_string();
        let mut forged = query.clone();
        forged.replace_range(start + at..=start + at, &digit);
        prop_assert_eq!(opened(&forged).is_ok(), forged == query);
    }

    #[test]
    fn no_query_panics(query in "\\PC{0,200}", now in any::<u64>()) {
        let _ = verify(&query, &secrets(), SHOP, now);
        let _ = verify(&format!("{query}&{}", signed("", None)), &secrets(), SHOP, now);
    }
}

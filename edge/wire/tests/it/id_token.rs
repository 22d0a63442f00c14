//! Shopify's ID tokens: each claim, each part and each signature wrong once.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use edge_wire::id_token::{
    Audience, HEADER_BYTES_MAX, ID_TOKEN_BYTES_MAX, IdTokenError, LEEWAY_S, is_id_token, sign,
    verify,
};
use edge_wire::secrets::ShopifySecrets;
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: u64 = 1_800_000_000;
const SHOP: &str = "demo.myshopify.com";
const CLIENT_ID: &str = "0123456789abcdef0123456789abcdef";
const SECRET: &str = "shpss_current";
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

fn secrets(text: &str) -> ShopifySecrets {
    ShopifySecrets::parse(text).unwrap()
}

fn check(token: &str, secret: &str, now: u64) -> Result<String, IdTokenError> {
    let secrets = secrets(secret);
    verify(token, &Audience { client_id: Some(CLIENT_ID), shop: SHOP, secrets: &secrets }, now)
}

/// The claims that Shopify sends for the admin.
fn claims() -> Value {
    json!({
        "iss": format!("https://{SHOP}/admin"), "dest": format!("https://{SHOP}"),
        "aud": CLIENT_ID, "sub": "42", "exp": NOW + 60, "nbf": NOW, "iat": NOW,
        "jti": "f8912129-1af6-4cad-9ca3-76b0f7621087",
        "sid": "aaea182f2732d44c23057c0fea584021a4485b2bd25d3eb7fd349313ad24c685",
    })
}

fn token(header: &str, claims: &Value) -> String {
    sign(header, &claims.to_string(), &secrets(SECRET))
}

fn good() -> String {
    token(HEADER, &claims())
}

/// A signed token with one other claim.
fn with(claim: &str, value: impl Into<Value>) -> String {
    let mut claims = claims();
    claims[claim] = value.into();
    token(HEADER, &claims)
}

fn without(claim: &str) -> String {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(claim);
    token(HEADER, &claims)
}

fn of_host(iss: &str, dest: &str) -> String {
    let mut claims = claims();
    (claims["iss"], claims["dest"]) = (json!(iss), json!(dest));
    token(HEADER, &claims)
}

/// A signed token whose claims are this text.
fn raw(claims: &str) -> String {
    sign(HEADER, claims, &secrets(SECRET))
}

/// The good token with one of its three parts replaced.
fn replaced(part: usize, text: &str) -> String {
    let token = good();
    let mut parts: Vec<&str> = token.split('.').collect();
    parts[part] = text;
    parts.join(".")
}

/// Other claims under the signature of the good token.
fn swapped(claim: &str, value: impl Into<Value>) -> String {
    let other = with(claim, value);
    replaced(1, other.split('.').nth(1).unwrap())
}

type Bad = (&'static str, String, IdTokenError);

fn malformed() -> Vec<Bad> {
    use IdTokenError::{Malformed, TooLong};
    let good = good();
    let part = |at: usize| good.split('.').nth(at).unwrap().to_owned();
    vec![
        ("empty", String::new(), Malformed),
        ("one part", part(1), Malformed),
        ("two parts", format!("{}.{}", part(0), part(1)), Malformed),
        ("four parts", format!("{good}.x"), Malformed),
        ("five parts, an encrypted token", format!("{good}.x.y"), Malformed),
        ("white space before it", format!(" {good}"), Malformed),
        ("a line break after it", format!("{good}\n"), Malformed),
        ("a padded signature", format!("{good}="), Malformed),
        ("a signature in plain base64", replaced(2, &format!("+/{}", &part(2)[2..])), Malformed),
        ("padded claims", replaced(1, &format!("{}=", part(1))), Malformed),
        ("claims in plain base64 with padding", replaced(1, &STANDARD.encode("{}")), Malformed),
        ("a header that is not base64url", replaced(0, "{}"), Malformed),
        ("not ASCII", replaced(1, "ä"), Malformed),
        ("a NUL byte in a part", replaced(0, "eyJ\0"), Malformed),
        ("longer than the bound", with("sid", "x".repeat(ID_TOKEN_BYTES_MAX)), TooLong),
        (
            "a header longer than the bound",
            token(
                &json!({"alg": "HS256", "kid": "k".repeat(HEADER_BYTES_MAX)}).to_string(),
                &claims(),
            ),
            TooLong,
        ),
    ]
}

fn unsigned() -> Vec<Bad> {
    use IdTokenError::Signature;
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let foreign = sign(HEADER, &claims().to_string(), &secrets("another-secret"));
    let token = good();
    let signature = token.rsplit('.').next().unwrap();
    vec![
        ("no signature", replaced(2, ""), Signature),
        (
            "algorithm none without a signature",
            replaced(0, &none).replace(signature, ""),
            Signature,
        ),
        ("algorithm none under another's signature", replaced(0, &none), Signature),
        ("signed with another app's secret", foreign, Signature),
        ("a signature cut short", replaced(2, &signature[..40]), Signature),
        ("a signature of zeros", replaced(2, &URL_SAFE_NO_PAD.encode([0; 32])), Signature),
        ("a signature that is longer", replaced(2, &URL_SAFE_NO_PAD.encode([0; 64])), Signature),
        ("another person under the signature", swapped("sub", "43"), Signature),
        ("a later end under the signature", swapped("exp", NOW + 86_400), Signature),
        ("another shop under the signature", swapped("dest", "https://evil.example"), Signature),
        (
            "the client id as the secret",
            sign(HEADER, &claims().to_string(), &secrets(CLIENT_ID)),
            Signature,
        ),
    ]
}

fn bad_headers() -> Vec<Bad> {
    use IdTokenError::{Algorithm, Header};
    let under = |header: &str| token(header, &claims());
    vec![
        ("signed as none", under(r#"{"alg":"none","typ":"JWT"}"#), Algorithm),
        ("signed as RS256", under(r#"{"alg":"RS256"}"#), Algorithm),
        ("signed as HS512", under(r#"{"alg":"HS512"}"#), Algorithm),
        ("signed as hs256, in lower case", under(r#"{"alg":"hs256"}"#), Algorithm),
        ("without an algorithm", under(r#"{"typ":"JWT"}"#), Header),
        ("two algorithms", under(r#"{"alg":"none","alg":"HS256"}"#), Header),
        ("an algorithm that is no text", under(r#"{"alg":["HS256"]}"#), Header),
        ("a header that is a list", under("[]"), Header),
        ("an empty header", under(""), Header),
        (
            "an extension that must be understood",
            under(r#"{"alg":"HS256","crit":["b64"],"b64":false}"#),
            Header,
        ),
    ]
}

fn bad_claims() -> Vec<Bad> {
    use IdTokenError::{App, Claims, Destination, Issuer, Shop, Subject};
    let other = "https://other.myshopify.com";
    vec![
        ("claims that are no JSON", raw("iss=demo"), Claims),
        ("claims that are a list", raw("[]"), Claims),
        ("claims and more", raw(&format!("{} {{}}", claims())), Claims),
        ("a claim twice", raw(&claims().to_string().replacen('{', r#"{"sub":"1","#, 1)), Claims),
        ("no iss", without("iss"), Claims),
        ("no dest", without("dest"), Claims),
        ("no aud", without("aud"), Claims),
        ("no sub", without("sub"), Claims),
        ("no exp", without("exp"), Claims),
        ("no nbf", without("nbf"), Claims),
        ("no iat", without("iat"), Claims),
        ("an end that is null", with("exp", Value::Null), Claims),
        ("an end that is a text", with("exp", (NOW + 60).to_string()), Claims),
        ("a negative end", with("exp", -1), Claims),
        ("an end beyond every clock", with("exp", u64::MAX), Claims),
        ("several apps", with("aud", json!([CLIENT_ID])), Claims),
        ("a person by number", with("sub", 42), Claims),
        ("iss without /admin", of_host("https://demo.myshopify.com", other), Issuer),
        ("iss without https", of_host("http://demo.myshopify.com/admin", other), Issuer),
        ("iss with a longer path", with("iss", format!("https://{SHOP}/admin/x")), Issuer),
        ("dest of another shop than iss", with("dest", other), Destination),
        ("iss of another shop than dest", with("iss", format!("{other}/admin")), Destination),
        ("dest with a path", with("dest", format!("https://{SHOP}/")), Destination),
        ("dest without https", with("dest", format!("http://{SHOP}")), Destination),
        ("dest in capitals", with("dest", format!("https://{}", SHOP.to_uppercase())), Destination),
        ("another shop", of_host(&format!("{other}/admin"), other), Shop),
        (
            "a host that begins like the shop",
            of_host(
                &format!("https://{SHOP}.evil.example/admin"),
                "https://demo.myshopify.com.evil.example",
            ),
            Shop,
        ),
        (
            "a host with a user before it",
            of_host(&format!("https://x@{SHOP}/admin"), &format!("https://x@{SHOP}")),
            Shop,
        ),
        ("another app", with("aud", "fedcba9876543210fedcba9876543210"), App),
        ("an app whose id begins alike", with("aud", format!("{CLIENT_ID}0")), App),
        ("no person", with("sub", ""), Subject),
        ("a customer, as the checkout names one", with("sub", "gid://shopify/Customer/1"), Subject),
        ("a person with a sign", with("sub", "+42"), Subject),
        ("our own name for machines", with("sub", "staff"), Subject),
    ]
}

fn at_wrong_times() -> Vec<Bad> {
    use IdTokenError::{Expired, IssuedLater, NotYetValid};
    vec![
        ("expired", with("exp", NOW - LEEWAY_S), Expired),
        ("expired long ago", with("exp", 0), Expired),
        ("not valid yet", with("nbf", NOW + LEEWAY_S + 1), NotYetValid),
        ("issued later", with("iat", NOW + LEEWAY_S + 1), IssuedLater),
    ]
}

fn bad_tokens() -> Vec<Bad> {
    [malformed(), unsigned(), bad_headers(), bad_claims(), at_wrong_times()].concat()
}

#[test]
fn every_bad_token_is_rejected_for_its_own_reason() {
    let bad = bad_tokens();
    assert!(bad.len() >= 70, "{}", bad.len());
    for (name, token, expected) in bad {
        assert_eq!(check(&token, SECRET, NOW), Err(expected), "{name}");
    }
}

#[test]
fn a_token_of_the_shop_names_its_person() {
    assert_eq!(check(&good(), SECRET, NOW), Ok("42".to_owned()));
    assert!(is_id_token(&good()));
    for edge in [
        with("exp", NOW - LEEWAY_S + 1),
        with("nbf", NOW + LEEWAY_S),
        with("iat", NOW + LEEWAY_S),
        with("sub", "18446744073709551615"),
        token(r#"{"typ":"JWT","alg":"HS256","kid":"1"}"#, &claims()),
    ] {
        assert!(check(&edge, SECRET, NOW).is_ok(), "{edge}");
    }
}

#[test]
fn both_secrets_verify_while_rotating_and_only_the_new_one_afterwards() {
    let old = sign(HEADER, &claims().to_string(), &secrets("old"));
    let new = sign(HEADER, &claims().to_string(), &secrets("new"));
    assert_eq!([&old, &new].map(|token| check(token, "new,old", NOW).is_ok()), [true, true]);
    assert_eq!([&old, &new].map(|token| check(token, "new", NOW).is_ok()), [false, true]);
}

#[test]
fn an_app_without_a_client_id_accepts_no_token() {
    let secrets = secrets(SECRET);
    let audience = Audience { client_id: None, shop: SHOP, secrets: &secrets };
    assert_eq!(verify(&good(), &audience, NOW), Err(IdTokenError::NotConfigured));
}

#[test]
fn no_reason_quotes_the_token() {
    for (name, token, error) in bad_tokens() {
        let text = format!("{error} {error:?}");
        let is_quoted = |part: &str| part.len() > 5 && text.contains(part);
        assert!(!token.split('.').any(is_quoted), "{name}: {text}");
    }
}

proptest! {
    #[test]
    fn a_token_with_one_other_byte_is_rejected(at in 0_usize..2_000, byte in "[ -~]") {
        let token = good();
        let at = at % token.len();
        let mut forged = token.clone();
        forged.replace_range(at..=at, &byte);
        prop_assert_eq!(check(&forged, SECRET, NOW).is_ok(), forged == token);
        prop_assert!(check(&token[..at], SECRET, NOW).is_err());
    }

    #[test]
    fn no_text_panics_or_verifies(text in "(eyJ)?\\PC{0,80}(\\.\\PC{0,40}){0,3}", now in any::<u64>()) {
        prop_assert!(check(&text, SECRET, now).is_err());
    }

    #[test]
    fn signed_claims_verify_only_if_they_are_all_right(
        claim in prop::sample::select(&["iss", "dest", "aud", "sub", "exp", "nbf", "iat"]),
        value in prop_oneof![
            any::<u64>().prop_map(Value::from),
            "\\PC{0,30}".prop_map(Value::from),
            Just(Value::Null),
        ],
        now in NOW - 100..NOW + 100,
    ) {
        let verified = check(&with(claim, value.clone()), SECRET, now);
        if let Ok(person) = verified {
            let is_time = ["exp", "nbf", "iat"].contains(&claim);
            prop_assert!(is_time && value.is_u64() || claim == "sub" && value == json!(person));
        }
    }
}

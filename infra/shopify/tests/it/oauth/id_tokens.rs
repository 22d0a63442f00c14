use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use infra_shopify::oauth::{Claims, IdTokenError, mint, verify};
use infra_shopify::signing::{Credentials, hmac_sha256};
use serde_json::{Value, json};

use super::*;

/// ID tokens with public secrets; the claims are those of `Shopify/shopify_python_api`.
const VECTORS: &str = include_str!("../vectors/id_token.json");

fn vectors() -> Vec<Value> {
    serde_json::from_str(VECTORS).unwrap()
}

#[test]
fn a_minted_token_is_byte_for_byte_the_published_one() {
    let vectors = vectors();
    let vector = vectors.iter().find(|vector| vector["id"] == "v066").unwrap();
    let claims: Claims = serde_json::from_value(vector["expected"]["claims"].clone()).unwrap();
    let credentials = Credentials::new("API key", vector["secret"].as_str().unwrap());
    assert_eq!(mint(&credentials, &claims), vector["input"].as_str().unwrap());
}

#[test]
fn an_id_token_lives_for_a_minute() {
    let mut endpoint = installed();
    let token = endpoint.id_token(SHOP, STAFF_ID, NOW_S);
    let at = |now_s: u64| verify(&token, &credentials(), Some(SHOP), now_s);
    let claims = at(NOW_S).unwrap();
    assert_eq!(claims.iss, "https://demo.myshopify.com/admin");
    assert_eq!(claims.dest, "https://demo.myshopify.com");
    assert_eq!((claims.aud.as_str(), claims.sub.as_str()), ("client-1", "42"));
    assert_eq!((claims.iat, claims.nbf, claims.exp), (NOW_S, NOW_S, NOW_S + 60));
    assert!(at(NOW_S + 59).is_ok());
    assert_eq!(at(NOW_S + 60), Err(IdTokenError::Time));
    assert_eq!(at(NOW_S - 1), Err(IdTokenError::Time));
}

#[test]
fn two_tokens_have_two_ids() {
    let mut endpoint = installed();
    let mut id = || {
        let token = endpoint.id_token(SHOP, STAFF_ID, NOW_S);
        verify(&token, &credentials(), None, NOW_S).unwrap().jti
    };
    assert_ne!(id(), id());
}

#[test]
fn the_published_forgeries_are_rejected() {
    let invalid: Vec<Value> = vectors().into_iter().filter(|it| it["valid"] == false).collect();
    assert_eq!(invalid.len(), 2);
    for vector in invalid {
        let credentials = Credentials::new("API key", vector["secret"].as_str().unwrap());
        let token = vector["input"].as_str().unwrap();
        let result = verify(token, &credentials, None, vector["now"].as_u64().unwrap());
        assert!(result.is_err(), "{}", vector["id"]);
    }
}

#[test]
fn each_wrong_claim_has_its_reason() {
    let mut endpoint = installed();
    let token = endpoint.id_token(SHOP, STAFF_ID, NOW_S);
    let claims =
        serde_json::to_value(verify(&token, &credentials(), None, NOW_S).unwrap()).unwrap();
    let resign = |alg: &str, name: &str, value: Value, secret: &str| {
        let mut claims = claims.clone();
        claims[name] = value;
        let header = json!({ "alg": alg, "typ": "JWT" }).to_string();
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let mac = URL_SAFE_NO_PAD.encode(hmac_sha256(secret.as_bytes(), signed.as_bytes()));
        format!("{signed}.{mac}")
    };
    let table = [
        (resign("HS512", "sub", "42".into(), "secret-1"), IdTokenError::Algorithm),
        (resign("HS256", "sub", "42".into(), "secret-2"), IdTokenError::Signature),
        (resign("HS256", "aud", "client-2".into(), "secret-1"), IdTokenError::Audience),
        (
            resign("HS256", "iss", "https://x.myshopify.com/admin".into(), "secret-1"),
            IdTokenError::Shop,
        ),
        (resign("HS256", "dest", "https://x.myshopify.com".into(), "secret-1"), IdTokenError::Shop),
        (resign("HS256", "exp", NOW_S.into(), "secret-1"), IdTokenError::Time),
        (resign("HS256", "exp", "soon".into(), "secret-1"), IdTokenError::Malformed),
        ("a.b".to_owned(), IdTokenError::Malformed),
    ];
    for (token, error) in table {
        assert_eq!(verify(&token, &credentials(), Some(SHOP), NOW_S), Err(error), "{token}");
    }
}

#[test]
fn during_a_rotation_the_oldest_secret_signs_and_both_are_accepted() {
    let mut credentials = credentials().with_newer("secret-2");
    let claims = Claims::of_staff(SHOP, "client-1", 42, NOW_S, ("j".to_owned(), "s".to_owned()));
    let older = mint(&credentials, &claims);
    assert!(verify(&older, &Credentials::new("client-1", "secret-1"), None, NOW_S).is_ok());
    assert!(credentials.is_client("client-1", "secret-2"));
    credentials.revoke_oldest();
    let newer = mint(&credentials, &claims);
    assert!(verify(&newer, &credentials, None, NOW_S).is_ok());
    assert_eq!(verify(&older, &credentials, None, NOW_S), Err(IdTokenError::Signature));
    credentials.revoke_oldest();
    assert!(credentials.is_client("client-1", "secret-2"));
}

//! Persons of the staff, by the ID tokens that Shopify gives the admin.

use edge_functions::event::Request;
use edge_wire::id_token;
use edge_wire::problem::Code;

use super::{TestCase, forwards, rejects};
use crate::fixture::{CLIENT_ID, NOW, PLAIN, ROTATED, ROTATING, SHOP, Viewer, get};

const AUTHORIZATION: &str = "header:authorization";
const ADMIN: &str = "/v1/admin/configurators/bike";
const HS256: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

pub(super) fn cases() -> Vec<TestCase> {
    [valid_or_late(), signed_but_invalid(), unsigned()].into_iter().flatten().collect()
}

fn bearer(token: &str) -> Request {
    get(ADMIN).with("Authorization", &format!("Bearer {token}"))
}

fn invalid(name: &str, token: &str) -> TestCase {
    rejects(name, bearer(token), Code::TokenInvalid).at_field(AUTHORIZATION)
}

fn signed(header: &str, claims: &str) -> String {
    id_token::sign(header, claims, &PLAIN.secrets())
}

fn claims(shop: &str, client_id: &str) -> String {
    let end = NOW + 60;
    format!(
        r#"{{"iss":"https://{shop}/admin","dest":"https://{shop}","aud":"{client_id}","sub":"42","exp":{end},"nbf":{NOW},"iat":{NOW}}}"#
    )
}

fn valid_or_late() -> Vec<TestCase> {
    let token = PLAIN.id_token("42");
    let largest = PLAIN.id_token("18446744073709551615");
    vec![
        forwards("a person of the staff", bearer(&token), ADMIN).by_person("42"),
        forwards("a person with the largest id", bearer(&largest), ADMIN)
            .by_person("18446744073709551615"),
        forwards("a person's token in its leeway", bearer(&token), ADMIN)
            .by_person("42")
            .at(NOW + 69),
        forwards("a person's token of a clock ahead", bearer(&token), ADMIN)
            .by_person("42")
            .at(NOW - 10),
        forwards("an old app secret while rotating", bearer(&token), ADMIN)
            .by_person("42")
            .under(&ROTATING),
        forwards("a new app secret while rotating", bearer(&ROTATED.id_token("42")), ADMIN)
            .by_person("42")
            .under(&ROTATING),
        invalid("an old app secret when it is gone", &token).under(&ROTATED),
        rejects("a person's expired token", bearer(&token), Code::TokenExpired)
            .at_field(AUTHORIZATION)
            .at(NOW + 70),
        invalid("a person's token before its time", &token).at(NOW - 11),
        rejects(
            "a person on a customer's route",
            get("/v1/loyalty").with("Authorization", &format!("Bearer {token}")),
            Code::TokenInvalid,
        )
        .at_field(AUTHORIZATION),
    ]
}

fn signed_but_invalid() -> Vec<TestCase> {
    let (own, other) = (claims(SHOP, CLIENT_ID), claims("other.myshopify.com", CLIENT_ID));
    let of_sub = |sub: &str| signed(HS256, &own.replace(r#""42""#, sub));
    let of_end = |end: &str| signed(HS256, &own.replace(&(NOW + 60).to_string(), end));
    let other_issuer = own.replacen(SHOP, "other.myshopify.com", 1);
    let extended = signed(r#"{"alg":"HS256","crit":["b64"]}"#, &own);
    vec![
        rejects("a person of another shop", bearer(&signed(HS256, &other)), Code::ShopForeign)
            .at_field(AUTHORIZATION),
        invalid("a person of another app", &signed(HS256, &claims(SHOP, "other"))),
        invalid("an issuer that is not the destination", &signed(HS256, &other_issuer)),
        invalid("an issuer without /admin", &signed(HS256, &own.replace("/admin", ""))),
        invalid("an issuer without https", &signed(HS256, &own.replace("https", "http"))),
        invalid("an ID token with algorithm none", &signed(r#"{"alg":"none"}"#, &own)),
        invalid("an ID token whose header is null", &signed("null", &own)),
        invalid("an ID token whose header is empty", &signed("", &own)),
        invalid("an ID token with an extension", &extended),
        invalid("an ID token whose claims are null", &signed(HS256, "null")),
        invalid("an ID token whose claims are a list", &signed(HS256, "[]")),
        invalid("an ID token whose claims are no JSON", &signed(HS256, "{")),
        invalid("an ID token of a customer", &of_sub(r#""gid://shopify/Customer/1""#)),
        invalid("an ID token of a number", &of_sub("42")),
        invalid("an ID token of our machines", &of_sub(r#""staff""#)),
        invalid("an ID token without a person", &of_sub("null")),
        invalid("an ID token that ends by a text", &of_end(r#""1900000000""#)),
        invalid("an ID token that ends in a fraction", &of_end("1900000000.5")),
        invalid("an ID token that ends beyond 2^53", &of_end("9007199254740992")),
        invalid("an ID token without an end", &of_end("null")),
    ]
}

fn unsigned() -> Vec<TestCase> {
    let token = PLAIN.id_token("42");
    let parts: Vec<&str> = token.split('.').collect();
    let other = PLAIN.id_token("43");
    let other_claims = other.split('.').nth(1).unwrap();
    let long = claims(SHOP, &"x".repeat(2_048));
    let long_header = format!(r#"{{"alg":"HS256","kid":"{}"}}"#, "x".repeat(256));
    vec![
        invalid("an ID token without a signature", &format!("{}.{}.", parts[0], parts[1])),
        invalid("an ID token with a padded signature", &format!("{token}=")),
        invalid("an ID token cut short", &token[..token.len() - 1]),
        invalid(
            "another person under a signature",
            &format!("{}.{other_claims}.{}", parts[0], parts[2]),
        ),
        invalid("an ID token over 2 KB", &signed(HS256, &long)),
        invalid("an ID token with a long header", &signed(&long_header, &claims(SHOP, CLIENT_ID))),
        invalid("three parts of nothing", ".."),
    ]
}

use infra_shopify::oauth::Endpoint;
use serde_json::{Value, json};

use super::*;

const DAY_S: u64 = 86_400;

fn refresh(endpoint: &mut Endpoint, token: &str, now_s: u64) -> (u16, Value) {
    post(endpoint, json!({ "grant_type": "refresh_token", "refresh_token": token }), now_s)
}

/// The pair after a refresh that works.
fn refreshed(endpoint: &mut Endpoint, token: &str, now_s: u64) -> (String, String) {
    let (status, body) = refresh(endpoint, token, now_s);
    assert_eq!(status, 200, "{body}");
    pair(&body)
}

#[test]
fn a_refresh_replaces_both_tokens() {
    let mut endpoint = installed();
    let (access, token) = first_pair(&mut endpoint);
    let (status, body) = refresh(&mut endpoint, &token, NOW_S + 3_000);
    assert_eq!((status, &body["expires_in"]), (200, &json!(3_600)));
    assert_eq!(body["refresh_token_expires_in"], 7_776_000);
    let (newer_access, newer) = pair(&body);
    assert!(newer_access != access && newer != token);
    assert!(endpoint.authorise(SHOP, &newer_access, NOW_S + 6_599).is_ok());
    // The earlier access token lives to its end.
    assert!(endpoint.authorise(SHOP, &access, NOW_S + 3_599).is_ok());
}

#[test]
fn the_previous_refresh_token_works_until_its_replacement_is_used() {
    let mut endpoint = installed();
    let (_, first) = first_pair(&mut endpoint);
    let (_, lost) = refreshed(&mut endpoint, &first, NOW_S);
    let (_, second) = refreshed(&mut endpoint, &first, NOW_S + DAY_S);
    assert_ne!(lost, second);
    refreshed(&mut endpoint, &second, NOW_S + DAY_S);
    let (status, body) = refresh(&mut endpoint, &first, NOW_S + DAY_S);
    assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")));
}

#[test]
fn a_used_refresh_token_works_again_for_thirty_days_and_not_longer() {
    let mut endpoint = installed();
    let (_, first) = first_pair(&mut endpoint);
    refreshed(&mut endpoint, &first, NOW_S + DAY_S);
    refreshed(&mut endpoint, &first, NOW_S + 31 * DAY_S - 1);
    assert_eq!(refresh(&mut endpoint, &first, NOW_S + 31 * DAY_S).0, 400);
}

#[test]
fn a_refresh_token_never_outlives_its_ninety_days() {
    let mut endpoint = installed();
    let (_, first) = first_pair(&mut endpoint);
    refreshed(&mut endpoint, &first, NOW_S + 90 * DAY_S - 1);
    assert_eq!(refresh(&mut endpoint, &first, NOW_S + 90 * DAY_S).0, 400);
}

#[test]
fn a_refresh_token_is_good_in_its_own_shop_only() {
    let mut endpoint = installed();
    endpoint.install("other.myshopify.com", ["read_orders"]);
    let (_, token) = first_pair(&mut endpoint);
    let form = format!(
        "client_id=client-1&client_secret=secret-1&grant_type=refresh_token&refresh_token={token}"
    );
    let request = http::Request::post("/")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.into())
        .unwrap();
    assert_eq!(arrived(endpoint.handle("other.myshopify.com", &request, NOW_S)).0, 400);
    refreshed(&mut endpoint, &token, NOW_S);
}

#[test]
fn an_access_token_is_no_refresh_token() {
    let mut endpoint = installed();
    let (access, _) = first_pair(&mut endpoint);
    assert_eq!(refresh(&mut endpoint, &access, NOW_S).0, 400);
}

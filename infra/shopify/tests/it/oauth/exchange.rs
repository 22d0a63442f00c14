use bytes::Bytes;
use http::Request;
use infra_shopify::oauth::{AuthError, Endpoint};
use serde_json::{Value, json};

use super::*;

#[test]
fn an_id_token_is_exchanged_for_an_expiring_offline_token() {
    let mut endpoint = installed();
    let id_token = endpoint.id_token(SHOP, STAFF_ID, NOW_S);
    let (status, body) = post(&mut endpoint, exchange(&id_token, "offline", "1".into()), NOW_S);
    assert_eq!(status, 200);
    assert_eq!(body["expires_in"], 3_600);
    assert_eq!(body["refresh_token_expires_in"], 7_776_000);
    assert_eq!(body["scope"], "read_orders,write_discounts");
    let (access, refresh) = pair(&body);
    assert_eq!((access.len(), &access[..6]), (38, "shpat_"));
    assert_eq!((refresh.len(), &refresh[..6]), (38, "shprt_"));
    let grant = endpoint.authorise(SHOP, &access, NOW_S + 3_599).unwrap();
    assert_eq!((grant.shop.as_str(), grant.user_id), (SHOP, None));
    let expired = endpoint.authorise(SHOP, &access, NOW_S + 3_600);
    assert_eq!(expired.unwrap_err(), AuthError::Expired);
}

#[test]
fn without_expiring_an_offline_token_lives_for_ever_and_has_no_refresh_token() {
    let mut endpoint = installed();
    let id_token = endpoint.id_token(SHOP, STAFF_ID, NOW_S);
    let (status, body) = post(&mut endpoint, exchange(&id_token, "offline", "0".into()), NOW_S);
    let names: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((status, names), (200, vec!["access_token", "scope"]));
    let access = body["access_token"].as_str().unwrap();
    assert_eq!(endpoint.authorise(SHOP, access, u64::MAX).unwrap().expires_s, None);
}

#[test]
fn an_online_token_names_the_member_of_staff() {
    let mut endpoint = installed();
    let id_token = endpoint.id_token(SHOP, STAFF_ID, NOW_S);
    let (status, body) = post(&mut endpoint, exchange(&id_token, "online", Value::Null), NOW_S);
    assert_eq!((status, &body["expires_in"]), (200, &json!(86_399)));
    assert_eq!(body["associated_user"]["id"], 42);
    assert_eq!(body["associated_user"]["email"], "ada@example.com");
    assert_eq!(body["associated_user_scope"], "read_orders,write_discounts");
    assert_eq!(body.get("refresh_token"), None);
    let access = body["access_token"].as_str().unwrap();
    assert_eq!(endpoint.authorise(SHOP, access, NOW_S).unwrap().user_id, Some(42));
}

#[test]
fn a_form_body_is_read_like_json() {
    let mut endpoint = installed();
    let body = "client_id=client-1&client_secret=secret-1&grant_type=client_credentials";
    let request = Request::post("/admin/oauth/access_token")
        .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
        .body(Bytes::from(body))
        .unwrap();
    let (status, body) = arrived(endpoint.handle(SHOP, &request, NOW_S));
    assert_eq!((status, &body["expires_in"]), (200, &json!(86_399)));
    assert_eq!(body.get("refresh_token"), None);
}

#[test]
fn each_wrong_request_is_answered_with_its_oauth_error() {
    let mut endpoint = installed();
    let good = endpoint.id_token(SHOP, STAFF_ID, NOW_S);
    let stale = endpoint.id_token(SHOP, STAFF_ID, NOW_S - 60);
    let foreign = endpoint.id_token("other.myshopify.com", STAFF_ID, NOW_S);
    let stranger = endpoint.id_token(SHOP, 43, NOW_S);
    let with = |mut body: Value, name: &str, value: &str| {
        body[name] = value.into();
        body
    };
    let offline = |token: &str| exchange(token, "offline", "1".into());
    let table = [
        (offline(&stale), 400, "invalid_subject_token"),
        (offline(&foreign), 400, "invalid_subject_token"),
        (offline(&stranger), 400, "invalid_subject_token"),
        (offline("not.a.token"), 400, "invalid_subject_token"),
        (with(offline(&good), "client_secret", "secret-2"), 400, "invalid_client"),
        (with(offline(&good), "client_id", "client-2"), 400, "invalid_client"),
        (with(offline(&good), "grant_type", "password"), 400, "unsupported_grant_type"),
        (with(offline(&good), "subject_token_type", "jwt"), 400, "invalid_request"),
        (with(offline(&good), "requested_token_type", "both"), 400, "invalid_request"),
        (json!({ "grant_type": "refresh_token" }), 400, "invalid_request"),
        (json!({ "code": "0907a61c" }), 501, "not_emulated"),
    ];
    for (body, status, error) in table {
        let answer = post(&mut endpoint, body.clone(), NOW_S);
        assert_eq!((answer.0, answer.1["error"].as_str()), (status, Some(error)), "{body}");
    }
}

#[test]
fn a_shop_without_the_app_gets_no_token() {
    let mut endpoint = Endpoint::new(credentials(), 7);
    let (status, body) = post(&mut endpoint, json!({ "grant_type": "client_credentials" }), NOW_S);
    assert_eq!((status, &body["error"]), (400, &json!("app_not_installed")));
}

#[test]
fn a_body_that_is_too_long_or_no_json_or_not_posted_is_rejected() {
    let mut endpoint = installed();
    let mut status_of = |request: Request<Bytes>| arrived(endpoint.handle(SHOP, &request, NOW_S)).0;
    let json = |body: Vec<u8>| {
        Request::post("/").header("content-type", "application/json").body(Bytes::from(body))
    };
    assert_eq!(status_of(json(vec![b' '; 65_537]).unwrap()), 400);
    assert_eq!(status_of(json(b"[".to_vec()).unwrap()), 400);
    assert_eq!(status_of(Request::post("/").body(Bytes::new()).unwrap()), 400);
    assert_eq!(status_of(Request::get("/").body(Bytes::new()).unwrap()), 405);
}

#[test]
fn a_scope_to_write_includes_the_one_to_read_and_no_other() {
    let mut endpoint = installed();
    let (access, _) = first_pair(&mut endpoint);
    let grant = endpoint.authorise(SHOP, &access, NOW_S).unwrap();
    let scopes = ["read_orders", "write_orders", "read_discounts", "write_discounts", "read_all"];
    assert_eq!(scopes.map(|scope| grant.allows(scope)), [true, false, true, true, false]);
}

#[test]
fn newly_granted_scopes_come_with_the_next_token() {
    let mut endpoint = installed();
    let (access, refresh) = first_pair(&mut endpoint);
    endpoint.install(SHOP, ["read_orders", "write_customers"]);
    let allows = |endpoint: &Endpoint, token: &str| {
        endpoint.authorise(SHOP, token, NOW_S).unwrap().allows("write_customers")
    };
    assert!(!allows(&endpoint, &access));
    let body = json!({ "grant_type": "refresh_token", "refresh_token": refresh });
    let (newer, _) = pair(&post(&mut endpoint, body, NOW_S).1);
    assert!(allows(&endpoint, &newer));
}

#[test]
fn uninstalling_revokes_every_token_of_the_shop_and_of_no_other() {
    let mut endpoint = installed();
    endpoint.install("other.myshopify.com", ["read_orders"]);
    let (access, refresh) = first_pair(&mut endpoint);
    let request = Request::post("/")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("client_id=client-1&client_secret=secret-1&grant_type=client_credentials".into())
        .unwrap();
    let (_, other) = arrived(endpoint.handle("other.myshopify.com", &request, NOW_S));
    assert!(endpoint.uninstall(SHOP));
    assert!(!endpoint.uninstall(SHOP));
    assert_eq!(endpoint.authorise(SHOP, &access, NOW_S).unwrap_err(), AuthError::Unknown);
    endpoint.install(SHOP, ["read_orders"]);
    let body = json!({ "grant_type": "refresh_token", "refresh_token": refresh });
    let (status, body) = post(&mut endpoint, body, NOW_S);
    assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")));
    let other = other["access_token"].as_str().unwrap();
    assert!(endpoint.authorise("other.myshopify.com", other, NOW_S).is_ok());
    assert_eq!(endpoint.authorise(SHOP, other, NOW_S).unwrap_err(), AuthError::Unknown);
}

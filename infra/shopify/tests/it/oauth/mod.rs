//! Tokens, as an app gets and uses them.

mod exchange;
mod faults;
mod id_tokens;
mod refresh;

use bytes::Bytes;
use http::Request;
use infra_shopify::oauth::{Answer, Endpoint, Staff};
use infra_shopify::signing::Credentials;
use serde_json::{Value, json};

pub(crate) const SHOP: &str = "demo.myshopify.com";
/// 2027-01-15T08:00:00Z.
pub(crate) const NOW_S: u64 = 1_800_000_000;
const STAFF_ID: u64 = 42;

pub(crate) fn credentials() -> Credentials {
    Credentials::new("client-1", "secret-1")
}

/// An endpoint of an app that is installed, with one member of staff.
pub(crate) fn installed() -> Endpoint {
    let mut endpoint = Endpoint::new(credentials(), 7);
    endpoint.install(SHOP, ["read_orders", "write_discounts"]);
    endpoint.add_staff(Staff {
        id: STAFF_ID,
        first_name: "Ada".to_owned(),
        last_name: "Example".to_owned(),
        email: "ada@example.com".to_owned(),
        account_owner: true,
    });
    endpoint
}

/// The status and the body of an answer that arrives.
pub(crate) fn post(endpoint: &mut Endpoint, body: Value, now_s: u64) -> (u16, Value) {
    arrived(send(endpoint, body, now_s))
}

pub(crate) fn arrived(answer: Answer) -> (u16, Value) {
    let Answer::Response(response) = answer else { panic!("the answer is lost") };
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
}

pub(crate) fn send(endpoint: &mut Endpoint, mut body: Value, now_s: u64) -> Answer {
    let members = body.as_object_mut().unwrap();
    members.entry("client_id").or_insert_with(|| "client-1".into());
    members.entry("client_secret").or_insert_with(|| "secret-1".into());
    let request = Request::post("/admin/oauth/access_token")
        .header("content-type", "application/json")
        .body(Bytes::from(body.to_string()))
        .unwrap();
    endpoint.handle(SHOP, &request, now_s)
}

pub(crate) fn exchange(id_token: &str, mode: &str, expiring: Value) -> Value {
    json!({
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": id_token,
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "requested_token_type": format!("urn:shopify:params:oauth:token-type:{mode}-access-token"),
        "expiring": expiring,
    })
}

/// The access token and the refresh token of a first exchange.
pub(crate) fn first_pair(endpoint: &mut Endpoint) -> (String, String) {
    let id_token = endpoint.id_token(SHOP, STAFF_ID, NOW_S);
    let (status, body) = post(endpoint, exchange(&id_token, "offline", "1".into()), NOW_S);
    assert_eq!(status, 200, "{body}");
    pair(&body)
}

pub(crate) fn pair(body: &Value) -> (String, String) {
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    (text("access_token"), text("refresh_token"))
}

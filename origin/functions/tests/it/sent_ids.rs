//! Ids of any length from a client: the client's mistake, never a failure of the table.

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use edge_wire::function::HttpFunction;
use edge_wire::identity::Kind;
use http::Request;
use origin_functions::http::routers::router;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::world::{World, identity_header};

/// Beside the bound of an id, a sort key and a partition key, and near that of a body.
const LENGTHS: [usize; 6] = [64, 65, 1_025, 2_049, 30_000, 60_000];

/// An `http::Uri` holds two of this length.
const LENGTH_MAX_IN_URL: usize = 30_000;

struct Place {
    function: HttpFunction,
    method: &'static str,
    caller: Kind,
    /// The path and the body with this id.
    request: fn(&str) -> (String, Value),
    /// The field that a problem with an id above its bound names, or none in a path.
    field: Option<&'static str>,
}

const fn place(
    (function, method, caller): (HttpFunction, &'static str, Kind),
    field: Option<&'static str>,
    request: fn(&str) -> (String, Value),
) -> Place {
    Place { function, method, caller, request, field }
}

const LINES: &str = "/v1/cart/lines";
const ADD: (HttpFunction, &str, Kind) = (HttpFunction::Commands, "POST", Kind::Cart);
const CHANGE: (HttpFunction, &str, Kind) = (HttpFunction::Commands, "PATCH", Kind::Cart);
const REDEEM: (HttpFunction, &str, Kind) = (HttpFunction::Commands, "POST", Kind::Customer);
const READ: (HttpFunction, &str, Kind) = (HttpFunction::ConfiguratorRead, "GET", Kind::Cart);
const LOYALTY: (HttpFunction, &str, Kind) = (HttpFunction::LoyaltyRead, "GET", Kind::Customer);
const ADMIN: (HttpFunction, &str, Kind) = (HttpFunction::Admin, "GET", Kind::Staff);
const ACTIVATE: (HttpFunction, &str, Kind) = (HttpFunction::Admin, "POST", Kind::Staff);
const PUBLISH: (HttpFunction, &str, Kind) = (HttpFunction::Admin, "PUT", Kind::Staff);

/// Every place of a request that has an id.
const PLACES: [Place; 27] = [
    place(ADD, Some("/variant_id"), |id| {
        (LINES.to_owned(), json!({"variant_id": id, "quantity": 1}))
    }),
    place(ADD, Some("/product"), |id| {
        (LINES.to_owned(), json!({"product": id, "selection": {}, "quantity": 1}))
    }),
    place(ADD, Some("/selection"), |id| {
        (LINES.to_owned(), json!({"product": "mug", "selection": {id: "s"}, "quantity": 1}))
    }),
    place(ADD, Some("/selection/size"), |id| {
        (LINES.to_owned(), json!({"product": "mug", "selection": {"size": id}, "quantity": 1}))
    }),
    place(CHANGE, None, |id| (format!("{LINES}/{id}"), json!({"quantity": 1}))),
    place(ADD, None, |id| (format!("/v1/configurator/{id}/selections"), json!({"selection": {}}))),
    place(ADD, Some("/selection"), |id| {
        ("/v1/configurator/mug/selections".to_owned(), json!({"selection": {id: "s"}}))
    }),
    place(ADD, Some("/selection/size"), |id| {
        ("/v1/configurator/mug/selections".to_owned(), json!({"selection": {"size": id}}))
    }),
    place(REDEEM, Some("/reward"), |id| {
        ("/v1/loyalty/redemptions".to_owned(), json!({"reward": id, "points": 1}))
    }),
    place(READ, None, |id| (format!("/v1/configurator/{id}"), Value::Null)),
    place(READ, None, |id| (format!("/v1/configurator/{id}/resolution"), Value::Null)),
    place(READ, None, |id| (format!("/v1/selections/{id}"), Value::Null)),
    place(READ, Some("query"), |id| {
        (format!("/v1/configurator/mug/resolution?{id}=s"), Value::Null)
    }),
    place(READ, Some("query:size"), |id| {
        (format!("/v1/configurator/mug/completion?size={id}"), Value::Null)
    }),
    place(READ, Some("query:_only"), |id| {
        (format!("/v1/configurator/mug/resolution?_only={id}"), Value::Null)
    }),
    place(READ, Some("query:"), |id| {
        (format!("/v1/configurator/mug/explanation?_why={id}:{id}"), Value::Null)
    }),
    place(LOYALTY, None, |id| (format!("/v1/loyalty/redemptions/{id}"), Value::Null)),
    place(LOYALTY, Some("query:cursor"), |id| {
        let cursor = URL_SAFE_NO_PAD.encode(format!("1780000000000:{id}"));
        (format!("/v1/loyalty/entries?cursor={cursor}"), Value::Null)
    }),
    place(ADMIN, None, |id| (format!("/v1/admin/configurators/{id}"), Value::Null)),
    place(ADMIN, None, |id| (format!("/v1/admin/configurators/{id}/versions"), Value::Null)),
    place(ACTIVATE, None, |id| {
        (format!("/v1/admin/configurators/{id}/versions/1/activate"), Value::Null)
    }),
    place(ADMIN, None, |id| (format!("/v1/admin/privacy/demands/{id}"), Value::Null)),
    place(ACTIVATE, None, |id| {
        let path = format!("/v1/admin/loyalty/customers/{id}/adjustments");
        (path, json!({"points": 1, "reason": "test"}))
    }),
    place(PUBLISH, None, |id| (format!("/v1/admin/staff/{id}"), json!({"role": "manager"}))),
    place(ADMIN, Some("query:cursor"), |id| {
        (format!("/v1/admin/audit?cursor=1780000000000-{id}"), Value::Null)
    }),
    place(PUBLISH, Some("query:cursor"), |id| {
        let cursor = "7".repeat(id.len());
        let path = format!("/v1/admin/loyalty/program?dry_run=true&cursor=1780000000000-{cursor}");
        (path, Value::Null)
    }),
    place(ADMIN, Some("query:cursor"), |id| {
        let cursor = "7".repeat(id.len());
        (format!("/v1/admin/loyalty/program/versions?cursor={cursor}"), Value::Null)
    }),
];

#[tokio::test(flavor = "multi_thread")]
async fn an_id_of_any_length_is_never_a_failure_of_ours() {
    let world = World::open().await;
    let shop = world.shop();
    for Place { function, method, caller, request, field } in PLACES {
        for (letter, length) in LENGTHS.into_iter().flat_map(|it| [("7", it), ("x", it)]) {
            let (path, body) = request(&letter.repeat(length));
            if body.is_null() && length > LENGTH_MAX_IN_URL {
                continue;
            }
            let name = match caller {
                Kind::Cart => "abc",
                _ => "1001",
            };
            let sent = Request::builder().method(method).uri(&path);
            let sent = sent.header("forecourt-identity", identity_header(caller, name));
            let sent = sent.header("idempotency-key", "key-0123456789abcdef");
            let sent = sent.header("content-type", "application/json");
            let sent = sent.body(Body::from(body.to_string())).unwrap();
            let answer = router(function, shop.clone()).oneshot(sent).await.unwrap();
            let status = answer.status().as_u16();
            let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
            let text = String::from_utf8_lossy(&bytes);
            let place = format!("{method} {path:.60} {length}: {status} {text:.300}");
            assert!((200..500).contains(&status), "{place}");
            if length > 256 {
                assert!((400..500).contains(&status), "{place}");
                let problem: Value = serde_json::from_slice(&bytes).unwrap();
                let named = problem["errors"][0]["field"].as_str().unwrap_or_default();
                assert!(named.starts_with(field.unwrap_or_default()), "{place}");
            }
        }
    }
}

//! The API over HTTP.

use std::sync::Arc;

use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use infra_shopify::admin_api::{Access, AdminApi, Grant, router};
use infra_shopify::store::{Settings, Shop};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tower::ServiceExt as _;

/// Knows one token, which may only read products.
struct OneToken;

impl Access for OneToken {
    fn grant(&self, token: &str) -> Option<Grant> {
        let scopes = Some(vec!["read_products".to_owned()]);
        (token == "secret").then(|| Grant { token: token.to_owned(), scopes })
    }
}

async fn post(path: &str, token: &str, body: &str) -> (StatusCode, Option<String>, Value) {
    let clock = Arc::new(|| OffsetDateTime::UNIX_EPOCH);
    let api = AdminApi::new(Shop::new(Settings::default()), clock).unwrap();
    let request = Request::post(path).header("X-Shopify-Access-Token", token);
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let response = router(Arc::new(api), Arc::new(OneToken)).oneshot(request).await.unwrap();
    let status = response.status();
    let version = response.headers().get("x-shopify-api-version");
    let version = version.map(|version| version.to_str().unwrap().to_owned());
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, version, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

const PATH: &str = "/admin/api/2026-07/graphql.json";

#[tokio::test]
async fn an_answer_names_its_version_and_its_cost() {
    let body = json!({ "query": "{ shop { name } }" }).to_string();
    let (status, version, answer) = post(PATH, "secret", &body).await;
    assert_eq!((status, version.as_deref()), (StatusCode::OK, Some("2026-07")));
    assert_eq!(answer["data"]["shop"]["name"], "Local Shop");
    assert_eq!(
        answer["extensions"]["cost"],
        json!({ "requestedQueryCost": 1, "actualQueryCost": 1, "throttleStatus": {
            "maximumAvailable": 2000, "currentlyAvailable": 1999, "restoreRate": 100 } })
    );
    let (_, version, _) = post("/admin/api/2022-01/graphql.json", "secret", &body).await;
    assert_eq!(version.as_deref(), Some("2025-01"));
}

#[tokio::test]
async fn a_request_without_a_token_a_version_or_a_query_is_refused() {
    let body = json!({ "query": "{ shop { name } }" }).to_string();
    assert_eq!(post(PATH, "other", &body).await.0, StatusCode::UNAUTHORIZED);
    for version in ["soon", "2099-10", "2026-08"] {
        let path = format!("/admin/api/{version}/graphql.json");
        assert_eq!(post(&path, "secret", &body).await.0, StatusCode::NOT_FOUND, "{version}");
    }
    assert_eq!(post(PATH, "secret", "{").await.0, StatusCode::BAD_REQUEST);
    let large = "x".repeat(infra_shopify::admin_api::BODY_BYTES_MAX + 1);
    assert_eq!(post(PATH, "secret", &large).await.0, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_token_without_the_scope_is_denied() {
    let body = json!({ "query": "{ products(first: 1) { nodes { id } } customers(first: 1) { nodes { id } } }" });
    let (_, _, answer) = post(PATH, "secret", &body.to_string()).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "ACCESS_DENIED");
    assert_eq!(answer["errors"][0]["path"], json!(["customers"]));
}

#[test]
fn queries_cost_what_they_cost_at_shopify() {
    let world = super::values::world();
    let cost = |query: &str| {
        world.run(query, json!({}))["extensions"]["cost"]["requestedQueryCost"].clone()
    };
    // Recorded costs.
    assert_eq!(cost("{ locations(first: 1) { nodes { id name } } }"), 3);
    assert_eq!(cost("{ products(first: 50, query: \"status:ACTIVE\") { nodes { id title } } }"), 9);
    assert_eq!(
        cost("{ products(first: 10) { edges { cursor node { id } } nodes { id } pageInfo { hasNextPage } }
            productsCount { count } shop { name } }"),
        21
    );
    assert_eq!(
        cost(
            "{ companies(first: 3) { nodes { id locations(first: 2) { nodes { id name } } }
            pageInfo { hasNextPage } } }"
        ),
        10
    );
    assert_eq!(
        cost("mutation { productCreate(product: { title: \"x\" }) { userErrors { message } } }"),
        10
    );
}

#[test]
fn a_token_without_points_has_to_wait() {
    let world = super::values::world();
    let query = "{ products(first: 250) { nodes { id title } } }";
    let mut refused = None;
    for _ in 0..2_000 {
        let answer = world.run(query, json!({}));
        if answer.get("errors").is_some() {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.unwrap();
    assert_eq!(refused["errors"][0]["extensions"]["code"], "THROTTLED");
    assert_eq!(refused["extensions"]["cost"]["actualQueryCost"], Value::Null);
    world.wait(1);
    assert!(world.run(query, json!({})).get("errors").is_none());
}

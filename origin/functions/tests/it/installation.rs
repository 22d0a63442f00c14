//! Installing: the shop's tokens, obtained when a person opens the admin, until the app goes.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use domain_core::time::{DAY_MS, HOUR_MS};
use edge_wire::function::{ConsumerFunction, HttpFunction};
use edge_wire::identity::Kind;
use edge_wire::keys::KeyRing;
use http::Request;
use origin_functions::consumers::{Batch, Consumer as _};
use origin_functions::http::routers::router;
use origin_functions::runtime::ports::SharedEdgeCache;
use origin_functions::runtime::shop::Shop;
use origin_functions::runtime::shopify::Shopify;
use origin_shopify::admin_api::{AdminAnswer, Transport, TransportError};
use origin_shopify::{EndpointError, Refresh, Secret, TokenAnswer, TokenEndpoint};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::world::{KEYS, SHOP, World, identity_header};

const PATH: &str = "/v1/admin/installation";

/// Accepts one ID token, and no call of the Admin API.
pub(crate) struct Issuer;

impl TokenEndpoint for Issuer {
    async fn exchange(&self, id_token: &str) -> Result<TokenAnswer, EndpointError> {
        if id_token != "good" {
            return Err(EndpointError::Subject);
        }
        Ok(TokenAnswer {
            access: Secret::new("secret-access"),
            access_life_ms: HOUR_MS,
            refresh: Some(Refresh { token: Secret::new("secret-refresh"), life_ms: DAY_MS }),
            scope: "read_products,write_discounts".to_owned(),
        })
    }

    async fn refresh(&self, _: &Secret) -> Result<TokenAnswer, EndpointError> {
        Err(EndpointError::Grant)
    }
}

impl Transport for Issuer {
    async fn post(&self, _: &Secret, _: Bytes, _: u64) -> Result<AdminAnswer, TransportError> {
        Err(TransportError { reason: "not here".to_owned(), may_be_sent: false })
    }
}

/// An instance of the shop with its app.
fn instance(world: &World) -> Arc<Shop> {
    let shop = Shop::clone(&world.shop());
    let app = Shopify::new(shop.stored_tokens.clone(), Issuer, Issuer, &shop.clock);
    Arc::new(shop.with_shopify(Some(app)))
}

/// No publication is invalidated here.
pub(crate) struct NoEdge;

impl domain_catalog::EdgeCache for NoEdge {
    async fn invalidate(
        &self,
        _: &[domain_catalog::PublicContent],
    ) -> Result<(), domain_core::port::PortError> {
        Ok(())
    }
}

pub(crate) async fn call(shop: &Arc<Shop>, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("forecourt-identity", identity_header(Kind::Staff, "1"))
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    let admin = router(HttpFunction::Admin, Arc::clone(shop));
    let response = admin.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

async fn state(shop: &Arc<Shop>) -> Value {
    call(shop, "GET", PATH, &Value::Null).await.1
}

pub(crate) async fn install(shop: &Arc<Shop>, id_token: &str) -> (u16, Value) {
    call(shop, "POST", PATH, &json!({"id_token": id_token})).await
}

async fn uninstalled(world: &World, time: &str) {
    let detail = json!({"payload": {"id": 1}, "metadata": {
        "X-Shopify-Topic": "app/uninstalled", "X-Shopify-Shop-Domain": SHOP}});
    let body = json!({"id": "e1", "time": time, "detail": detail}).to_string();
    let batch = json!({"Records": [{"messageId": "m1", "body": body}]});
    let batch: Batch = serde_json::from_value(batch).unwrap();
    let (keys, edge) = (KeyRing::parse(KEYS).unwrap(), SharedEdgeCache::new(NoEdge));
    let consumer = world.consumers().consumer(ConsumerFunction::Privacy, &keys, &edge);
    let unfinished = consumer.consume(batch).await;
    assert_eq!(
        serde_json::to_value(unfinished).unwrap(),
        json!({"batchItemFailures": []}),
        "the message is consumed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_is_installed_once_and_says_so_until_it_is_uninstalled() {
    let world = World::open().await;
    let shop = instance(&world);
    assert_eq!(state(&shop).await["state"], "not_installed");
    let (status, problem) = install(&shop, "stale").await;
    assert_eq!((status, &problem["code"]), (401, &json!("token-invalid")));
    let installed = json!({
        "state": "installed", "scopes": ["read_products", "write_discounts"],
        "since": null, "reason": null,
    });
    for _ in 0..2 {
        assert_eq!(install(&shop, "good").await, (200, installed.clone()));
    }
    let (_, log) = call(&shop, "GET", "/v1/admin/audit", &Value::Null).await;
    let acts = log["entries"].as_array().unwrap().iter().map(|entry| entry["act"].clone());
    // The attempt with the stale ID token, too.
    assert_eq!(acts.collect::<Vec<_>>(), ["install", "install", "join_staff"]);
    assert!(!log.to_string().contains("secret") && !log.to_string().contains("good"));

    uninstalled(&world, "2020-01-01T00:00:00Z").await;
    assert_eq!(state(&shop).await, installed, "the message is from before the installation");
    uninstalled(&world, "2999-01-01T00:00:00Z").await;
    let lost = state(&shop).await;
    assert_eq!(
        (&lost["state"], &lost["reason"]),
        (&json!("needs_reinstall"), &json!("uninstalled"))
    );
    assert_eq!(lost["since"], "2999-01-01T00:00:00.999Z");
    // Another instance, without the earlier token in memory.
    let shop = instance(&world);
    assert_eq!(install(&shop, "good").await, (200, installed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_without_an_app_says_so() {
    let world = World::open().await;
    let (status, problem) = install(&world.shop(), "good").await;
    assert_eq!((status, &problem["code"]), (503, &json!("unavailable")));
    let (status, problem) = install(&world.shop(), &"x".repeat(3_000)).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (400, &json!("/id_token")));
}

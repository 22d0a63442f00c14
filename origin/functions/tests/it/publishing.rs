//! Publishing over a limit is rejected, and the earlier version stays live.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use domain_core::event::{Event, Events};
use domain_core::port::PortError;
use domain_core::time::{HOUR_MS, Time};
use edge_wire::function::HttpFunction;
use edge_wire::identity::Kind;
use http::Request;
use origin_functions::http::routers::router;
use origin_functions::runtime::clock::Clock;
use origin_functions::runtime::ports::SharedEvents;
use origin_functions::runtime::shop::Shop;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::world::{World, identity_header};

/// A product that compiles at once.
fn cup() -> Value {
    json!({
        "product": "cup", "currency": "EUR", "base_price": 100,
        "options": [
            {"id": "size", "values": [{"id": "s"}, {"id": "l"}]},
            {"id": "lid", "values": [{"id": "none"}, {"id": "cork"}]},
        ],
        "rules": [{"id": "r", "requires": {"if": {"size": ["l"]}, "then": {"lid": ["cork"]}}}],
    })
}

async fn put(admin: &Router, document: &Value) -> (u16, Value) {
    let request = Request::put("/v1/admin/configurators/cup")
        .header("forecourt-identity", identity_header(Kind::Staff, "staff"))
        .header("content-type", "application/json")
        .body(Body::from(document.to_string()))
        .unwrap();
    answer(admin, request).await
}

async fn answer(router: &Router, request: Request<Body>) -> (u16, Value) {
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

async fn served(world: &World) -> (u16, Value) {
    let router = router(HttpFunction::ConfiguratorRead, world.shop());
    answer(&router, Request::get("/v1/configurator/cup").body(Body::empty()).unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_that_compiles_too_long_is_rejected_and_the_earlier_version_stays_live() {
    let world = World::open().await;
    let quick = router(HttpFunction::Admin, world.shop());
    assert_eq!(put(&quick, &cup()).await.0, 200);
    let hours = AtomicU64::new(500_000);
    let hourly = Clock::new(move || Time(hours.fetch_add(1, Ordering::Relaxed) * HOUR_MS));
    let slow = router(HttpFunction::Admin, world.shop_at(hourly));
    let mut more_expensive = cup();
    more_expensive["base_price"] = json!(200);
    let (status, problem) = put(&slow, &more_expensive).await;
    assert_eq!((status, &problem["code"]), (422, &json!("configurator-invalid")));
    let message = "the rules take more than 25 s to compile";
    assert_eq!(problem["errors"], json!([{"field": "", "message": message}]));
    let (status, product) = served(&world).await;
    assert_eq!((status, &product["base_price"]), (200, &json!(100)));
}

/// A clock whose first call blocks until it is released.
fn blocked_clock() -> (Clock, Receiver<()>, Sender<()>) {
    let (called, is_called) = channel();
    let (release, released) = channel::<()>();
    let (is_first, released) = (AtomicBool::new(true), Mutex::new(released));
    let clock = Clock::new(move || {
        if is_first.swap(false, Ordering::Relaxed) {
            called.send(()).unwrap();
            released.lock().unwrap().recv().unwrap();
        }
        Time(HOUR_MS)
    });
    (clock, is_called, release)
}

#[tokio::test(flavor = "multi_thread")]
async fn while_one_product_is_compiled_the_next_is_rejected_with_503() {
    let world = World::open().await;
    let (clock, is_called, release) = blocked_clock();
    let admin = router(HttpFunction::Admin, world.shop_at(clock));
    let first = tokio::spawn({
        let admin = admin.clone();
        async move { put(&admin, &cup()).await }
    });
    tokio::task::spawn_blocking(move || is_called.recv().unwrap()).await.unwrap();
    let (status, problem) = put(&admin, &cup()).await;
    assert_eq!((status, &problem["code"]), (503, &json!("unavailable")));
    release.send(()).unwrap();
    assert_eq!(first.await.unwrap().0, 200);
    assert_eq!(put(&admin, &cup()).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decompressed_document_over_the_limit_is_rejected() {
    use std::io::Write as _;
    let world = World::open().await;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let blank = vec![b' '; 1 << 20];
    for _ in 0..65 {
        packed.write_all(&blank).unwrap();
    }
    let packed = packed.finish().unwrap();
    assert!(packed.len() < 1 << 20, "the compressed size is within its limit");
    let request = Request::put("/v1/admin/configurators/cup")
        .header("forecourt-identity", identity_header(Kind::Staff, "staff"))
        .header("content-type", "application/json")
        .header("content-encoding", "gzip")
        .body(Body::from(packed))
        .unwrap();
    let admin = router(HttpFunction::Admin, Arc::clone(&world.shop()));
    let (status, problem) = answer(&admin, request).await;
    assert_eq!((status, &problem["code"]), (413, &json!("body-too-large")));
}

/// A bus that takes events unless it is down.
#[derive(Clone, Default)]
struct FaultyBus {
    is_down: Arc<AtomicBool>,
    taken: Arc<Mutex<Vec<Value>>>,
}

impl FaultyBus {
    /// What it has taken since the last call.
    fn taken(&self) -> Vec<Value> {
        std::mem::take(&mut self.taken.lock().unwrap())
    }
}

impl Events for FaultyBus {
    async fn publish(&self, events: &[Event]) -> Result<(), PortError> {
        if self.is_down.load(Ordering::Relaxed) {
            return Err(PortError::Unavailable("the bus".to_owned()));
        }
        let details = events.iter().map(|event| serde_json::from_str(&event.detail).unwrap());
        self.taken.lock().unwrap().extend(details);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_edge_learns_of_a_publication_that_the_bus_did_not_take() {
    let (world, bus) = (World::open().await, FaultyBus::default());
    let mut shop = Shop::clone(&world.shop());
    shop.events = SharedEvents::new(bus.clone());
    let admin = router(HttpFunction::Admin, Arc::new(shop));
    let list = || {
        let request = Request::get("/v1/admin/products")
            .header("forecourt-identity", identity_header(Kind::Staff, "staff"));
        answer(&admin, request.body(Body::empty()).unwrap())
    };
    list().await;
    bus.taken();
    // It is served, and a repetition tells the edge without another version.
    bus.is_down.store(true, Ordering::Relaxed);
    let (status, problem) = put(&admin, &cup()).await;
    assert_eq!((status, &problem["code"]), (503, &json!("unavailable")));
    assert!(problem["detail"].as_str().unwrap().contains("to tell the edge"), "{problem}");
    assert_eq!(served(&world).await.0, 200);
    assert_eq!(list().await.0, 200, "a list does not need the bus");
    bus.is_down.store(false, Ordering::Relaxed);
    let (status, again) = put(&admin, &cup()).await;
    assert_eq!((status, &again["version"]), (200, &json!("1")));
    let cup_of = |version: u64| json!({"product": "cup", "version": version});
    assert_eq!(bus.taken(), [cup_of(1)]);
    assert_eq!(put(&admin, &cup()).await.1["version"], "1");
    assert_eq!(bus.taken(), Vec::<Value>::new(), "it knows");
    // Without a repetition the next look at the products does it.
    bus.is_down.store(true, Ordering::Relaxed);
    let mut more_expensive = cup();
    more_expensive["base_price"] = json!(200);
    assert_eq!(put(&admin, &more_expensive).await.0, 503);
    bus.is_down.store(false, Ordering::Relaxed);
    assert_eq!(list().await.0, 200);
    assert_eq!(bus.taken(), [cup_of(2)]);
}

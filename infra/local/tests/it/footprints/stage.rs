//! A shop with counted calls: the deployed routers and consumers, an instance for each function, the
//! embedded table, and the local bus with the deployed rules.

use std::collections::HashMap;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use bytes::Bytes;
use domain_catalog::{EdgeCache, NewVersion, PublicContent};
use domain_core::port::PortError;
use domain_core::time::{SECOND_MS, Time};
use domain_loyalty::{Activation, ProgramStore as _};
use edge_wire::function::{ConsumerFunction, HttpFunction};
use edge_wire::headers::{BOOKMARK, IDEMPOTENCY_KEY, IDENTITY, SESSION};
use edge_wire::identity::{Identity, Kind, encode, encode_session};
use edge_wire::keys::KeyRing;
use edge_wire::link::mint_link;
use edge_wire::secrets::ShopifySecrets;
use edge_wire::token::CUSTOMER_TOKEN_TTL_S;
use http::{Method, Request};
use infra_bus::{BoxFuture, Bus, Faults, Target, TargetError};
use infra_cost::Footprint;
use infra_dynamo::Embedded;
use infra_local::bus_client::bus_http_client;
use infra_local::demo;
use infra_local::local::aws_config;
use infra_local::wiring::{bus_config, queues_of};
use origin_adapters::schema::create_tables;
use origin_adapters::table::SharedTable;
use origin_adapters::{Aws, CatalogRepository, ProgramRepository};
use origin_functions::consumers::{Batch, Consumer as _, SharedConsumer};
use origin_functions::http::publishing;
use origin_functions::http::routers::router;
use origin_functions::runtime::clock::Clock;
use origin_functions::runtime::composition::Composition;
use origin_functions::runtime::config::ShopConfig;
use origin_functions::runtime::ports::{Ports, SharedEdgeCache};
use origin_functions::runtime::shop::{Shop, system_random};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tower::ServiceExt as _;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;

use super::meter::Meter;
use crate::client::key;

/// The cart that is written.
const CART: &str = "counted";
/// A morning in November 2026.
const MORNING_MS: u64 = 1_795_251_600_000;
/// Most bytes of an answer here.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// The shop.
pub(super) struct Stage {
    shops: HashMap<&'static str, Arc<Shop>>,
    pub(super) bus: Bus,
    meter: Meter,
    /// The queue and detail type of each delivered message.
    deliveries: Arc<Mutex<Vec<(String, String)>>>,
    now_ms: Arc<AtomicU64>,
    bookmark: String,
    _folder: TempDir,
}

/// A consumer that counts its messages.
struct Counted {
    consumer: SharedConsumer,
    queue: String,
    deliveries: Arc<Mutex<Vec<(String, String)>>>,
}

/// The edge's caches, which nothing is published to here.
struct NoEdge;

/// Counts the bytes of log lines.
#[derive(Clone)]
struct LogLength(Meter);

// === impl Stage ===

impl Stage {
    pub(super) async fn open(meter: &Meter) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let config = aws_config(&listener.local_addr().unwrap().to_string());
        let table = Embedded::memory().unwrap().http_client();
        let aws = Aws::new(config, meter.on(table), meter.on(bus_http_client()));
        create_tables(&aws).await.unwrap();
        let ports = Ports::on_aws(&aws);
        publish(&ports.table).await;
        let now_ms = Arc::new(AtomicU64::new(MORNING_MS));
        let clock_ms = Arc::clone(&now_ms);
        let clock = Clock::new(move || Time(clock_ms.load(Ordering::Relaxed)));
        let deliveries = Arc::default();
        let folder = tempfile::tempdir().unwrap();
        let targets = targets(&ports, &clock, &deliveries);
        let config = bus_config(Faults::default());
        let bus = Bus::open(&folder.path().join("bus"), config, targets).unwrap();
        let serving = bus.clone();
        tokio::spawn(async move { serving.serve(listener, std::future::pending()).await });
        bus.queues().for_each(|queue| bus.pause(queue).unwrap());
        let shop = || Arc::new(Shop::new(shop_config(), &ports, clock.clone(), system_random));
        let shops = HttpFunction::ALL.iter().map(|it| (it.name(), shop())).collect();
        let (meter, bookmark) = (meter.clone(), String::new());
        Self { shops, bus, meter, deliveries, now_ms, bookmark, _folder: folder }
    }

    /// Advances the clock, so that the instances' cache entries expire.
    pub(super) fn pass(&self, ms: u64) {
        self.now_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// The signed link that names a cart at checkout.
    pub(super) fn link(&self, cart: &str) -> String {
        mint_link(&keys(), cart)
    }

    pub(super) fn now(&self) -> Time {
        Time(self.now_ms.load(Ordering::Relaxed))
    }

    /// Returns the footprint since the last call.
    pub(super) fn take(&self) -> Footprint {
        self.meter.take()
    }

    /// Runs the consumers until the queues are empty; returns the queue and type of each message.
    pub(super) async fn apply(&self, queues: &[&str]) -> Vec<(String, String)> {
        for _ in 0..3 {
            for queue in queues {
                self.bus.resume(queue).unwrap();
                self.bus.drained(queue).await.unwrap();
                self.bus.pause(queue).unwrap();
            }
        }
        std::mem::take(&mut *self.deliveries.lock().unwrap())
    }

    pub(super) async fn read(
        &self,
        function: HttpFunction,
        path: &str,
        who: Option<Kind>,
    ) -> Value {
        self.send(function, Request::get(path), who, Bytes::new()).await.1
    }

    /// Adds a tee to the cart, under a name.
    pub(super) async fn add(&mut self, name: &str) {
        let new_line = json!({"product": "tee", "quantity": 1, "properties": {"Print": name},
            "selection": {"colour": "white", "size": "xs", "fit": "regular"}});
        let request = Request::post("/v1/cart/lines");
        let answer = self.command(request, Kind::Cart, name, &new_line).await;
        answer["bookmark"].as_str().unwrap().clone_into(&mut self.bookmark);
    }

    pub(super) async fn command(
        &self,
        request: http::request::Builder,
        who: impl Into<Option<Kind>>,
        name: &str,
        body: &Value,
    ) -> Value {
        let request = request
            .header(IDEMPOTENCY_KEY, key(&name.replace(' ', "-")))
            .header("content-type", "application/json");
        let (status, answer) =
            self.send(HttpFunction::Commands, request, who.into(), body.to_string()).await;
        assert!((200..300).contains(&status), "{answer}");
        answer
    }

    /// Delivers a webhook.
    pub(super) async fn deliver(&self, topic: &str, payload: &str) {
        let secrets = ShopifySecrets::parse(demo::SHOPIFY_SECRET).unwrap();
        let signature = edge_wire::webhook::sign(&secrets, payload.as_bytes());
        let request = Request::post("/webhooks/shopify")
            .header("x-shopify-topic", topic)
            .header("x-shopify-shop-domain", demo::SHOP)
            .header("x-shopify-webhook-id", "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043")
            .header("x-shopify-api-version", "2026-07")
            .header("x-shopify-hmac-sha256", signature);
        let (status, _) =
            self.send(HttpFunction::Webhooks, request, None, payload.to_owned()).await;
        assert_eq!(status, 200);
    }

    async fn send(
        &self,
        function: HttpFunction,
        request: http::request::Builder,
        who: Option<Kind>,
        body: impl Into<Body>,
    ) -> (u16, Value) {
        let mut request = request.body(body.into()).unwrap();
        if let Some(kind) = who {
            let id = if kind == Kind::Cart { CART } else { "1001" }.to_owned();
            let identity = encode(&keys(), &[Identity { kind, id }]);
            request.headers_mut().insert(IDENTITY, identity.parse().unwrap());
            if kind == Kind::Customer {
                let end = self.now_ms.load(Ordering::Relaxed) / SECOND_MS + CUSTOMER_TOKEN_TTL_S;
                let session = encode_session(&keys(), "1001", end);
                request.headers_mut().insert(SESSION, session.parse().unwrap());
            }
            if kind == Kind::Cart && !self.bookmark.is_empty() {
                request.headers_mut().insert(BOOKMARK, self.bookmark.parse().unwrap());
            }
        }
        let is_read = request.method() == Method::GET;
        let router = router(function, Arc::clone(&self.shops[function.name()]));
        let answer = router.oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = to_bytes(answer.into_body(), ANSWER_BYTES_MAX).await.unwrap();
        assert!(!is_read || status == 200, "{status} {body:?}");
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }
}

impl EdgeCache for NoEdge {
    async fn invalidate(&self, _: &[PublicContent]) -> Result<(), PortError> {
        Ok(())
    }
}

impl Target for Counted {
    fn invoke(&self, event: Bytes) -> BoxFuture<Result<Bytes, TargetError>> {
        let batch: Value = serde_json::from_slice(&event).unwrap();
        for record in batch["Records"].as_array().unwrap() {
            let body: Value = serde_json::from_str(record["body"].as_str().unwrap()).unwrap();
            let detail_type = body["detail-type"].as_str().unwrap().to_owned();
            self.deliveries.lock().unwrap().push((self.queue.clone(), detail_type));
        }
        let consumer = self.consumer.clone();
        Box::pin(async move {
            let batch: Batch = serde_json::from_slice(&event).unwrap();
            let unfinished = serde_json::to_value(consumer.consume(batch).await).unwrap();
            assert_eq!(unfinished, json!({"batchItemFailures": []}));
            Ok(Bytes::from(unfinished.to_string()))
        })
    }
}

impl Write for LogLength {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.count(|so_far| so_far.log_bytes += line.len() as u64);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Counts what this thread's functions log, as a deployed one would.
pub(super) fn count_logs(meter: &Meter) -> tracing::subscriber::DefaultGuard {
    let length = LogLength(meter.clone());
    let ours = ["origin_functions", "origin_adapters"].map(|target| (target, LevelFilter::INFO));
    let log = tracing_subscriber::fmt::layer()
        .json()
        .with_current_span(false)
        .with_writer(move || length.clone())
        .with_filter(Targets::new().with_targets(ours));
    tracing::subscriber::set_default(tracing_subscriber::registry().with(log))
}

fn targets(
    ports: &Ports,
    clock: &Clock,
    deliveries: &Arc<Mutex<Vec<(String, String)>>>,
) -> HashMap<String, Arc<dyn Target>> {
    let shop = demo::SHOP.to_owned();
    let composition = Composition {
        ports: ports.clone(),
        shop,
        is_replaying: false,
        shopify: None,
        clock: clock.clone(),
        random: || [7; 16],
    };
    let of_function = |function: &ConsumerFunction| {
        let edge = SharedEdgeCache::new(NoEdge);
        let consumer = composition.consumer(*function, &keys(), &edge);
        queues_of(*function).map(move |queue| {
            let (consumer, deliveries) = (consumer.clone(), Arc::clone(deliveries));
            let counted = Counted { consumer, queue: queue.clone(), deliveries };
            (queue, Arc::new(counted) as Arc<dyn Target>)
        })
    };
    ConsumerFunction::ALL.iter().flat_map(of_function).collect()
}

async fn publish(table: &SharedTable) {
    let (product, document) = demo::PRODUCTS[1];
    let read = publishing::read(document.as_bytes(), None).unwrap();
    let compiled = publishing::compile(read, &mut |_| true).unwrap();
    let new = NewVersion {
        product,
        document: document.as_bytes(),
        artefact: &compiled.artefact,
        variant_ids: &compiled.variant_ids(),
        expected: None,
        at: Time(0),
    };
    domain_catalog::publish(&CatalogRepository::new(table), &new).await.unwrap();
    let first = Activation { number: 1, version: 1, active_from: Time(0) };
    ProgramRepository::new(table).activate(&first, Some(demo::PROGRAM)).await.unwrap();
}

fn keys() -> KeyRing {
    KeyRing::parse(demo::KEYS).unwrap()
}

fn shop_config() -> ShopConfig {
    ShopConfig {
        domain: demo::SHOP.to_owned(),
        currency: demo::CURRENCY.to_owned(),
        shopify_secrets: ShopifySecrets::parse(demo::SHOPIFY_SECRET).unwrap(),
        keys: keys(),
        origin: None,
        client_id: None,
        local_shopify: None,
    }
}

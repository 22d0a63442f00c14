//! Imports of staff, and what Shopify answers meanwhile.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use domain_core::event::{Event, Events};
use domain_core::port::PortError;
use domain_staff::{DeadLetters, DeadQueue};
use edge_wire::function::ConsumerFunction;
use edge_wire::keys::KeyRing;
use origin_functions::consumers::{Batch, Consumer as _};
use origin_functions::runtime::composition::Composition;
use origin_functions::runtime::ports::{SharedDeadLetters, SharedEdgeCache, SharedEvents};
use origin_functions::runtime::shop::Shop;
use origin_functions::runtime::shopify::Shopify;
use origin_shopify::Secret;
use origin_shopify::admin_api::{AdminAnswer, Transport, TransportError};
use serde_json::{Value, json};

use crate::installation::{Issuer, NoEdge, call, install};
use crate::world::{KEYS, World};

const IMPORTS: &str = "/v1/admin/imports";
const RECONCILIATION: &str = "/v1/admin/reconciliation";
/// How often a request lets the others run before it is answered.
const YIELDS: usize = 100;

/// Shopify's Admin API: customer `n` has the address `n@example.com`, and the shop one order.
#[derive(Clone, Default)]
struct Store {
    status: Arc<Mutex<Option<u16>>>,
    in_flight: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    calls: Arc<AtomicUsize>,
}

impl Transport for Store {
    async fn post(&self, _: &Secret, body: Bytes, _: u64) -> Result<AdminAnswer, TransportError> {
        let now = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        self.calls.fetch_add(1, Ordering::SeqCst);
        for _ in 0..YIELDS {
            tokio::task::yield_now().await;
        }
        self.in_flight.fetch_sub(1, Ordering::SeqCst);
        let status = self.status.lock().unwrap().unwrap_or(200);
        let body: Value = serde_json::from_slice(&body).unwrap();
        let document = body["query"].as_str().unwrap();
        let data = if document.contains("customerByIdentifier") {
            let email = body["variables"]["email"].as_str().unwrap();
            let id = email.split_once('@').unwrap().0;
            json!({"customerByIdentifier": {"id": format!("gid://shopify/Customer/{id}")}})
        } else if document.contains("ianaTimezone") {
            json!({"shop": {"ianaTimezone": "Europe/Berlin"}})
        } else {
            json!({"orders": {"nodes": [order()],
                "pageInfo": {"hasNextPage": false, "endCursor": null}}})
        };
        let body = json!({ "data": data }).to_string().into();
        Ok(AdminAnswer { status, body, ..AdminAnswer::default() })
    }
}

fn order() -> Value {
    let bag = |amount: &str| json!({"shopMoney": {"amount": amount, "currencyCode": "EUR"}});
    let nothing = json!({"hasNextPage": false, "endCursor": null});
    json!({"id": "gid://shopify/Order/7", "updatedAt": "2026-07-01T00:00:00Z",
        "createdAt": "2026-07-01T00:00:00Z", "processedAt": "2026-07-01T00:00:00Z",
        "cancelledAt": null, "test": false, "sourceName": "web", "currencyCode": "EUR",
        "taxesIncluded": true, "discountCodes": [], "displayFinancialStatus": "PAID",
        "totalOutstandingSet": bag("0.0"), "totalTipReceivedSet": bag("0.0"),
        "totalPriceSet": bag("5.5"), "customer": {"id": "gid://shopify/Customer/5", "tags": []},
        "refunds": [], "lineItems": {"pageInfo": nothing, "nodes": [{
            "id": "gid://shopify/LineItem/8", "quantity": 1, "isGiftCard": false, "sku": null,
            "vendor": null, "product": null, "variant": null,
            "originalUnitPriceSet": bag("5.5"), "discountAllocations": [], "taxLines": []}]}})
}

/// An instance with the app installed.
async fn installed(world: &World, store: &Store) -> Arc<Shop> {
    let shop = Shop::clone(&world.shop());
    let app = Shopify::new(shop.stored_tokens.clone(), Issuer, store.clone(), &shop.clock);
    let shop = shop.with_shopify(Some(app)).with_dead_letters(SharedDeadLetters::new(Stuck));
    let shop = Arc::new(shop);
    assert_eq!(install(&shop, "good").await.0, 200);
    shop
}

/// A bus that takes nothing once it is cut off, which it is from the beginning.
struct CutOff;

impl Events for CutOff {
    async fn publish(&self, events: &[Event]) -> Result<(), PortError> {
        // Installing announces that reward codes are missing.
        let is_import = events.iter().any(|event| event.detail.contains("X-Shopify-Topic"));
        if is_import { Err(PortError::Unavailable("cut off".to_owned())) } else { Ok(()) }
    }
}

/// Dead letters that can be seen and not be delivered again.
struct Stuck;

impl DeadLetters for Stuck {
    async fn queues(&self) -> Result<Vec<DeadQueue>, PortError> {
        Ok(vec![DeadQueue { queue: "loyalty".to_owned(), count: 3, oldest: Vec::new() }])
    }

    async fn redrive(&self, _: &str) -> Result<Option<u64>, PortError> {
        Err(PortError::Unavailable("stuck".to_owned()))
    }
}

#[tokio::test]
async fn a_request_of_addresses_looks_up_ten_at_a_time() {
    let world = World::open().await;
    let store = Store::default();
    let shop = installed(&world, &store).await;
    let rows: String = (1..=100).map(|id| format!("{id}@example.com,5\n")).collect();
    let csv = format!("customer,points\n{rows}");
    let body = json!({"kind": "balances", "name": "old", "csv": csv, "dry_run": true});
    let (status, answer) = call(&shop, "POST", IMPORTS, &body).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["customers"].as_array().unwrap().len(), 100);
    assert_eq!(answer["customers"][0]["customer_id"], "1");
    assert_eq!(store.calls.load(Ordering::SeqCst), 100);
    assert_eq!(store.most.load(Ordering::SeqCst), 10);
}

#[tokio::test]
async fn a_shop_that_shopify_does_not_serve_is_a_problem_of_the_shop() {
    let world = World::open().await;
    let store = Store::default();
    let shop = installed(&world, &store).await;
    let find = json!({"email": "1001@example.com"});
    let (status, answer) = call(&shop, "POST", "/v1/admin/customers/find", &find).await;
    assert_eq!((status, answer), (200, json!({"customer_id": "1001"})));
    for (code, words) in
        [(402, "frozen"), (403, "locked"), (404, "closed"), (423, "frozen, locked or closed")]
    {
        *store.status.lock().unwrap() = Some(code);
        let since = shop.clock.now().to_rfc3339();
        let reconcile = json!({"since": since, "dry_run": true});
        let csv = "customer,points\n1001@example.com,5\n";
        let import = json!({"kind": "balances", "name": "a", "csv": csv, "dry_run": true});
        for (path, body) in
            [("/v1/admin/customers/find", &find), (RECONCILIATION, &reconcile), (IMPORTS, &import)]
        {
            let (status, problem) = call(&shop, "POST", path, body).await;
            let expected = (422, &json!("shopify-access-denied"));
            assert_eq!((status, &problem["code"]), expected, "{code} {path}: {problem}");
            assert!(problem["detail"].as_str().unwrap().contains(words), "{code}: {problem}");
        }
    }
}

#[tokio::test]
async fn the_night_of_a_shop_that_shopify_does_not_serve_is_no_dead_letter() {
    let world = World::open().await;
    let store = Store::default();
    let shop = installed(&world, &store).await;
    let consumers = Composition { shopify: shop.shopify.clone(), ..world.consumers() };
    let night = async || {
        let body = json!({"id": "e1", "time": "2026-12-01T02:30:00Z",
            "detail-type": "reconciliation.due", "detail": {}});
        let records = json!({"Records": [{"messageId": "m1", "body": body.to_string()}]});
        let batch: Batch = serde_json::from_value(records).unwrap();
        let (keys, edge) = (KeyRing::parse(KEYS).unwrap(), SharedEdgeCache::new(NoEdge));
        let consumer = consumers.consumer(ConsumerFunction::Reconciliation, &keys, &edge);
        serde_json::to_value(consumer.consume(batch).await).unwrap()
    };
    let complete = async || {
        let (_, state) = call(&shop, "GET", RECONCILIATION, &Value::Null).await;
        state["complete_until"].clone()
    };
    *store.status.lock().unwrap() = Some(402);
    assert_eq!(night().await, json!({"batchItemFailures": []}));
    assert_eq!(complete().await, Value::Null);
    *store.status.lock().unwrap() = None;
    assert_eq!(night().await, json!({"batchItemFailures": []}));
    assert!(complete().await.is_string(), "it is caught up with");
}

#[tokio::test]
async fn an_act_that_may_be_half_done_is_in_the_audit_log_before_it() {
    let mut world = World::open().await;
    world.ports.events = SharedEvents::new(CutOff);
    let store = Store::default();
    let shop = installed(&world, &store).await;
    let csv = "order,customer,placed_at,amount\n77,1001,2026-11-01T08:00:00+01:00,12.50\n";
    let import = json!({"kind": "orders", "name": "old", "csv": csv, "dry_run": false});
    let since = shop.clock.now().to_rfc3339();
    let reconcile = json!({"since": since, "dry_run": false});
    let redrive = json!({"queue": "loyalty"});
    for (path, body) in [
        (IMPORTS, &import),
        (RECONCILIATION, &reconcile),
        ("/v1/admin/dead-letters/redrive", &redrive),
    ] {
        let (status, problem) = call(&shop, "POST", path, body).await;
        assert_eq!(status, 503, "{path}: {problem}");
    }
    let other = json!({"queue": "other"});
    assert_eq!(call(&shop, "POST", "/v1/admin/dead-letters/redrive", &other).await.0, 400);
    let (_, log) = call(&shop, "GET", "/v1/admin/audit", &Value::Null).await;
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
    let entries = log["entries"].as_array().unwrap().iter();
    let mut lines: Vec<String> = entries
        .map(|entry| format!("{}: {}", text(entry, "subject"), text(entry, "detail")))
        .filter(|line| !line.starts_with("staff/") && !line.starts_with("installation"))
        .collect();
    // Two acts may be of one millisecond.
    lines.sort_unstable();
    let expected =
        ["dead-letters/loyalty: 3", "imports/old: 1 orders", "reconciliation: 1 facts of 1 orders"];
    assert_eq!(lines, expected);
}

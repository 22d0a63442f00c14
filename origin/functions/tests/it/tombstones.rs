//! After an erasure, older messages are dropped, and the log names the reason.

use std::io::Write;
use std::sync::{Arc, Mutex};

use domain_cart::{Action, CartCommand, CartEvent, Offer};
use domain_core::id::CommandId;
use domain_core::money::Money;
use domain_core::port::Consistency;
use domain_core::resource::Source as _;
use domain_core::time::Time;
use domain_privacy::{Privacy as _, ShopTombstone, Tombstones as _, erase_cart};
use edge_wire::keys::KeyRing;
use origin_adapters::{CartRepository, PrivacyRepository};
use origin_functions::consumers::{Batch, Consumer};
use serde_json::{Value, json};
use tracing::instrument::WithSubscriber as _;

use crate::world::{KEYS, SHOP, World};

const ERASED_AT: &str = "2026-11-20T12:00:00Z";

/// Captures the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// What an operator searches for: the reason, and the message's id or the number of messages.
    fn reasons(&self) -> Vec<(String, Value)> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let reasons = lines.filter_map(|mut line| {
            let fields = line["fields"].take();
            let message = fields.get("count").unwrap_or(&fields["message_id"]).clone();
            Some((fields["reason"].as_str()?.to_owned(), message))
        });
        reasons.collect()
    }
}

/// Consumes a batch of events and returns the failures and the logged reasons.
async fn consumed(consumer: &impl Consumer, events: &[Value]) -> (Value, Vec<(String, Value)>) {
    let record = |(n, event): (usize, &Value)| {
        json!({"messageId": n.to_string(),
        "body": event.to_string()})
    };
    let records: Vec<_> = events.iter().enumerate().map(record).collect();
    let batch: Batch = serde_json::from_value(json!({ "Records": records })).unwrap();
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
    let unfinished = consumer.consume(batch).with_subscriber(subscriber).await;
    let failures = serde_json::to_value(unfinished).unwrap()["batchItemFailures"].take();
    (failures, log.reasons())
}

fn carts(world: &World) -> impl Consumer + use<> {
    world.consumers().cart(KeyRing::parse(KEYS).unwrap())
}

fn at(text: &str) -> Time {
    Time::from_rfc3339(text).unwrap()
}

/// A command with this time, published again long after.
fn added(cart: &str, time: &str) -> Value {
    let offer = Offer {
        product: "mug".to_owned(),
        variant_id: None,
        sku: None,
        title: "Mug".to_owned(),
        price: Money(1_200),
        selection: None,
        properties: Default::default(),
    };
    let id = CommandId::of_key(&format!("cart/{cart}"), time);
    let command = CartCommand { time: at(time), id, action: Action::add(offer, 1) };
    let detail = serde_json::to_value(CartEvent { cart: cart.to_owned(), command }).unwrap();
    json!({"detail-type": "cart.commanded", "time": "2026-11-22T00:00:00Z", "detail": detail})
}

fn demanded(topic: &str, payload: &Value) -> Value {
    json!({"id": "e1", "time": ERASED_AT, "detail-type": "shopifyWebhook",
        "detail": {"payload": payload,
            "metadata": {"x-shopify-topic": topic, "x-shopify-shop-domain": SHOP}}})
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_older_than_the_shops_erasure_are_dropped_with_that_reason_and_counted() {
    let world = World::open().await;
    let (privacy, cart) =
        (PrivacyRepository::new(&world.ports.table), CartRepository::new(&world.ports.table));
    let tombstone = ShopTombstone { at: at(ERASED_AT), is_done: false };
    privacy.put_shop_tombstone(&tombstone, None).await.unwrap();
    // Its payload was stored separately, and erased.
    let reference = json!({"hash": "00", "bytes": 7, "chunk_bytes": 7});
    let order = json!({"detail-type": "shopifyWebhook", "time": "2026-11-20T11:00:00Z",
        "replay-name": "again", "detail": {"payload_kept": reference, "metadata": {}}});
    let events = [
        added("old", "2026-11-20T11:59:59Z"),
        order,
        added("same", ERASED_AT),
        added("new", "2026-11-20T12:00:01Z"),
    ];
    let (failures, logged) = consumed(&carts(&world), &events).await;
    assert_eq!(failures, json!([]), "a dropped message is done: no dead letter holds erased data");
    let messages = [json!("0"), json!("1"), json!("2"), json!(3)];
    assert_eq!(logged, messages.map(|message| ("shop-erased".to_owned(), message)));
    for (name, is_there) in [("old", false), ("same", false), ("new", true)] {
        let item = cart.item(name, Consistency::Strong).await.unwrap();
        assert_eq!(item.is_some(), is_there, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_older_than_its_customers_erasure_is_dropped_with_that_reason() {
    let world = World::open().await;
    let cart = CartRepository::new(&world.ports.table);
    assert!(!erase_cart(&cart, "customer-1001", at(ERASED_AT)).await.unwrap());
    let late = added("customer-1001", "2026-11-20T11:59:59Z");
    let (failures, logged) = consumed(&carts(&world), &[late]).await;
    assert_eq!(failures, json!([]));
    assert_eq!(logged, [("customer-erased".to_owned(), json!("0"))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_demand_erases_nothing_of_a_shop_that_returned() {
    let world = World::open().await;
    let (consumer, cart) = (world.consumers().privacy(), CartRepository::new(&world.ports.table));
    let demand = demanded("shop/redact", &json!({"shop_domain": SHOP}));
    let before = added("before", "2026-11-20T11:00:00Z");
    assert_eq!(consumed(&carts(&world), &[before]).await.0, json!([]));
    assert_eq!(consumed(&consumer, std::slice::from_ref(&demand)).await.0, json!([]));
    assert_eq!(cart.item("before", Consistency::Strong).await.unwrap(), None);
    let after = added("after", "2026-11-21T11:00:00Z");
    assert_eq!(consumed(&carts(&world), &[after]).await.0, json!([]));
    assert_eq!(consumed(&consumer, &[demand]).await.0, json!([]));
    assert!(cart.item("after", Consistency::Strong).await.unwrap().is_some());
    let tombstone = PrivacyRepository::new(&world.ports.table).shop_tombstone().await.unwrap();
    assert_eq!(tombstone, Some(ShopTombstone { at: at(ERASED_AT).plus_ms(999), is_done: true }));
}

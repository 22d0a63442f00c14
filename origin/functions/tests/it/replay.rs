//! I4: a history of carts with their orders, replayed from the bus's archive into an empty table,
//! produces the same bytes: in order, and in any order in which no event follows one that is more
//! than 48 hours younger.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain_cart::{Action, CartCommand, CartEvent, FOLD_WINDOW_MS, LineId, Offer};
use domain_core::event::{Event, Kind};
use domain_core::id::CommandId;
use domain_core::money::Money;
use domain_core::port::Consistency;
use domain_core::resource::{CommandEvent as _, Source as _};
use domain_core::time::{DAY_MS, HOUR_MS, Time};
use edge_wire::keys::KeyRing;
use edge_wire::link::mint_link;
use fastrand::Rng;
use infra_bus::{BoxFuture, Bus, Clock, Config, Entry, Queue, Replay, Rule, Target, TargetError};
use infra_dynamo::Embedded;
use origin_adapters::schema::create_tables;
use origin_adapters::{Aws, CartRepository, DynamoTable, lambda_http_client};
use origin_functions::consumers::{CartConsumer, Consumer as _, Orders};
use serde_json::json;

use crate::world::{KEYS, SHOP, aws_config};

const QUEUE: &str = "cart";
const CARTS: [&str; 3] = ["one", "two", "three"];
/// Steps of the history: some weeks, with a pause in which carts expire.
const STEPS: u64 = 150;

/// An event with the times at which it happened and is delivered.
struct TimedEvent {
    at: Time,
    delivered: Time,
    event: Event,
}

fn offer(number: u64) -> Offer {
    let engraving = [("Engraving".to_owned(), "Ada".to_owned())];
    Offer {
        product: "tee".to_owned(),
        variant_id: Some((u64::MAX - number / 2).to_string()),
        sku: None,
        title: "Tee".to_owned(),
        price: Money(1_990),
        selection: None,
        properties: engraving.into_iter().take((number % 2) as usize).collect(),
    }
}

fn action(rng: &mut Rng) -> Action {
    let offer = offer(rng.u64(..6));
    let line: LineId = offer.line_id();
    match rng.u64(..10) {
        0..=5 => Action::add(offer, 1 + rng.u32(..4)),
        6 => Action::Set { line, quantity: rng.u32(..5) },
        7 => Action::Remove { line },
        8 => Action::Attributes { changes: [("gift".to_owned(), Some("yes".to_owned()))].into() },
        _ => Action::Clear,
    }
}

/// The two webhooks of an order.
fn order(id: u64, cart: &str, at: Time, rng: &mut Rng) -> [Event; 2] {
    let bought = |offer: Offer, quantity: u64| {
        let properties = offer.properties.iter();
        let properties = properties.map(|(name, value)| json!({"name": name, "value": value}));
        json!({"variant_id": offer.variant_id, "quantity": quantity,
            "properties": properties.collect::<Vec<_>>()})
    };
    let items = [0, 1].map(|_| bought(offer(rng.u64(..6)), 1 + rng.u64(..3)));
    ["orders/create", "orders/paid"].map(|topic| {
        let link = mint_link(&KeyRing::parse(KEYS).unwrap(), cart);
        let detail = json!({
            "payload": {"id": u64::MAX - id, "created_at": at.to_rfc3339(), "line_items": items,
                "note_attributes": [{"name": "forecourt_cart", "value": link}],
                "financial_status": topic},
            "metadata": {"x-shopify-topic": topic, "x-shopify-shop-domain": SHOP},
        });
        Event { kind: Kind::ShopifyWebhook, detail: detail.to_string() }
    })
}

/// The events of three carts in the order of delivery: webhooks are up to 40 hours late.
fn history() -> Vec<TimedEvent> {
    let mut rng = Rng::with_seed(20);
    let mut at = Time(1_795_262_400_000);
    let mut events = Vec::new();
    for step in 0..STEPS {
        let pause = if step == STEPS / 2 { 33 * DAY_MS } else { 0 };
        at = at.plus_ms(1 + rng.u64(..9 * HOUR_MS) + pause);
        let cart = CARTS[rng.usize(..3)];
        if rng.u64(..4) == 0 {
            for event in order(step, cart, at, &mut rng) {
                let delivered = at.plus_ms(rng.u64(..40 * HOUR_MS));
                events.push(TimedEvent { at, delivered, event });
            }
        } else {
            let id = CommandId::of_key(&format!("cart/{cart}"), &format!("key-{step}"));
            let command = CartCommand { time: at, id, action: action(&mut rng) };
            let event = CartEvent { cart: cart.to_owned(), command }.to_event();
            events.push(TimedEvent { at, delivered: at, event });
        }
    }
    events.sort_by_key(|one| one.delivered);
    events
}

/// A table and the consumer that writes its carts.
struct Table {
    carts: CartRepository,
    consumer: Arc<CartConsumer<CartRepository>>,
}

impl Table {
    async fn empty() -> Self {
        let config = aws_config("http://table.invalid", "http://bus.invalid");
        let embedded = Embedded::memory().unwrap();
        let aws = Aws::new(config, embedded.http_client(), lambda_http_client());
        create_tables(&aws).await.unwrap();
        let carts = CartRepository::new(&DynamoTable::shared(&aws));
        let orders = Orders { keys: KeyRing::parse(KEYS).unwrap(), shop: SHOP.to_owned() };
        let consumer = Arc::new(CartConsumer { carts: carts.clone(), orders });
        Self { carts, consumer }
    }

    /// Every cart's bytes.
    async fn stored(&self) -> BTreeMap<&'static str, Vec<u8>> {
        let mut stored = BTreeMap::new();
        for cart in CARTS {
            let item = self.carts.item(cart, Consistency::Strong).await.unwrap();
            stored.insert(cart, serde_json::to_vec(&item.unwrap()).unwrap());
        }
        stored
    }

    /// Consumes the bus's events one by one.
    async fn consume<'a>(&self, bodies: impl Iterator<Item = &'a String>) {
        for body in bodies {
            let batch = json!({"Records": [{"messageId": "m", "body": body}]});
            let unfinished = self.consumer.consume(serde_json::from_value(batch).unwrap()).await;
            assert_eq!(unfinished, Default::default(), "{body}");
        }
    }

    /// A bus on this file that delivers to this table.
    fn bus(&self, file: &Path) -> Bus {
        let rule = |name: &str, kind: Kind| Rule {
            name: name.to_owned(),
            event_pattern: json!({"source": [kind.source()], "detail-type": [kind.detail_type()]}),
            queue: QUEUE.to_owned(),
        };
        let mut config = Config::new(Clock::system());
        // Weeks pass in a second here: two batches at once could be 48 hours apart.
        config.queues = vec![Queue { concurrency_max: 1, ..Queue::new(QUEUE) }];
        config.rules =
            vec![rule("carts", Kind::CartCommanded), rule("orders", Kind::ShopifyWebhook)];
        let target: Arc<dyn Target> = Arc::new(Lambda(Arc::clone(&self.consumer)));
        Bus::open(file, config, HashMap::from([(QUEUE.to_owned(), target)])).unwrap()
    }
}

/// The consumer as the bus invokes it.
struct Lambda(Arc<CartConsumer<CartRepository>>);

impl Target for Lambda {
    fn invoke(&self, event: Bytes) -> BoxFuture<Result<Bytes, TargetError>> {
        let consumer = Arc::clone(&self.0);
        Box::pin(async move {
            let unfinished = consumer.consume(serde_json::from_slice(&event).unwrap()).await;
            Ok(serde_json::to_vec(&unfinished).unwrap().into())
        })
    }
}

async fn archived(bus: &Bus) -> Vec<String> {
    let (mut bodies, mut after) = (Vec::new(), 0);
    loop {
        let page = bus.archive(after).await.unwrap();
        let Some(last) = page.last() else { return bodies };
        after = last.seq;
        bodies.extend(page.into_iter().map(|event| event.body));
    }
}

async fn closed(bus: Bus) {
    bus.idle().await;
    assert_eq!(bus.dead_letters(QUEUE, 0).await.unwrap(), []);
    bus.shutdown(Duration::from_secs(5)).await.unwrap();
}

#[tokio::test]
async fn an_archive_replayed_into_an_empty_table_produces_the_same_carts_in_any_fair_order() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bus");
    let events = history();
    let original = Table::empty().await;
    let bus = original.bus(&file);
    for one in &events {
        let Event { kind, detail } = &one.event;
        let entry = Entry::new(kind.source(), kind.detail_type(), detail);
        bus.put(&[entry]).await.unwrap()[0].as_ref().unwrap();
    }
    bus.idle().await;
    let bodies = archived(&bus).await;
    assert_eq!(bodies.len(), events.len());
    closed(bus).await;
    let expected = original.stored().await;
    assert!(expected.values().any(|cart| String::from_utf8_lossy(cart).contains("take")));

    let restored = Table::empty().await;
    let bus = restored.bus(&file);
    let count = bus.replay(&Replay::named("restore")).await.unwrap();
    assert_eq!(count as usize, events.len());
    closed(bus).await;
    assert_eq!(restored.stored().await, expected);

    for seed in 1..=4 {
        let shuffled = Table::empty().await;
        shuffled.consume(fairly_shuffled(&events, &bodies, seed).into_iter()).await;
        assert_eq!(shuffled.stored().await, expected, "seed {seed}");
    }
}

/// Every event at a random time within 48 hours after it happened, a third of them twice.
fn fairly_shuffled<'a>(events: &[TimedEvent], bodies: &'a [String], seed: u64) -> Vec<&'a String> {
    let mut rng = Rng::with_seed(seed);
    let mut deliveries: Vec<(Time, &String)> = Vec::new();
    for (one, body) in events.iter().zip(bodies) {
        for _ in 0..if rng.u64(..3) == 0 { 2 } else { 1 } {
            deliveries.push((one.at.plus_ms(rng.u64(..FOLD_WINDOW_MS)), body));
        }
    }
    deliveries.sort_by_key(|(delivered, _)| *delivered);
    deliveries.into_iter().map(|(_, body)| body).collect()
}

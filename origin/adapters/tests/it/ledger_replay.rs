//! One history on DynamoDB, replayed from the archive: into a second table in order, and into
//! memory backwards. All three contain the same bytes.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use domain_core::bookmark::Bookmark;
use domain_core::event::{Event, Kind};
use domain_core::id::CommandId;
use domain_core::idempotency::Fingerprint;
use domain_core::port::{Consistency, PortError};
use domain_core::resource::{CommandRequest, Commands, Read, Reader};
use domain_core::time::{DAY_MS, Time};
use domain_loyalty::{
    Absorber, Account, Decider, Delivery, LedgerReader, LedgerStore, Points, ProgramVersion,
    Programs, RewardRequest, adjust, redeem,
};
use origin_adapters::memory::{MemoryBus, MemoryTable};
use origin_adapters::table::{Item, Key, TableName};
use origin_adapters::{CommandLogRepository, LedgerRepository, PoolRepository};
use serde_json::json;

use crate::contract::sample::{MORNING, program};
use crate::world::{HOT, World};

const SHOP: &str = "demo.myshopify.com";

/// Items by their keys: version and document.
type Stored = BTreeMap<(String, String), (u64, Vec<u8>)>;

/// The program, always the same.
struct Always(ProgramVersion);

impl Programs for Always {
    async fn in_effect(
        &self,
        _: Time,
        _: Consistency,
    ) -> Result<Option<ProgramVersion>, PortError> {
        Ok(Some(self.0.clone()))
    }
}

/// Accounts straight from the table.
struct Straight<'a, L>(&'a L);

impl<L: LedgerReader> Reader<Account> for Straight<'_, L> {
    async fn read(&self, customer: &str, bookmark: &Bookmark) -> Result<Read<Account>, PortError> {
        let ids: Vec<CommandId> = bookmark.pending.iter().map(|one| one.id).collect();
        self.0.batch(customer, &ids).await
    }
}

fn webhook(topic: &str, payload: serde_json::Value) -> Event {
    let metadata = json!({"X-Shopify-Topic": topic, "X-Shopify-Shop-Domain": SHOP});
    let detail = json!({"payload": payload, "metadata": metadata}).to_string();
    Event { kind: Kind::ShopifyWebhook, detail }
}

/// Shopify's webhooks in the order of arrival: the refund of an order comes before it.
fn webhooks() -> Vec<Event> {
    let at = |days: u64| MORNING.minus_ms(days * DAY_MS).to_rfc3339();
    let order = |id: u64, days: u64| {
        json!({"id": id, "currency": "EUR", "processed_at": at(days), "customer": {"id": 1001},
            "line_items": [{"id": 7, "quantity": 2, "price": "300.00"}]})
    };
    let refund = json!({"id": 9, "order_id": 82, "processed_at": at(29),
        "refund_line_items": [{"line_item_id": 7, "quantity": 1}]});
    vec![
        webhook("refunds/create", refund),
        webhook("orders/paid", order(82, 30)),
        webhook("orders/paid", order(83, 20)),
        webhook("orders/cancelled", json!({"id": 83, "cancelled_at": at(19)})),
    ]
}

async fn deliver<L: LedgerStore>(ledger: &L, bus: &MemoryBus, event: &Event, how: Delivery) {
    let programs = Always(program(1, Time(0)));
    let pools = PoolRepository::new(&MemoryTable::new().shared(), SHOP);
    let decider = Decider { ledger, programs: &programs, events: bus, pools: &pools, now: MORNING };
    match event.kind {
        Kind::ShopifyWebhook => {
            let absorber = Absorber { ledger, programs: &programs, shop: SHOP, sent_at: MORNING };
            absorber.absorb(&event.detail).await.unwrap();
        }
        Kind::LoyaltyCommanded => {
            decider.command(&serde_json::from_str(&event.detail).unwrap(), how).await.unwrap();
        }
        _ => {
            decider.decided(&serde_json::from_str(&event.detail).unwrap(), how).await.unwrap();
        }
    }
}

/// Sends a gift, and two redemptions of which 300 points and the gift cover one.
async fn send_commands(ledger: &impl LedgerReader, log: CommandLogRepository, bus: &MemoryBus) {
    let version = program(1, Time(0));
    let commands = Commands { reader: Straight(ledger), log, events: bus.clone() };
    let request = |key: &str| CommandRequest {
        resource: "1001".to_owned(),
        key: key.to_owned(),
        fingerprint: Fingerprint::of("POST", "/", key.as_bytes()),
        bookmark: Bookmark::default(),
        now: MORNING,
    };
    let bell = RewardRequest { reward: "bell".to_owned(), points: Points(250) };
    let gift = request("gift");
    adjust(&commands, &gift, (Points(100), "a test"), Some(&version)).await.unwrap();
    for key in ["phone", "laptop"] {
        redeem(&commands, &request(key), &bell, &version).await.unwrap();
    }
}

/// Every item of these partitions.
async fn everything(world: &World, partitions: &BTreeSet<String>) -> Stored {
    let mut stored = Stored::new();
    for pk in partitions {
        let query = world.raw().query().table_name(HOT).key_condition_expression("pk = :pk");
        let query = query.expression_attribute_values(":pk", AttributeValue::S(pk.clone()));
        for item in query.send().await.unwrap().items.unwrap() {
            let sk = item["sk"].as_s().unwrap().clone();
            let version = item["v"].as_n().unwrap().parse().unwrap();
            let document = item["d"].as_b().unwrap().as_ref().to_vec();
            stored.insert((pk.clone(), sk), (version, document));
        }
    }
    stored
}

#[tokio::test]
async fn the_archive_gives_the_same_bytes_in_a_second_table_and_in_memory() {
    let world = World::new().await;
    let (ledger, bus) = (LedgerRepository::new(&world.table), MemoryBus::new());
    let mut archive = webhooks();
    for event in &archive {
        deliver(&ledger, &bus, event, Delivery::Live).await;
    }
    send_commands(&ledger, CommandLogRepository::new(&world.table), &bus).await;
    loop {
        let events = bus.fetch();
        if events.is_empty() {
            break;
        }
        for event in events {
            deliver(&ledger, &bus, &event, Delivery::Live).await;
            archive.push(event);
        }
    }
    let count = |kind| archive.iter().filter(|event| event.kind == kind).count();
    let kinds = [Kind::RedemptionHeld, Kind::RedemptionSettled, Kind::RedemptionRejected];
    assert_eq!(kinds.map(count), [1, 1, 1]);

    let table = MemoryTable::new();
    let memory = LedgerRepository::new(&table.shared());
    for event in archive.iter().rev() {
        deliver(&memory, &bus, event, Delivery::Replayed).await;
    }
    let items = table.items_of(TableName::Hot).into_iter();
    let item =
        |(key, item): (Key, Item)| ((key.pk, key.sk.unwrap()), (item.version, item.document));
    let backwards: Stored = items.map(item).collect();
    assert_eq!(backwards.len(), 18, "{:?}", backwards.keys());
    let partitions = backwards.keys().map(|(pk, _)| pk.clone()).collect();
    assert_eq!(everything(&world, &partitions).await, backwards);

    let again = World::new().await;
    let second = LedgerRepository::new(&again.table);
    for event in &archive {
        deliver(&second, &bus, event, Delivery::Replayed).await;
    }
    assert_eq!(everything(&again, &partitions).await, backwards);
    assert_eq!(bus.fetch(), [], "a replay decides and publishes nothing");
}

//! Every stored document of an earlier release is read through the adapters; written to an empty
//! table and read again, it is the same value.

use std::fmt::Debug;
use std::future::Future;

use domain_cart::{CartEvent, CartWriter as _};
use domain_catalog::NewVersion;
use domain_catalog::SavedSelections as _;
use domain_configurator::Configurator;
use domain_core::blob::BlobRef;
use domain_core::event::Kind;
use domain_core::port::{Consistency, Written};
use domain_core::resource::{CommandEvent, CommandLog as _, CommandRecord, Source as _};
use domain_core::time::{DAY_MS, Time};
use domain_loyalty::{
    Guarded, HISTORY_MAX, LedgerChange, LedgerReader as _, LedgerStore as _, LoadRequest,
    LoyaltyEvent, OrderFact, OrderHistory as _, PAGE_ENTRIES_MAX, PastOrder, Program,
    ProgramStore as _, RedemptionItem,
};
use domain_privacy::Privacy as _;
use domain_shopify::Webhook;
use infra_dynamo::Embedded;
use infra_local::bus_client::bus_http_client;
use infra_local::local::aws_config;
use origin_adapters::schema::create_tables;
use origin_adapters::table::SharedTable;
use origin_adapters::{
    Aws, CartRepository, CatalogRepository, CommandLogRepository, DynamoTable, LedgerRepository,
    OrderHistoryRepository, PayloadRepository, PrivacyRepository, ProgramRepository,
    SelectionRepository,
};
use origin_functions::caches::packed::unpack;
use origin_functions::consumers::claim_check::PAYLOAD_REFERENCE;
use serde_json::Value;
use tempfile::TempDir;

use super::events::Recorded;
use super::golden::{data, moment, read_json, text};
use crate::shop::data_in;

/// An earlier release's tables, new empty tables, and the tokens of that release.
struct Tables {
    old: SharedTable,
    new: SharedTable,
    tokens: Value,
    now: Time,
    _folder: TempDir,
}

impl Tables {
    async fn open() -> Self {
        let folder = data();
        let aws = |table: &Embedded| {
            Aws::new(aws_config("bus.invalid"), table.http_client(), bus_http_client())
        };
        let old = aws(&Embedded::open(data_in(&folder).join("table.sqlite")).unwrap());
        let new = aws(&Embedded::memory().unwrap());
        create_tables(&new).await.unwrap();
        let [old, new] = [&old, &new].map(DynamoTable::shared);
        let tokens: Value = read_json("tokens.json");
        let now = moment(&tokens["recorded_at"]);
        Self { old, new, tokens, now, _folder: folder }
    }

    fn customers(&self) -> impl Iterator<Item = &String> {
        self.tokens["customers"].as_object().unwrap().keys()
    }

    /// Reads an existing value from both tables and asserts equality.
    async fn agree<'a, T, F>(&'a self, read: impl Fn(&'a SharedTable) -> F)
    where
        T: PartialEq + Debug,
        F: Future<Output = Option<T>>,
    {
        let (old, new) = (read(&self.old).await, read(&self.new).await);
        assert!(old.is_some());
        assert_eq!(new, old);
    }
}

fn of_kind<T: for<'de> serde::Deserialize<'de>>(kind: Kind) -> Vec<T> {
    let events = Recorded::all().into_iter().filter(|event| event.kind() == kind);
    let decoded: Vec<T> = events.map(|event| event.decode()).collect();
    assert!(!decoded.is_empty(), "{kind:?}");
    decoded
}

/// Reads the record of an event and writes it to the new table.
async fn copy_record<E: CommandEvent>(
    old: &CommandLogRepository,
    new: &CommandLogRepository,
    event: &E,
) {
    let id = event.place().id;
    let record: CommandRecord<E> = old.find(id).await.unwrap().unwrap();
    assert_eq!(record.event, *event);
    new.record(&record).await.unwrap();
    assert_eq!(new.find(id).await, Ok(Some(record)));
}

#[tokio::test]
async fn carts_and_the_records_of_their_commands_are_read() {
    let tables = Tables::open().await;
    let (old, new) = (CartRepository::new(&tables.old), CartRepository::new(&tables.new));
    for cart in tables.tokens["carts"].as_object().unwrap().values() {
        let id = text(&cart["id"]);
        let item = old.item(id, Consistency::Strong).await.unwrap().unwrap();
        assert_eq!(new.store(id, &item, None).await, Ok(Written::Done));
        assert_eq!(new.item(id, Consistency::Strong).await, Ok(Some(item)), "{id}");
    }
    let (old, new) =
        (CommandLogRepository::new(&tables.old), CommandLogRepository::new(&tables.new));
    for event in of_kind::<CartEvent>(Kind::CartCommanded) {
        copy_record(&old, &new, &event).await;
    }
}

#[tokio::test]
async fn ledgers_and_the_records_of_their_commands_are_read() {
    let tables = Tables::open().await;
    let (old, new) = (LedgerRepository::new(&tables.old), LedgerRepository::new(&tables.new));
    let log = (CommandLogRepository::new(&tables.old), CommandLogRepository::new(&tables.new));
    for event in of_kind::<LoyaltyEvent>(Kind::LoyaltyCommanded) {
        copy_record(&log.0, &log.1, &event).await;
    }
    let mut entries = 0;
    for customer in tables.customers() {
        let account = old.item(customer, Consistency::Strong).await.unwrap().unwrap();
        let page = old.entries(customer, None, PAGE_ENTRIES_MAX).await.unwrap();
        entries += page.entries.len();
        let account = Some(Guarded { seen: None, item: account });
        let put = page.entries.iter().map(|entry| entry.clone().of(customer)).collect();
        let change = LedgerChange { account, put, ..LedgerChange::default() };
        assert_eq!(new.commit(&change).await, Ok(Written::Done));
        tables
            .agree(|table| async {
                LedgerRepository::new(table).item(customer, Consistency::Strong).await.unwrap()
            })
            .await;
        assert_eq!(new.entries(customer, None, PAGE_ENTRIES_MAX).await, Ok(page), "{customer}");
    }
    assert!(entries > 20, "{entries} entries");
}

#[tokio::test]
async fn redemptions_in_every_state_are_read() {
    let tables = Tables::open().await;
    let (old, new) = (LedgerRepository::new(&tables.old), LedgerRepository::new(&tables.new));
    let mut read = 0;
    for kind in Kind::REDEMPTIONS {
        for decided in of_kind::<RedemptionItem>(kind) {
            let id = decided.redemption.id;
            let item = old.redemption(id).await.unwrap().unwrap();
            if item != decided {
                assert_eq!(kind, Kind::RedemptionHeld, "only a hold goes on: {item:?}");
                continue;
            }
            let redemptions = vec![Guarded { seen: None, item: item.clone() }];
            let change = LedgerChange { redemptions, ..LedgerChange::default() };
            assert_eq!(new.commit(&change).await, Ok(Written::Done));
            assert_eq!(new.redemption(id).await, Ok(Some(item)));
            read += 1;
        }
    }
    assert_eq!(read, 6, "held, rejected, settled, timed out, and two released");
}

#[tokio::test]
async fn orders_and_the_causes_that_counted_are_read() {
    let tables = Tables::open().await;
    let (old, new) = (LedgerRepository::new(&tables.old), LedgerRepository::new(&tables.new));
    let mut facts = 0;
    for event in Recorded::all().iter().filter(|event| event.kind() == Kind::ShopifyWebhook) {
        let detail = event.detail.to_string();
        let Ok(webhook) = Webhook::parse(&detail) else { continue };
        let Ok(Some(fact)) = OrderFact::read(&webhook.topic, webhook.payload) else { continue };
        let cause = fact.cause();
        let load_request =
            LoadRequest { cause: Some(&cause), order: Some(&fact.order), ..LoadRequest::default() };
        let loaded = old.load(load_request).await.unwrap();
        assert!(loaded.is_claimed, "{cause:?}");
        assert!(loaded.order.is_some());
        facts += 1;
    }
    assert_eq!(facts, 3, "an order, a refund of it, and a cancellation of another");
    let before = PastOrder { at: tables.now.plus_ms(DAY_MS), order: String::new() };
    let mut before = Some(before);
    let mut orders = Vec::new();
    while let Some(from) = before.filter(|from| from.at > tables.now.minus_ms(400 * DAY_MS)) {
        let past = OrderHistoryRepository::new(&tables.old).past_orders(&from).await.unwrap();
        orders.extend(past.orders.into_iter().map(|(order, _)| order));
        before = Some(past.next);
    }
    assert_eq!(orders.len(), 25, "the demo's of a year, the fixture and the large one");
    for item in orders {
        let order = item.facts.order.clone();
        let guarded = Some(Guarded { seen: None, item: item.clone() });
        let change = LedgerChange { order: guarded, ..LedgerChange::default() };
        assert_eq!(new.commit(&change).await, Ok(Written::Done));
        let load_request = LoadRequest { order: Some(&order), ..LoadRequest::default() };
        assert_eq!(new.load(load_request).await.unwrap().order, Some(item));
    }
}

#[tokio::test]
async fn products_with_their_versions_and_compiled_form_are_read() {
    let tables = Tables::open().await;
    let (old, new) = (CatalogRepository::new(&tables.old), CatalogRepository::new(&tables.new));
    for (product, versions) in [("bike", 2), ("tee", 2), ("guitar", 1)] {
        let served = old.current(product, Consistency::Strong).await.unwrap().unwrap();
        assert_eq!(old.versions(product).await.unwrap().len(), versions);
        let artefact = old.artefact(product, served.version).await.unwrap().unwrap();
        let configurator = unpack(&artefact).unwrap().configurator;
        let encoded = configurator.encode();
        assert_eq!(Configurator::decode(&encoded).unwrap().encode(), encoded);
        let variants = configurator.product().variants().iter();
        let variant_ids: Vec<String> = variants.map(|one| one.variant_id.clone()).collect();
        if let Some(variant) = variant_ids.first() {
            let owner = old.product_of_variant(variant).await.unwrap();
            assert_eq!(owner.as_deref(), Some(product));
        }
        let version = NewVersion {
            product,
            document: &served.document,
            artefact: &artefact,
            variant_ids: &variant_ids,
            expected: None,
            at: tables.now,
        };
        domain_catalog::publish(&new, &version).await.unwrap();
        let again = new.current(product, Consistency::Strong).await.unwrap().unwrap();
        assert_eq!(again.document, served.document);
        assert_eq!(new.artefact(product, again.version).await, Ok(Some(artefact)));
    }
}

#[tokio::test]
async fn programs_and_their_activations_are_read() {
    let tables = Tables::open().await;
    let (old, new) = (ProgramRepository::new(&tables.old), ProgramRepository::new(&tables.new));
    let history = old.history(None, HISTORY_MAX).await.unwrap();
    let versions: Vec<u64> = history.iter().map(|activation| activation.version).collect();
    assert_eq!(versions, [1, 4, 3, 2, 1]);
    for activation in history.iter().rev() {
        let document = old.document(activation.version).await.unwrap().unwrap();
        Program::parse(&document).unwrap();
        let is_new = new.document(activation.version).await.unwrap().is_none();
        let document = Some(document.as_str()).filter(|_| is_new);
        assert_eq!(new.activate(activation, document).await, Ok(Written::Done));
    }
    assert_eq!(new.history(None, HISTORY_MAX).await, Ok(history));
    for version in versions {
        tables
            .agree(|table| async move { ProgramRepository::new(table).document(version).await.unwrap() })
            .await;
    }
}

#[tokio::test]
async fn saved_selections_are_read() {
    let tables = Tables::open().await;
    let (old, new) = (SelectionRepository::new(&tables.old), SelectionRepository::new(&tables.new));
    for id in tables.tokens["selections"].as_object().unwrap().values().map(text) {
        let saved = old.saved(id, tables.now).await.unwrap().unwrap();
        assert_eq!(saved.id(), id);
        new.save(&saved, tables.now).await.unwrap();
        assert_eq!(new.saved(id, tables.now).await, Ok(Some(saved)));
    }
}

#[tokio::test]
async fn privacy_demands_and_the_file_of_an_export_are_read() {
    let tables = Tables::open().await;
    let (old, new) = (PrivacyRepository::new(&tables.old), PrivacyRepository::new(&tables.new));
    let demands = old.list().await.unwrap();
    let mut files = 0;
    for demand in &demands {
        let file = old.file(&demand.id).await.unwrap();
        new.note(demand, file.as_deref(), tables.now.plus_ms(DAY_MS)).await.unwrap();
        assert_eq!(new.file(&demand.id).await, Ok(file.clone()));
        files += usize::from(file.is_some());
    }
    assert_eq!((demands.len(), files), (2, 1), "an export and an erasure");
    assert_eq!(new.list().await, Ok(demands));
}

#[tokio::test]
async fn a_payload_too_large_for_an_event_is_read() {
    let tables = Tables::open().await;
    let (old, new) = (PayloadRepository::new(&tables.old), PayloadRepository::new(&tables.new));
    let blob = Recorded::all().into_iter().find_map(|event| {
        let blob = event.detail.get(PAYLOAD_REFERENCE)?.clone();
        serde_json::from_value::<BlobRef>(blob).ok()
    });
    let payload = old.fetch(&blob.unwrap()).await.unwrap();
    let order: &serde_json::value::RawValue = serde_json::from_slice(&payload).unwrap();
    let fact = OrderFact::read("orders/paid", order).unwrap().unwrap();
    assert_eq!(fact.customer(), Some("1001"));
    let again = new.store(&payload, tables.now.plus_ms(DAY_MS)).await.unwrap();
    assert_eq!(new.fetch(&again).await, Ok(payload));
}

//! Every event in an earlier release's archive is decoded into the domain's types, and encoding it
//! gives the same JSON.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use domain_cart::CartEvent;
use domain_catalog::PublishedEvent;
use domain_core::event::Kind;
use domain_core::resource::CommandEvent as _;
use domain_loyalty::{CodesRanLow, LoyaltyEvent, OrderFact, ProgramEvent, RedemptionItem};
use domain_privacy::Demand;
use domain_shopify::Webhook;
use infra_bus::{Bus, Clock as BusClock, Faults};
use infra_local::demo;
use infra_local::wiring::bus_config;
use origin_functions::consumers::claim_check::PAYLOAD_REFERENCE;
use serde::Deserialize;
use serde_json::Value;

use super::golden::{data, moment, read_json};
use crate::shop::data_in;

/// A delivered event, without the other fields of its envelope.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Recorded {
    source: String,
    detail_type: String,
    pub(super) detail: Value,
}

impl Recorded {
    pub(super) fn all() -> Vec<Self> {
        read_json("events.json")
    }

    pub(super) fn kind(&self) -> Kind {
        let is_this = |kind: &&Kind| {
            (kind.source(), kind.detail_type()) == (&*self.source, &*self.detail_type)
        };
        *Kind::ALL.iter().find(is_this).unwrap_or_else(|| panic!("unknown kind: {self:?}"))
    }

    pub(super) fn decode<T: for<'de> Deserialize<'de>>(&self) -> T {
        serde_json::from_str(&self.detail.to_string())
            .unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The event as the current code encodes it; `None` for webhooks, which pass unchanged, and for what
    /// says nothing.
    fn encoded_again(&self) -> Option<String> {
        let event = match self.kind() {
            Kind::CartCommanded => self.decode::<CartEvent>().to_event(),
            Kind::LoyaltyCommanded => self.decode::<LoyaltyEvent>().to_event(),
            Kind::ConfiguratorPublished => self.decode::<PublishedEvent>().to_event(),
            Kind::ProgramPublished => self.decode::<ProgramEvent>().to_event(),
            Kind::RedemptionHeld
            | Kind::RedemptionRejected
            | Kind::RedemptionSettled
            | Kind::RedemptionReleased
            | Kind::RedemptionTimedOut => self.decode::<RedemptionItem>().to_event(),
            Kind::CodesRanLow => self.decode::<CodesRanLow>().to_event(),
            Kind::ShopifyWebhook | Kind::ReconciliationDue => return None,
        };
        assert_eq!(event.kind, self.kind(), "{self:?}");
        Some(event.detail)
    }
}

#[test]
fn an_event_of_every_kind_is_decoded_and_encoded_to_the_same_json() {
    let mut kinds = HashSet::new();
    for event in Recorded::all() {
        kinds.insert(event.kind());
        if let Some(detail) = event.encoded_again() {
            assert_eq!(serde_json::from_str::<Value>(&detail).unwrap(), event.detail);
        }
    }
    // No release of then published the events of pools and of reconciliations.
    kinds.extend([Kind::CodesRanLow, Kind::ReconciliationDue]);
    assert_eq!(kinds, Kind::ALL.iter().copied().collect());
}

/// The names of the actions of all commands of a kind.
fn actions(kind: Kind) -> BTreeSet<String> {
    let events = Recorded::all().into_iter().filter(|event| event.kind() == kind);
    let names = events.map(|event| match &event.detail["command"]["action"] {
        Value::String(name) => name.clone(),
        action => action.as_object().unwrap().keys().next().unwrap().clone(),
    });
    names.collect()
}

/// The lines that an order buys are in a webhook, not in a command.
#[test]
fn the_recorded_commands_have_every_action() {
    let carts = ["add", "attributes", "clear", "merge", "remove", "set"];
    assert_eq!(actions(Kind::CartCommanded), carts.map(str::to_owned).into());
    let loyalty = ["adjust", "redeem"];
    assert_eq!(actions(Kind::LoyaltyCommanded), loyalty.map(str::to_owned).into());
}

#[test]
fn webhooks_are_read_as_facts_of_orders_and_as_demands() {
    let mut topics: BTreeMap<String, usize> = BTreeMap::new();
    for event in Recorded::all().iter().filter(|event| event.kind() == Kind::ShopifyWebhook) {
        let detail = event.detail.to_string();
        if event.detail.get("payload").is_none() {
            assert!(event.detail[PAYLOAD_REFERENCE]["hash"].is_string(), "{detail}");
            continue;
        }
        let webhook = Webhook::parse(&detail).unwrap();
        *topics.entry(webhook.topic.clone()).or_default() += 1;
        if event.detail["payload"]["id"].is_null() && webhook.topic.starts_with("orders/") {
            OrderFact::read(&webhook.topic, webhook.payload).unwrap_err();
        } else if Demand::TOPICS.contains(&webhook.topic.as_str()) {
            Demand::read(&webhook.topic, webhook.payload, demo::SHOP).unwrap().unwrap();
        } else {
            OrderFact::read(&webhook.topic, webhook.payload).unwrap().unwrap();
        }
    }
    let expected = [
        ("customers/data_request", 1),
        ("customers/redact", 1),
        ("orders/cancelled", 1),
        ("orders/paid", 2),
        ("refunds/create", 1),
    ];
    assert_eq!(topics, expected.map(|(topic, count)| (topic.to_owned(), count)).into());
}

#[tokio::test]
async fn the_bus_file_holds_the_recorded_events_in_order() {
    let folder = data();
    let mut config = bus_config(Faults::default());
    let recorded_at = moment(&read_json::<Value>("tokens.json")["recorded_at"]);
    config.clock = BusClock::at(recorded_at.0);
    let bus = Bus::open_at_rest(&data_in(&folder).join("bus.sqlite"), config).unwrap();
    let mut archived: Vec<Recorded> = Vec::new();
    let mut after = 0;
    loop {
        let page = bus.archive(after).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.seq;
        archived.extend(page.iter().map(|event| serde_json::from_str(&event.body).unwrap()));
    }
    assert_eq!(archived, Recorded::all());
    for (queue, waiting) in [("cart", 1), ("loyalty", 2), ("redemption", 0)] {
        assert!(bus.unfinished(queue).unwrap() >= waiting, "{queue}");
    }
}

//! The queues of the bus, and which events go to which.

use std::collections::BTreeSet;
use std::time::Duration;

use infra_bus::{Config as BusConfig, Faults, Queue, Rule};
use origin_domain::cart::ORDER_TOPICS;
use origin_domain::event::{ARCHIVE_RETENTION_MS, Kind};
use origin_domain::privacy::Demand;
use serde_json::{Value, json};

use crate::demo;

/// The queue of cart commands, and of orders that may have bought what is in a cart.
pub const CART_QUEUE: &str = "cart";
/// The queue of webhooks and commands for the ledger.
pub const LOYALTY_QUEUE: &str = "loyalty";
/// The queue of what is decided of redemptions.
pub const REDEMPTION_QUEUE: &str = "redemption";
/// The queue of publications.
pub const PUBLISHED_QUEUE: &str = "published";
/// The queue of demands about people's data.
pub const PRIVACY_QUEUE: &str = "privacy";
/// Batches of carts' events under way at once. A replay of weeks passes in seconds: of two batches
/// at once, one could overtake the other by 48 hours of its events' time. The table has one writer
/// anyway.
const CART_BATCHES_MAX: usize = 1;

/// The bus of this shop: its rules and its queues.
pub(crate) fn bus_config(faults: Faults) -> BusConfig {
    let mut config = BusConfig::new(infra_bus::Clock::system());
    demo::BUS.clone_into(&mut config.bus);
    config.faults = faults;
    config.archive_retention = Some(Duration::from_millis(ARCHIVE_RETENTION_MS));
    config.queues = vec![
        Queue { concurrency_max: CART_BATCHES_MAX, ..Queue::new(CART_QUEUE) },
        Queue::new(LOYALTY_QUEUE),
        Queue::new(REDEMPTION_QUEUE),
        Queue::new(PRIVACY_QUEUE),
        Queue::new(PUBLISHED_QUEUE),
    ];
    config.rules = vec![
        cart_rule(),
        rule(LOYALTY_QUEUE, &[Kind::ShopifyWebhook, Kind::LoyaltyCommanded]),
        rule(REDEMPTION_QUEUE, &Kind::REDEMPTIONS),
        demands(),
        rule(PUBLISHED_QUEUE, &[Kind::ConfiguratorPublished, Kind::ProgramPublished]),
    ];
    config
}

/// What is published goes to one queue by its detail type, which names its kind.
fn rule(queue: &str, kinds: &[Kind]) -> Rule {
    let sources: BTreeSet<&str> = kinds.iter().map(|kind| kind.source()).collect();
    let detail_types: Vec<&str> = kinds.iter().map(|kind| kind.detail_type()).collect();
    Rule {
        name: queue.to_owned(),
        event_pattern: json!({"source": sources, "detail-type": detail_types}),
        queue: queue.to_owned(),
    }
}

/// Cart commands, and orders that were placed. One rule, so that a replay through it has both.
fn cart_rule() -> Rule {
    let commands = rule(CART_QUEUE, &[Kind::CartCommanded]);
    let either: Vec<Value> =
        [commands.event_pattern].into_iter().chain(webhooks(&ORDER_TOPICS)).collect();
    Rule { event_pattern: json!({"$or": either}), ..commands }
}

/// The webhooks that are demands about people's data.
fn demands() -> Rule {
    let event_pattern = json!({"$or": webhooks(&Demand::TOPICS)});
    Rule { event_pattern, ..rule(PRIVACY_QUEUE, &[Kind::ShopifyWebhook]) }
}

/// Patterns of the webhooks of these topics. The topic stands in either family of Shopify's
/// headers, whose names keep the case they came in.
fn webhooks(topics: &[&str]) -> Vec<Value> {
    let any = rule(LOYALTY_QUEUE, &[Kind::ShopifyWebhook]).event_pattern;
    let named = ["x-shopify-topic", "shopify-topic", "X-Shopify-Topic"].into_iter();
    let of_topics = named.map(|header| {
        let mut pattern = any.clone();
        pattern["detail"] = json!({"metadata": {header: topics}});
        pattern
    });
    of_topics.collect()
}

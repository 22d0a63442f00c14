//! The queues of the bus and the rules that fill them, from `infra/wiring.json`, which `infra/cdk`
//! deploys too.

use std::time::Duration;

use domain_core::event::ARCHIVE_RETENTION_MS;
use edge_wire::function::ConsumerFunction;
use infra_bus::{Config as BusConfig, Faults, Queue, Rule};
use origin_functions::consumers::redelivery::{WAIT_MS_MAX, WAIT_MS_MIN};
use serde::Deserialize;
use serde_json::Value;

use crate::demo;

/// The queue of cart commands, and of orders that may have bought lines of a cart.
pub const CART_QUEUE: &str = "cart";
/// The queue of webhooks and commands for the ledger.
pub const LOYALTY_QUEUE: &str = "loyalty";
/// The queue of decisions on redemptions.
pub const REDEMPTION_QUEUE: &str = "redemption";
/// The queue of publications.
pub const PUBLISHED_QUEUE: &str = "published";
/// The queue of pools that need codes.
pub const REWARDS_QUEUE: &str = "rewards";
/// The queue of demands about people's data.
pub const PRIVACY_QUEUE: &str = "privacy";
/// The queue of the nightly reconciliation.
pub const RECONCILIATION_QUEUE: &str = "reconciliation";
/// Concurrent batches of carts' events. A replay of weeks passes in seconds: of two batches
/// at once, one could overtake the other by 48 hours of its events' time. The table has one writer
/// anyway.
const CART_BATCHES_MAX: usize = 1;

const WIRING: &str = include_str!("../../wiring.json");

#[derive(Deserialize)]
struct Wiring {
    consumers: Vec<Consumer>,
}

#[derive(Deserialize)]
struct Consumer {
    name: String,
    timeout_s: u64,
    queues: Vec<QueueWiring>,
}

/// A queue with the one rule that fills it: a replay through the rule then fills the whole queue.
#[derive(Deserialize)]
struct QueueWiring {
    name: String,
    batch_max: usize,
    /// How long a message waits before its first delivery.
    #[serde(default)]
    delay_s: u64,
    receives_max: u32,
    event_pattern: Value,
}

/// The queues of a consumer.
pub fn queues_of(function: ConsumerFunction) -> impl Iterator<Item = String> {
    let consumers = wiring().consumers.into_iter();
    let own = consumers.filter(move |consumer| consumer.name == function.name());
    own.flat_map(|consumer| consumer.queues).map(|queue| queue.name)
}

fn wiring() -> Wiring {
    serde_json::from_str(WIRING).expect("the file is part of the program")
}

/// The bus of this shop: its rules and its queues.
#[must_use]
pub fn bus_config(faults: Faults) -> BusConfig {
    let mut config = BusConfig::new(infra_bus::Clock::system());
    demo::BUS.clone_into(&mut config.bus);
    config.faults = faults;
    config.archive_retention = Some(Duration::from_millis(ARCHIVE_RETENTION_MS));
    for consumer in wiring().consumers {
        for wired in consumer.queues {
            config.queues.push(queue(&wired, Duration::from_secs(consumer.timeout_s)));
            config.rules.push(Rule {
                name: wired.name.clone(),
                event_pattern: wired.event_pattern,
                queue: wired.name,
            });
        }
    }
    config
}

fn queue(wired: &QueueWiring, invoke_timeout: Duration) -> Queue {
    let mut queue = Queue::new(&wired.name);
    queue.batch_max = wired.batch_max;
    queue.delivery_delay = Duration::from_secs(wired.delay_s);
    queue.max_receive_count = wired.receives_max;
    queue.backoff_base = Duration::from_millis(WAIT_MS_MIN);
    queue.backoff_max = Duration::from_millis(WAIT_MS_MAX);
    queue.invoke_timeout = invoke_timeout;
    if wired.name == CART_QUEUE {
        queue.concurrency_max = CART_BATCHES_MAX;
    }
    queue
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain_cart::ORDER_TOPICS;
    use domain_core::event::Kind;
    use domain_loyalty::{CustomerMerge, OrderFact};
    use domain_privacy::Demand;
    use edge_wire::function::Function;
    use infra_bus::Faults;
    use serde_json::{Value, json};

    use super::{
        CART_QUEUE, LOYALTY_QUEUE, PRIVACY_QUEUE, PUBLISHED_QUEUE, RECONCILIATION_QUEUE,
        REDEMPTION_QUEUE, REWARDS_QUEUE, bus_config,
    };

    /// Events of these kinds, as a pattern: what is published names its kind by its detail type.
    /// Webhooks come from our receiver, or from Shopify itself.
    fn of(kinds: &[Kind]) -> Value {
        let sources: BTreeSet<&str> = kinds.iter().map(|kind| kind.source()).collect();
        let mut sources: Vec<Value> = sources.into_iter().map(Value::from).collect();
        if kinds.contains(&Kind::ShopifyWebhook) {
            sources.push(json!({"prefix": "aws.partner/shopify.com/"}));
        }
        let types: Vec<&str> = kinds.iter().map(|kind| kind.detail_type()).collect();
        json!({"source": sources, "detail-type": types})
    }

    /// Webhooks of these topics. The topic is in either family of Shopify's headers, whose
    /// names keep the case they came in.
    fn webhooks(topics: &[&str]) -> Vec<Value> {
        let of_topics = |header: &str| {
            let mut pattern = of(&[Kind::ShopifyWebhook]);
            pattern["detail"] = json!({"metadata": {header: topics}});
            pattern
        };
        ["x-shopify-topic", "shopify-topic", "X-Shopify-Topic"].map(of_topics).to_vec()
    }

    /// Shopify's subscriptions.
    const APP: &str = include_str!("../../shopify.app.toml");

    #[test]
    fn the_app_subscribes_to_every_topic_that_has_a_consumer() {
        let ledger = OrderFact::topics().chain([CustomerMerge::TOPIC]);
        let consumed = ORDER_TOPICS.into_iter().chain(ledger).chain(Demand::TOPICS);
        for topic in consumed {
            assert!(APP.contains(&format!("{topic:?}")), "{topic}");
        }
    }

    #[test]
    fn the_wiring_names_every_function_once() {
        let wiring: Value = serde_json::from_str(super::WIRING).unwrap();
        let names = |list: &str| -> Vec<String> {
            let functions = wiring[list].as_array().unwrap().iter();
            functions.map(|function| function["name"].as_str().unwrap().to_owned()).collect()
        };
        let deployed = [names("functions"), names("consumers")].concat();
        let all: Vec<&str> = Function::all().map(Function::name).collect();
        assert_eq!(deployed, all);
    }

    #[test]
    fn the_wiring_uses_the_event_names_of_the_domain() {
        let carts: Vec<Value> =
            std::iter::once(of(&[Kind::CartCommanded])).chain(webhooks(&ORDER_TOPICS)).collect();
        let topics: Vec<&str> = OrderFact::topics().chain([CustomerMerge::TOPIC]).collect();
        let ledger: Vec<Value> =
            std::iter::once(of(&[Kind::LoyaltyCommanded])).chain(webhooks(&topics)).collect();
        let expected = [
            (CART_QUEUE, json!({"$or": carts})),
            (LOYALTY_QUEUE, json!({"$or": ledger})),
            (REDEMPTION_QUEUE, of(&Kind::REDEMPTIONS)),
            (PRIVACY_QUEUE, json!({"$or": webhooks(&Demand::TOPICS)})),
            (RECONCILIATION_QUEUE, of(&[Kind::ReconciliationDue])),
            (PUBLISHED_QUEUE, of(&[Kind::ConfiguratorPublished, Kind::ProgramPublished])),
            (REWARDS_QUEUE, of(&[Kind::ProgramPublished, Kind::CodesRanLow])),
        ];
        let rules = bus_config(Faults::default()).rules;
        let wired: Vec<_> =
            rules.iter().map(|rule| (rule.queue.as_str(), rule.event_pattern.clone())).collect();
        assert_eq!(wired, expected);
    }
}

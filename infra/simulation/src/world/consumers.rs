//! The consumers: composed as they are deployed, on the ports of a world.

use std::collections::HashMap;
use std::sync::Arc;

use domain_catalog::{EdgeCache, PublicContent};
use domain_core::port::PortError;
use edge_wire::function::ConsumerFunction;
use origin_adapters::table::SharedTable;
use origin_functions::consumers::{Batch, Consumer as _, SharedConsumer, Unfinished};
use origin_functions::runtime::clock::Clock;
use origin_functions::runtime::composition::Composition;
use origin_functions::runtime::ports::{Ports, SharedEdgeCache, SharedEvents};
use serde_json::{Value, json};

use super::SHOP;
use super::bus::{ObservedBus, WorldEvents};
use super::clock::InstanceClock;
use super::hooks::{Consume, Delivery, Hooked, Outcome, SharedHooks, Side};
use super::keys::KeyRotation;
use super::table::FaultyTable;
use crate::engine::{FaultInjector, TaskGroup};

/// All consumers.
#[derive(Clone)]
pub(crate) struct Consumers {
    pub(crate) faults: FaultInjector,
    pub(crate) table: SharedTable,
    pub(crate) bus: ObservedBus,
    pub(crate) keys: KeyRotation,
    pub(crate) hooks: SharedHooks,
}

/// One process that consumes batches, one at a time. What it has read stays with it.
#[derive(Clone)]
pub(crate) struct ConsumerInstance {
    pub(crate) group: TaskGroup,
    /// Whether it was started while the archive was replayed.
    pub(crate) is_replaying: bool,
    clock: Clock,
    /// The table with faults, for hooks.
    faulty: SharedTable,
    consumer: SharedConsumer,
}

/// The edge's caches: no world publishes what they hold.
struct NoEdge;

// === impl Consumers ===

impl Consumers {
    /// Starts a process of a queue's consumer in a task group.
    pub(crate) fn start(
        &self,
        queue: &str,
        group: TaskGroup,
        is_replaying: bool,
    ) -> ConsumerInstance {
        let clock = InstanceClock::new(&self.faults).to_clock();
        self.start_with(queue, group, clock, is_replaying)
    }

    /// The same with a given clock.
    pub(crate) fn start_with(
        &self,
        queue: &str,
        group: TaskGroup,
        clock: Clock,
        is_replaying: bool,
    ) -> ConsumerInstance {
        let table = FaultyTable(self.faults.wrap(&group, Arc::clone(&self.table)));
        let faulty: SharedTable = Arc::new(table);
        let events = WorldEvents {
            port: self.faults.wrap(&group, self.bus.clone()),
            side: Side::Consumer,
            hooks: Arc::clone(&self.hooks),
        };
        let ports = Ports {
            table: self.hooks.table(Side::Consumer, Arc::clone(&faulty), &clock),
            events: SharedEvents::new(events),
        };
        let shop = SHOP.to_owned();
        let composition = Composition {
            ports,
            shop,
            is_replaying,
            shopify: None,
            clock: clock.clone(),
            random: || [7; 16],
        };
        let (keys, edge) = (self.keys.all(), SharedEdgeCache::new(NoEdge));
        let consumer = composition.consumer(function_of(queue), keys, &edge);
        ConsumerInstance { group, is_replaying, clock, faulty, consumer }
    }

    /// Consumes a batch.
    pub(crate) fn consume(
        &self,
        instance: &ConsumerInstance,
        messages: Vec<(String, String)>,
    ) -> Hooked<'static, Vec<(String, Outcome)>> {
        let (hooks, instance) = (Arc::clone(&self.hooks), instance.clone());
        Box::pin(async move {
            let ConsumerInstance { faulty, clock, consumer, .. } = instance;
            let delivery = Delivery { messages, table: faulty, clock };
            let consume: Consume<'_> =
                Box::new(|messages| Box::pin(async { call(&consumer, messages).await }));
            hooks.consume(delivery, consume).await
        })
    }
}

/// The consumer of a queue.
fn function_of(queue: &str) -> ConsumerFunction {
    match queue {
        "cart" => ConsumerFunction::Cart,
        "loyalty" | "redemption" => ConsumerFunction::Loyalty,
        "privacy" => ConsumerFunction::Privacy,
        "rewards" => ConsumerFunction::Rewards,
        _ => ConsumerFunction::Published,
    }
}

async fn call(
    consumer: &SharedConsumer,
    messages: Vec<(String, String)>,
) -> Vec<(String, Outcome)> {
    let failed = reasons(&consumer.consume(batch(&messages)).await);
    let outcome = |(id, _): (String, String)| {
        let outcome = failed.get(&id).cloned().map_or(Outcome::Done, Outcome::Failed);
        (id, outcome)
    };
    messages.into_iter().map(outcome).collect()
}

fn batch(messages: &[(String, String)]) -> Batch {
    let record = |(id, body): &(String, String)| json!({"messageId": id, "body": body});
    let records: Vec<Value> = messages.iter().map(record).collect();
    serde_json::from_value(json!({"Records": records})).expect("a batch")
}

/// The reasons of the unfinished messages, by their ids.
fn reasons(unfinished: &Unfinished) -> HashMap<String, String> {
    let response = serde_json::to_value(unfinished).expect("an answer has a JSON form");
    let failures = response["batchItemFailures"].as_array().cloned().unwrap_or_default();
    let text = |failure: &Value, key: &str| failure[key].as_str().unwrap_or_default().to_owned();
    failures.iter().map(|one| (text(one, "itemIdentifier"), text(one, "reason"))).collect()
}

impl EdgeCache for NoEdge {
    async fn invalidate(&self, _: &[PublicContent]) -> Result<(), PortError> {
        Ok(())
    }
}

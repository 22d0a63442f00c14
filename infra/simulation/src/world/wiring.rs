//! The deployed queues: names, batch sizes, receives, visibility timeouts and event patterns of
//! `infra/wiring.json`.

use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;

const WIRING: &str = include_str!("../../../wiring.json");
/// The visibility timeout of a queue in timeouts of its consumer (`infra/cdk`).
const VISIBILITY_FACTOR: u64 = 6;

/// A queue as it is deployed.
#[derive(Debug, Clone)]
pub(crate) struct QueueSettings {
    pub(crate) name: String,
    /// The maximum number of messages in a batch.
    pub(crate) batch_max: usize,
    /// How often a message is received before it becomes a dead letter.
    pub(crate) receives_max: u32,
    /// How long a batch may take.
    pub(crate) timeout_ms: u64,
    /// How long after a receive a message is received again whose consumer said nothing: it crashed, or took
    /// too long. What it reports is received again by the schedule of `redelivery::wait_ms`.
    pub(crate) visibility_ms: u64,
    pattern: Value,
}

#[derive(Debug, Deserialize)]
struct Wiring {
    consumers: Vec<Consumer>,
}

#[derive(Debug, Deserialize)]
struct Consumer {
    timeout_s: u64,
    queues: Vec<Queue>,
}

#[derive(Debug, Deserialize)]
struct Queue {
    name: String,
    batch_max: usize,
    receives_max: u32,
    event_pattern: Value,
}

/// All queues.
pub(crate) fn queues() -> &'static [QueueSettings] {
    static QUEUES: OnceLock<Vec<QueueSettings>> = OnceLock::new();
    QUEUES.get_or_init(|| {
        let wiring: Wiring = serde_json::from_str(WIRING).expect("the deployed wiring is valid");
        let of = |consumer: Consumer| {
            let timeout_ms = consumer.timeout_s * 1_000;
            consumer.queues.into_iter().map(move |queue| QueueSettings {
                name: queue.name,
                batch_max: queue.batch_max,
                receives_max: queue.receives_max,
                timeout_ms,
                visibility_ms: timeout_ms * VISIBILITY_FACTOR,
                pattern: queue.event_pattern,
            })
        };
        wiring.consumers.into_iter().flat_map(of).collect()
    })
}

// === impl QueueSettings ===

impl QueueSettings {
    /// Whether the queue's rule selects an event.
    pub(crate) fn selects(&self, event: &Value) -> bool {
        matches(&self.pattern, event)
    }
}

/// Whether an event matches a pattern, as far as `infra/wiring.json` uses patterns.
fn matches(pattern: &Value, event: &Value) -> bool {
    let Value::Object(members) = pattern else { return false };
    members.iter().all(|(name, rule)| match (name.as_str(), rule) {
        ("$or", Value::Array(patterns)) => patterns.iter().any(|one| matches(one, event)),
        (_, Value::Array(values)) => values.iter().any(|value| is_value(value, &event[name])),
        _ => matches(rule, &event[name]),
    })
}

fn is_value(expected: &Value, actual: &Value) -> bool {
    match (expected.get("prefix").and_then(Value::as_str), actual.as_str()) {
        (Some(prefix), Some(actual)) => actual.starts_with(prefix),
        _ => expected == actual,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::queues;

    fn selecting(event: &serde_json::Value) -> Vec<&'static str> {
        let selecting = queues().iter().filter(|queue| queue.selects(event));
        selecting.map(|queue| queue.name.as_str()).collect()
    }

    #[test]
    fn an_order_goes_to_the_carts_and_to_the_ledger() {
        let detail = json!({"metadata": {"x-shopify-topic": "orders/paid"}});
        let event = json!({"source": "forecourt.shopify", "detail-type": "shopifyWebhook",
            "detail": detail});
        assert_eq!(selecting(&event), ["cart", "loyalty"]);
    }

    #[test]
    fn a_decision_goes_to_the_redemptions_only() {
        let event = json!({"source": "forecourt.loyalty", "detail-type": "redemption.held"});
        assert_eq!(selecting(&event), ["redemption"]);
    }

    #[test]
    fn a_message_is_received_twelve_times_and_after_a_crash_in_three_minutes() {
        let cart = queues().iter().find(|queue| queue.name == "cart").unwrap();
        assert_eq!((cart.receives_max, cart.visibility_ms), (12, 180_000));
    }
}

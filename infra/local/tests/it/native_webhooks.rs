//! Shopify can deliver webhooks to EventBridge itself, without our receiver: the same queues take
//! them.

use infra_bus::{Faults, test_event_pattern};
use infra_local::wiring::bus_config;
use serde_json::{Value, json};

/// The queues that an event goes to.
fn queues_for(event: &Value) -> Vec<String> {
    let rules = bus_config(Faults::default()).rules.into_iter();
    let matching =
        rules.filter(|rule| test_event_pattern(&rule.event_pattern, &event.to_string()).unwrap());
    matching.map(|rule| rule.queue).collect()
}

fn webhook(source: &str, header: &str, topic: &str) -> Value {
    json!({"version": "0", "id": "0a1b", "detail-type": "shopifyWebhook", "source": source,
        "account": "123456789012", "time": "2026-11-20T18:04:09Z", "region": "us-east-1",
        "resources": [], "detail": {"payload": {"id": 1}, "metadata": {header: topic}}})
}

#[test]
fn shopifys_own_delivery_goes_to_the_queues_of_ours() {
    let native = "aws.partner/shopify.com/359000000000/forecourt";
    for (topic, queues) in [
        ("orders/paid", vec!["cart", "loyalty"]),
        ("orders/create", vec!["cart"]),
        ("refunds/create", vec!["loyalty"]),
        ("customers/merge", vec!["loyalty"]),
        ("customers/redact", vec!["privacy"]),
        ("app/uninstalled", vec!["privacy"]),
        ("products/update", vec![]),
    ] {
        // Ours as HTTP spells it; Shopify's as captured, webhooks and the newer events.
        for (source, header) in [
            ("forecourt.shopify", "x-shopify-topic"),
            (native, "X-Shopify-Topic"),
            (native, "shopify-topic"),
        ] {
            assert_eq!(queues_for(&webhook(source, header, topic)), queues, "{source} {topic}");
        }
    }
    let stranger = "aws.partner/shopify.community/1/forecourt";
    assert!(queues_for(&webhook(stranger, "X-Shopify-Topic", "orders/paid")).is_empty());
}

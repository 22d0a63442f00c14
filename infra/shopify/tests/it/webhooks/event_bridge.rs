use std::sync::Mutex;

use infra_shopify::http_client::BoxFuture;
use infra_shopify::webhooks::{EventBridgeEntry, EventBus};

use super::*;

/// Records events; the first one fails.
#[derive(Default)]
struct RecordingBus(Mutex<Vec<EventBridgeEntry>>);

impl EventBus for RecordingBus {
    fn put(&self, entry: EventBridgeEntry) -> BoxFuture<'_, Result<(), String>> {
        let mut entries = self.0.lock().unwrap();
        entries.push(entry);
        let is_first = entries.len() == 1;
        Box::pin(async move { if is_first { Err("throttled".to_owned()) } else { Ok(()) } })
    }
}

fn to_event_bridge() -> Subscription {
    let target = Target::EventBridge {
        region: "eu-central-1".to_owned(),
        source: "aws.partner/shopify.com/42/live".to_owned(),
    };
    Subscription { target, ..subscription("orders/paid", "") }
}

#[tokio::test]
async fn an_event_has_shopifys_envelope_and_is_tried_again() {
    let bus = Arc::new(RecordingBus::default());
    let sender = Senders {
        http: Arc::new(PlainHttp::new(LIMITS)),
        bus: Some(Arc::clone(&bus) as Arc<dyn EventBus>),
    };
    let mut queue = Queue::new(credentials(), 7);
    queue.configure(vec![to_event_bridge()]);
    let clock = Clock::virtual_at(NOW_MS);
    let dispatcher = Dispatcher::new(queue, Arc::new(sender), clock.clone(), 1);
    dispatcher.publish(&event("orders/paid", json!({ "id": 1, "name": "#1/A" }))).unwrap();
    dispatcher.deliver_due().await;
    assert_eq!(dispatcher.queue().stats().delivered, 0);
    clock.advance(56_000);
    dispatcher.deliver_due().await;
    assert_eq!(dispatcher.queue().stats().delivered, 1);
    let entries = bus.0.lock().unwrap();
    assert_eq!(entries[0], entries[1]);
    let entry = &entries[0];
    assert_eq!(entry.region, "eu-central-1");
    assert_eq!(entry.source, "aws.partner/shopify.com/42/live");
    assert_eq!(entry.detail_type, "shopifyWebhook");
    // The payload is carried as it was written.
    assert!(entry.detail.starts_with(r##"{"payload":{"id":1,"name":"#1\/A"},"metadata":{"##));
    let detail: Value = serde_json::from_str(&entry.detail).unwrap();
    let metadata = &detail["metadata"];
    assert_eq!(metadata["Content-Type"], "application/json");
    assert_eq!(metadata["X-Shopify-Topic"], "orders/paid");
    assert_eq!(metadata["X-Shopify-Shop-Domain"], "demo.myshopify.com");
    assert_eq!(metadata["X-Shopify-API-Version"], "2026-07");
    assert_eq!(metadata["X-Shopify-Triggered-At"], "2027-01-15T08:00:00Z");
    for name in ["X-Shopify-Hmac-SHA256", "X-Shopify-Webhook-Id", "X-Shopify-Event-Id"] {
        assert!(metadata[name].is_string(), "{name}");
    }
}

#[tokio::test]
async fn without_a_bus_the_delivery_fails_and_says_why() {
    let (dispatcher, clock) = dispatcher(vec![to_event_bridge()]);
    dispatcher.publish(&order(1)).unwrap();
    for _ in 0..9 {
        dispatcher.deliver_due().await;
        clock.advance(2 * HOUR_MS);
    }
    let queue = dispatcher.queue();
    let outcome = format!("{:?}", queue.abandoned().next().unwrap().outcome);
    assert_eq!(outcome, "Failed(\"no event bus is configured\")");
}

//! While the archive is replayed into a restored table, redemptions wait; orders do not.

use domain_core::event::Kind;
use domain_core::id::CommandId;
use domain_core::time::Time;
use origin_functions::consumers::{Batch, Consumer as _};
use origin_functions::runtime::composition::Composition;
use serde_json::{Value, json};

use crate::world::{SHOP, World};

const AT: &str = "2026-11-20T12:00:00Z";

fn redemption() -> Value {
    let at = Time::from_rfc3339(AT).unwrap();
    json!({
        "source": Kind::LoyaltyCommanded.source(),
        "detail-type": Kind::LoyaltyCommanded.detail_type(),
        "time": AT,
        "detail": {"customer": "1001", "command": {
            "time": at, "id": CommandId::of_key("loyalty/1001", "key"), "program_version": 1,
            "action": {"redeem":
                {"reward": "mug", "points": 250, "until": at.plus_ms(60_000)}}}},
    })
}

fn order() -> Value {
    json!({
        "source": Kind::ShopifyWebhook.source(),
        "detail-type": Kind::ShopifyWebhook.detail_type(),
        "time": AT,
        "detail": {
            "payload": {"id": 41, "customer": {"id": 1001}, "currency": "EUR",
                "processed_at": AT, "current_total_price": "10.00", "refunds": [],
                "line_items": [{"id": 1, "quantity": 1, "price": "10.00", "gift_card": false,
                    "discount_allocations": []}]},
            "metadata": {"x-shopify-topic": "orders/paid", "x-shopify-shop-domain": SHOP},
        },
    })
}

async fn failures(consumers: &Composition, events: &[Value]) -> Value {
    let ids = (0..).map(|number: u32| number.to_string());
    let record =
        |(id, event): (String, &Value)| json!({"messageId": id, "body": event.to_string()});
    let records: Vec<Value> = ids.zip(events).map(record).collect();
    let batch: Batch = serde_json::from_value(json!({ "Records": records })).unwrap();
    serde_json::to_value(consumers.loyalty().consume(batch).await).unwrap()
}

#[tokio::test]
async fn a_redemption_waits_for_the_end_of_a_replay_and_an_order_does_not() {
    let world = World::open().await;
    let mut consumers = world.consumers();
    consumers.is_replaying = true;
    let unfinished = failures(&consumers, &[redemption(), order()]).await;
    assert_eq!(
        unfinished,
        json!({"batchItemFailures": [{
            "itemIdentifier": "0", "final": false,
            "reason": "unavailable: no redemption is decided while the archive is replayed",
        }]})
    );
    consumers.is_replaying = false;
    let unfinished = failures(&consumers, &[redemption(), order()]).await;
    assert_eq!(unfinished, json!({"batchItemFailures": []}));
}

//! Webhooks on the bus, in the shape of Shopify's own EventBridge delivery, so that one consumer
//! serves what Shopify delivers, what our receiver takes, and what a reconciliation finds.

use domain_core::event::{DETAIL_BYTES_MAX, Event, Events, Kind, PAYLOAD_RETENTION_MS};
use domain_core::port::PortError;
use domain_core::time::Time;
use origin_adapters::PayloadRepository;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::consumers::claim_check::PAYLOAD_REFERENCE;

/// Publishes a payload with its metadata. The payload is forwarded unchanged, so that its ids and
/// amounts are not rounded. One that the bus does not carry, too large or malformed (nested over a
/// hundred deep, half a character), is stored separately, and the event refers to it (claim check).
pub(crate) async fn publish(
    events: &impl Events,
    payloads: &PayloadRepository,
    (payload, metadata): (&RawValue, &Value),
    now: Time,
) -> Result<(), PortError> {
    let publish = async |detail: String| {
        events.publish(&[Event { kind: Kind::ShopifyWebhook, detail }]).await
    };
    let detail = format!("{{\"payload\":{},\"metadata\":{metadata}}}", payload.get());
    if detail.len() <= DETAIL_BYTES_MAX {
        match publish(detail).await {
            Err(PortError::Corrupt(reason)) => {
                tracing::warn!(reason, "the bus rejected a payload; storing it")
            }
            outcome => return outcome,
        }
    }
    let until = now.plus_ms(PAYLOAD_RETENTION_MS);
    let reference = payloads.store(payload.get().as_bytes(), until).await?;
    publish(json!({ PAYLOAD_REFERENCE: reference, "metadata": metadata }).to_string()).await
}

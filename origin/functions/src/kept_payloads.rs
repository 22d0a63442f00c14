//! Webhooks whose payload the bus did not carry: a consumer behind this one sees them whole.

use std::collections::BTreeMap;

use origin_adapters::{BlobRef, DynamoPayloads};
use origin_domain::port::PortError;
use serde_json::value::RawValue;

use crate::consume::{Batch, Consumer, Undone, Unfinished};

/// Where an event says what its payload is called, in place of the payload.
pub const KEPT_PAYLOAD: &str = "payload_kept";
/// Where the payload stands otherwise.
const PAYLOAD: &str = "payload";

/// A consumer that is handed whole webhooks.
#[derive(Debug, Clone)]
pub struct WithPayloads<C> {
    /// Who consumes them.
    pub consumer: C,
    /// Where payloads are kept.
    pub payloads: DynamoPayloads,
}

/// The members of an object, each as it was written.
type Members = BTreeMap<String, Box<RawValue>>;

impl<C: Consumer> Consumer for WithPayloads<C> {
    async fn consume(&self, mut batch: Batch) -> Unfinished {
        let mut unfinished = Unfinished::default();
        let mut whole = Vec::with_capacity(batch.records.len());
        for mut message in batch.records {
            match self.whole(&message.body).await {
                Ok(None) => whole.push(message),
                Ok(Some(body)) => {
                    message.body = body;
                    whole.push(message);
                }
                Err(error) => unfinished.note(message.message_id, Err(error)),
            }
        }
        batch.records = whole;
        unfinished.and(self.consumer.consume(batch).await)
    }
}

impl<C> WithPayloads<C> {
    /// The event with its payload in place, if that was kept aside.
    async fn whole(&self, body: &str) -> Result<Option<String>, Undone> {
        if !body.contains(KEPT_PAYLOAD) {
            return Ok(None);
        }
        let mut event: Members = serde_json::from_str(body)?;
        let Some(detail) = event.get("detail") else { return Ok(None) };
        let mut detail: Members = serde_json::from_str(detail.get())?;
        let Some(kept) = detail.remove(KEPT_PAYLOAD) else { return Ok(None) };
        let kept: BlobRef = serde_json::from_str(kept.get())?;
        let payload = String::from_utf8(self.payloads.fetch(&kept).await?)
            .map_err(|_| PortError::Corrupt("payload: not text".to_owned()))?;
        detail.insert(PAYLOAD.to_owned(), RawValue::from_string(payload)?);
        event.insert("detail".to_owned(), serde_json::value::to_raw_value(&detail)?);
        Ok(Some(serde_json::to_string(&event)?))
    }
}

//! Claim check: loads the payloads of webhooks that the bus did not carry (Hohpe and Woolf, 2003).

use std::collections::BTreeMap;

use domain_core::blob::BlobRef;
use domain_core::port::PortError;
use origin_adapters::PayloadRepository;
use serde_json::value::RawValue;

use crate::consumers::{Batch, Consumer, MessageError, Unfinished};

/// The member that names the stored payload, in place of the payload.
pub const PAYLOAD_REFERENCE: &str = "payload_kept";
/// The member of the payload itself.
const PAYLOAD: &str = "payload";

/// Gives a consumer webhooks with their payloads.
#[derive(Debug, Clone)]
pub struct WithPayloads<C> {
    /// The consumer.
    pub consumer: C,
    /// The store of payloads.
    pub payloads: PayloadRepository,
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
    /// The event with its payload in place, if the payload was stored separately.
    async fn whole(&self, body: &str) -> Result<Option<String>, MessageError> {
        if !body.contains(PAYLOAD_REFERENCE) {
            return Ok(None);
        }
        let mut event: Members = serde_json::from_str(body)?;
        let Some(detail) = event.get("detail") else { return Ok(None) };
        let mut detail: Members = serde_json::from_str(detail.get())?;
        let Some(reference) = detail.remove(PAYLOAD_REFERENCE) else { return Ok(None) };
        let reference: BlobRef = serde_json::from_str(reference.get())?;
        let payload = String::from_utf8(self.payloads.fetch(&reference).await?)
            .map_err(|_| PortError::Corrupt("payload: not text".to_owned()))?;
        detail.insert(PAYLOAD.to_owned(), RawValue::from_string(payload)?);
        event.insert("detail".to_owned(), serde_json::value::to_raw_value(&detail)?);
        Ok(Some(serde_json::to_string(&event)?))
    }
}

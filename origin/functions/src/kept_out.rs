//! What was erased with everybody stays out: a consumer behind this one never sees what happened
//! before the shop's tombstone, late or told again from the archive. It stands before everything
//! else, since payloads that were kept aside are erased, too.

use std::time::Duration;

use origin_domain::event::Kind;
use origin_domain::port::PortError;
use origin_domain::privacy::Tombstones;
use origin_domain::time::Time;
use serde::Deserialize;
use tokio::time::timeout;

use crate::consume::{Batch, Consumer, Message, Undone, Unfinished};

/// How long one message may take after the tombstone was looked for. Ordinary ones take
/// milliseconds, and three operations at the SDK's bound of two seconds do not fit: the queue
/// delivers again.
const MESSAGE_MAX: Duration = Duration::from_secs(5);
/// How long after a tombstone is written nobody writes any more who had not seen it: the longest
/// message, and the second that a request may be under way when its sender has given up.
pub(crate) const NOTICED_AFTER: Duration = Duration::from_secs(6);
/// Why a message is dropped, in the log.
const REASON: &str = "shop-erased";

/// A consumer that is spared what happened before everybody was erased.
#[derive(Debug, Clone)]
pub struct KeptOut<C, T> {
    /// Who consumes the rest.
    pub consumer: C,
    /// Where the tombstone is.
    pub tombstones: T,
}

/// What was decided here bears its own time.
#[derive(Deserialize)]
struct Timed {
    command: Option<Moment>,
    redemption: Option<Moment>,
}

#[derive(Deserialize)]
struct Moment {
    time: Time,
}

impl<C: Consumer, T: Tombstones + 'static> Consumer for KeptOut<C, T> {
    async fn consume(&self, batch: Batch) -> Unfinished {
        let (mut unfinished, mut dropped) = (Unfinished::default(), 0_usize);
        for message in batch.records {
            match self.is_erased(&message).await {
                Ok(false) => unfinished = unfinished.and(self.pass_on(message).await),
                Ok(true) => {
                    dropped += 1;
                    tracing::warn!(
                        id = message.message_id,
                        reason = REASON,
                        "a message is dropped"
                    );
                }
                Err(error) => unfinished.note(message.message_id, Err(error)),
            }
        }
        if dropped > 0 {
            tracing::warn!(dropped, reason = REASON, "messages were older than the erasure");
        }
        unfinished
    }
}

impl<C: Consumer, T: Tombstones> KeptOut<C, T> {
    async fn is_erased(&self, message: &Message) -> Result<bool, Undone> {
        let Some(tombstone) = self.tombstones.shop_tombstone().await? else { return Ok(false) };
        Ok(happened_at(message)?.is_some_and(|at| tombstone.covers(at)))
    }

    async fn pass_on(&self, message: Message) -> Unfinished {
        let id = message.message_id.clone();
        let passed_on = self.consumer.consume(Batch { records: vec![message] });
        timeout(MESSAGE_MAX, passed_on).await.unwrap_or_else(|_| {
            let mut unfinished = Unfinished::default();
            let reason = format!("it took over {} s", MESSAGE_MAX.as_secs());
            unfinished.note(id, Err(PortError::Unavailable(reason).into()));
            unfinished
        })
    }
}

/// When it happened: a command or a decision says so itself. Of a webhook it is when it was
/// published: Shopify tells of old orders anew once a shop that had left is back, and means it.
fn happened_at(message: &Message) -> Result<Option<Time>, Undone> {
    let envelope = message.envelope()?;
    if envelope.detail_type == Kind::ShopifyWebhook.detail_type() {
        return Ok(Time::from_rfc3339(&envelope.time));
    }
    let Timed { command, redemption } = serde_json::from_str(envelope.detail.get())?;
    Ok(command.or(redemption).map(|moment| moment.time))
}

//! Tombstone filter: drops messages about events before the shop's erasure, whether they are late
//! or replayed from the archive. It comes before the claim check, because the erasure removes
//! stored payloads, too.

use std::time::Duration;

use domain_core::event::Kind;
use domain_core::port::PortError;
use domain_core::time::Time;
use domain_privacy::Tombstones;
use serde::Deserialize;
use tokio::time::timeout;

use crate::consumers::{Batch, Consumer, Message, MessageError, Unfinished};

/// How long one message may take after the tombstone was read. Ordinary messages take milliseconds,
/// and three operations at the SDK's bound of two seconds do not fit: the queue then delivers the
/// message again.
const MESSAGE_MAX: Duration = Duration::from_secs(5);
/// How long after a tombstone is written a consumer that did not read it may still write: the
/// longest message, and the second for which a request may be in progress after its sender gave
/// up.
pub(crate) const NOTICED_AFTER: Duration = Duration::from_secs(6);
/// Why a message is dropped, in the log.
const REASON: &str = "shop-erased";

/// Gives a consumer only messages about events after the shop's erasure.
#[derive(Debug, Clone)]
pub struct TombstoneFilter<C, T> {
    /// The consumer of the other messages.
    pub consumer: C,
    /// The store of the tombstone.
    pub tombstones: T,
}

/// The time that a command's or a decision's event holds itself.
#[derive(Deserialize)]
struct Timed {
    command: Option<Moment>,
    redemption: Option<Moment>,
}

#[derive(Deserialize)]
struct Moment {
    time: Time,
}

impl<C: Consumer, T: Tombstones + 'static> Consumer for TombstoneFilter<C, T> {
    async fn consume(&self, batch: Batch) -> Unfinished {
        let (mut unfinished, mut dropped) = (Unfinished::default(), 0_usize);
        for message in batch.records {
            match self.is_erased(&message).await {
                Ok(false) => unfinished = unfinished.and(self.pass_on(message).await),
                Ok(true) => {
                    dropped += 1;
                    tracing::warn!(
                        message_id = message.message_id,
                        reason = REASON,
                        "a message is dropped"
                    );
                }
                Err(error) => unfinished.note(message.message_id, Err(error)),
            }
        }
        if dropped > 0 {
            tracing::warn!(
                count = dropped,
                reason = REASON,
                "dropped messages older than the erasure"
            );
        }
        unfinished
    }
}

impl<C: Consumer, T: Tombstones> TombstoneFilter<C, T> {
    async fn is_erased(&self, message: &Message) -> Result<bool, MessageError> {
        let Some(tombstone) = self.tombstones.shop_tombstone().await? else { return Ok(false) };
        Ok(happened_at(message)?.is_some_and(|at| tombstone.covers(at)))
    }

    async fn pass_on(&self, message: Message) -> Unfinished {
        let message_id = message.message_id.clone();
        let outcome = self.consumer.consume(Batch { records: vec![message] });
        timeout(MESSAGE_MAX, outcome).await.unwrap_or_else(|_| {
            let mut unfinished = Unfinished::default();
            let reason = format!("the message took over {} s", MESSAGE_MAX.as_secs());
            unfinished.note(message_id, Err(PortError::Unavailable(reason).into()));
            unfinished
        })
    }
}

/// When the event happened: a command or a decision holds its own time. A webhook counts from its
/// publication: Shopify sends old orders again after a shop returns, and those are valid.
fn happened_at(message: &Message) -> Result<Option<Time>, MessageError> {
    let envelope = message.envelope()?;
    if envelope.detail_type == Kind::ShopifyWebhook.detail_type() {
        return Ok(Time::from_rfc3339(&envelope.time));
    }
    let Timed { command, redemption } = serde_json::from_str(envelope.detail.get())?;
    Ok(command.or(redemption).map(|moment| moment.time))
}

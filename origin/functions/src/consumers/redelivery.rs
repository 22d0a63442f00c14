//! When a message that a consumer could not process is delivered again, and when it is given up. One
//! schedule: the local bus and the simulation have the same numbers.

use std::collections::HashMap;

use domain_core::port::PortError;
use domain_core::time::{MINUTE_MS, SECOND_MS};
use origin_adapters::{Receipt, SqsQueues};

use super::{Batch, Failure, Message, Unfinished};

/// Longest wait after the first delivery. A lost race is over by then; it doubles with each delivery.
pub const WAIT_MS_MIN: u64 = 2 * SECOND_MS;
/// Longest wait between two deliveries: twelve of them take 12 to 24 minutes together.
pub const WAIT_MS_MAX: u64 = 5 * MINUTE_MS;

/// The wait after a message was delivered so many times. Jitter takes away up to half of it, so that messages
/// that failed together do not come back together.
#[must_use]
pub fn wait_ms(deliveries: u32, random: u64) -> u64 {
    let doublings = deliveries.saturating_sub(1).min(u64::BITS - 1);
    let full = WAIT_MS_MIN.saturating_mul(1 << doublings).min(WAIT_MS_MAX);
    full - random % (full / 2 + 1)
}

/// One delivery of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Names it at its queue.
    pub receipt: Receipt,
    /// How often the message was delivered, this time included.
    pub number: u32,
}

/// The deliveries of a batch, by the ids of the messages.
pub type Deliveries = HashMap<String, Delivery>;

/// What a consumer does about messages that it could not process.
pub trait Redelivery: Send + Sync {
    /// Has a message delivered again in so many seconds.
    fn postpone(
        &self,
        delivery: &Delivery,
        seconds: u32,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Makes a message a dead letter that says why.
    fn give_up(
        &self,
        delivery: &Delivery,
        why: &[(&str, &str)],
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}

impl Redelivery for SqsQueues {
    async fn postpone(&self, delivery: &Delivery, seconds: u32) -> Result<(), PortError> {
        SqsQueues::postpone(self, &delivery.receipt, seconds).await
    }

    async fn give_up(&self, delivery: &Delivery, why: &[(&str, &str)]) -> Result<(), PortError> {
        self.send_dead(&delivery.receipt, why).await
    }
}

/// Postpones what is unfinished, by the schedule. A message that can't succeed, or was delivered
/// `deliveries_max` times, becomes a dead letter; for its queue it is then finished. What the queue does not
/// take stays as it was: hidden for the queue's own timeout, and a dead letter without a reason in the end.
pub async fn settle(
    queues: &impl Redelivery,
    deliveries: &Deliveries,
    unfinished: Unfinished,
    deliveries_max: u32,
    random: impl Fn() -> u64 + Send,
) -> Unfinished {
    let mut remaining = Unfinished::default();
    for failure in unfinished.batch_item_failures {
        let Some(delivery) = deliveries.get(&failure.item_identifier) else {
            remaining.batch_item_failures.push(failure);
            continue;
        };
        let is_last = failure.is_final || delivery.number >= deliveries_max;
        let settled = if is_last {
            let number = delivery.number.to_string();
            queues.give_up(delivery, &why(&failure, &number)).await
        } else {
            let wait_s = wait_ms(delivery.number, random()).div_ceil(SECOND_MS);
            queues.postpone(delivery, u32::try_from(wait_s).unwrap_or(u32::MAX)).await
        };
        if let Err(error) = &settled {
            let message_id = failure.item_identifier.as_str();
            tracing::error!(message_id, %error, "a message could not be postponed or given up");
        }
        if !is_last || settled.is_err() {
            remaining.batch_item_failures.push(failure);
        }
    }
    remaining
}

/// The attributes of a dead letter.
fn why<'a>(failure: &'a Failure, number: &'a str) -> [(&'a str, &'a str); 3] {
    let reason = if failure.is_final { "rejected" } else { "exhausted" };
    [("Reason", reason), ("Error", &failure.reason), ("Deliveries", number)]
}

// === impl Batch ===

impl Batch {
    /// The deliveries of its messages, as far as the queue says what is needed to act on them.
    #[must_use]
    pub fn deliveries(&self) -> Deliveries {
        let delivery = |message: &Message| {
            let Message { message_id, body, receipt_handle, event_source_arn, attributes } =
                message;
            let number = attributes.approximate_receive_count.parse().ok()?;
            let (queue_arn, handle) = (event_source_arn.clone(), receipt_handle.clone());
            let receipt = Receipt { queue_arn, handle, body: body.clone() };
            let is_known = !receipt.queue_arn.is_empty() && !receipt.handle.is_empty();
            is_known.then(|| (message_id.clone(), Delivery { receipt, number }))
        };
        self.records.iter().filter_map(delivery).collect()
    }
}

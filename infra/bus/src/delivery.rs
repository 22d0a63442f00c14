//! The delivery of one batch to its target, and the outcome of each of its messages.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;
use tokio::time::timeout;

use crate::clock::Clock;
use crate::config::Queue;
use crate::error::StoreError;
use crate::faults::{Faults, InvocationFault};
use crate::queue_state::QueueState;
use crate::rng::{Draw, rng};
use crate::sqs::{Failure, event_of, failures_in, message_id};
use crate::store::Store;
use crate::store::messages::{Ending, Leased, settle};

/// The wait before the next attempt after a database has failed to record an ending.
const SETTLE_REST: Duration = Duration::from_secs(1);

/// Longest reason stored with a dead letter, in bytes: a stack trace, not a core dump.
const REASON_BYTES_MAX: usize = 4_096;

/// The state that all deliveries of a bus share.
pub(crate) struct Context {
    pub(crate) store: Store,
    pub(crate) faults: Faults,
    pub(crate) seed: u64,
    pub(crate) clock: Clock,
}

/// A batch in flight.
pub(crate) struct Delivery {
    queue_state: Arc<QueueState>,
    context: Arc<Context>,
    batch: Vec<Leased>,
}

/// The outcome of an invocation: the failed messages, or one reason for all.
type Outcome = Result<HashMap<String, Failure>, String>;

// === impl Delivery ===

impl Delivery {
    pub(crate) fn new(
        queue_state: Arc<QueueState>,
        context: Arc<Context>,
        batch: Vec<Leased>,
    ) -> Self {
        Self { queue_state, context, batch }
    }

    /// Invokes the target and records each message's ending.
    pub(crate) async fn run(mut self) {
        let mut rng = self.rng(Draw::Delivery);
        self.context.faults.reorder(&mut self.batch, &mut rng);
        let fault = self.context.faults.invocation_fault(&mut rng);
        let outcome = if self.is_exhausted() {
            Err("the process ended during the last attempt".to_owned())
        } else {
            self.invoke(fault).await
        };
        self.settle(&outcome).await;
    }

    /// A message received more often than allowed was in flight when the process ended. It is not
    /// tried again: it may be the cause.
    fn is_exhausted(&self) -> bool {
        self.batch.iter().any(|message| message.received > self.queue_state.queue.max_receive_count)
    }

    async fn invoke(&self, fault: InvocationFault) -> Outcome {
        if fault == InvocationFault::BeforeCall {
            return Err("fault: the target was not reached".to_owned());
        }
        let event = event_of(&self.queue_state.origin, &self.batch)
            .map_err(|error| format!("the batch cannot be written: {error}"))?;
        // In a separate task, so that a panic of the target fails only the invocation.
        let target = Arc::clone(&self.queue_state.target);
        let mut call = tokio::spawn(async move { target.invoke(Bytes::from(event)).await });
        let limit = self.queue_state.queue.invoke_timeout;
        let _abandon = AbortOnDrop(call.abort_handle());
        let answer = match timeout(limit, &mut call).await {
            Err(_) => return Err(format!("timed out after {} ms", limit.as_millis())),
            Ok(Err(_)) => return Err("the target panicked".to_owned()),
            Ok(Ok(answer)) => answer.map_err(|error| error.to_string())?,
        };
        if fault == InvocationFault::AnswerLost {
            return Err("fault: the target's answer was lost".to_owned());
        }
        let ids: Vec<String> = self.batch.iter().map(|m| self.message_id(m)).collect();
        failures_in(&answer, &ids)
    }

    /// Records the endings. It retries until the database succeeds or is closed, because a message
    /// without an ending would wait for the next start of the process.
    async fn settle(&self, outcome: &Outcome) {
        loop {
            let endings: Vec<_> = self
                .batch
                .iter()
                .map(|message| (message.seq, self.ending(message, outcome)))
                .collect();
            let again = |(_, ending): &&(u64, Ending)| matches!(ending, Ending::Again { .. });
            let retried = endings.iter().filter(again).count();
            let finished = (endings.len() - retried) as u64;
            let queue_state = Arc::clone(&self.queue_state);
            let settled = self.context.store.run_then(
                move |transaction| settle(transaction, &endings),
                move |()| queue_state.finished(finished),
            );
            match settled.await {
                Ok(()) | Err(StoreError::Closed) => return,
                Err(StoreError::Failed(_)) => tokio::time::sleep(SETTLE_REST).await,
            }
        }
    }

    fn ending(&self, message: &Leased, outcome: &Outcome) -> Ending {
        let queue = &self.queue_state.queue;
        let (reason, is_final) = match outcome {
            Err(reason) => (reason.as_str(), false),
            Ok(failures) => match failures.get(&self.message_id(message)) {
                None => return Ending::Done,
                Some(Failure { reason, is_final }) => {
                    (reason.as_deref().unwrap_or("the target gave no reason"), *is_final)
                }
            },
        };
        let (attempt, now_ms) = (message.received, self.context.clock.now_ms());
        if is_final || attempt >= queue.max_receive_count {
            tracing::warn!(queue = queue.name, attempt, reason, "a message became a dead letter");
            return Ending::Dead { reason: shortened(reason), died_ms: now_ms };
        }
        tracing::debug!(queue = queue.name, attempt, reason, "a delivery failed");
        let parts = [message.seq, u64::from(attempt)];
        let mut rng = rng(self.context.seed, Draw::Backoff, parts);
        Ending::Again { due_ms: now_ms + backoff_ms(queue, attempt, &mut rng) }
    }

    fn message_id(&self, message: &Leased) -> String {
        message_id(&self.queue_state.origin, message.seq)
    }

    /// A generator that depends on the first message and its attempt, not on the time of delivery.
    fn rng(&self, draw: Draw) -> Rng {
        let parts = self.batch.first().map_or([0, 0], |m| [m.seq, u64::from(m.received)]);
        rng(self.context.seed, draw, parts)
    }
}

/// Aborts the invocation when its delivery is dropped.
struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Doubles with every attempt up to the bound; the jitter takes away up to half of that.
fn backoff_ms(queue: &Queue, attempt: u32, rng: &mut Rng) -> u64 {
    let doubled = queue.backoff_base.saturating_mul(2_u32.saturating_pow(attempt - 1));
    let full = u64::try_from(doubled.min(queue.backoff_max).as_millis()).unwrap_or(u64::MAX);
    full - rng.u64(..=full / 2)
}

fn shortened(reason: &str) -> String {
    let end =
        (0..=REASON_BYTES_MAX.min(reason.len())).rev().find(|end| reason.is_char_boundary(*end));
    reason[..end.unwrap_or(0)].to_owned()
}

//! Leases batches from one queue and delivers them, a bounded number at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::delivery::{Context, Delivery};
use crate::queue_state::{Mode, QueueState};
use crate::store::messages::{Lease, LeaseRequest, Leased, lease};

/// The wait after a failure of the database.
const STORE_REST: Duration = Duration::from_secs(1);

/// One queue's poller.
pub(crate) struct Poller {
    queue_state: Arc<QueueState>,
    context: Arc<Context>,
    mode: watch::Receiver<Mode>,
    in_flight: JoinSet<Lane>,
    retries_in_flight: usize,
}

/// Whether a batch is a first attempt or a retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lane {
    First,
    Retry,
}

// === impl Poller ===

impl Poller {
    pub(crate) fn new(queue_state: Arc<QueueState>, context: Arc<Context>) -> Self {
        let mode = queue_state.mode.subscribe();
        Self { queue_state, context, mode, in_flight: JoinSet::new(), retries_in_flight: 0 }
    }

    /// Polls the queue until its mode is `Stopping`, then waits for the deliveries in flight.
    pub(crate) async fn run(mut self) {
        loop {
            let mode = *self.mode.borrow_and_update();
            if mode == Mode::Stopping {
                break;
            }
            let free = self.in_flight.len() < self.queue_state.queue.concurrency_max;
            let next_due_ms = if mode == Mode::Serving && free {
                match self.take().await {
                    Some(Lease::Batch(batch)) => {
                        self.dispatch(batch);
                        continue;
                    }
                    Some(Lease::NothingUntil(next_due_ms)) => next_due_ms,
                    None => Some(self.context.clock.now_ms() + ms(STORE_REST)),
                }
            } else {
                None
            };
            self.wait(next_due_ms).await;
        }
        while self.in_flight.join_next().await.is_some() {}
    }

    /// Never cancelled half-way: a batch that is leased is always dispatched.
    async fn take(&self) -> Option<Lease> {
        let request = LeaseRequest {
            queue: self.queue_state.queue.name.clone(),
            batch_max: self.queue_state.queue.batch_max,
            retries: self.accepts_retries(),
            now_ms: self.context.clock.now_ms(),
        };
        self.context.store.run(move |transaction| lease(transaction, &request)).await.ok()
    }

    /// The last free slot is reserved for messages that have not failed yet, so that many failing
    /// or slow ones cannot take all slots.
    fn accepts_retries(&self) -> bool {
        let slots = self.queue_state.queue.concurrency_max;
        slots == 1 || self.retries_in_flight < slots - 1
    }

    fn dispatch(&mut self, batch: Vec<Leased>) {
        let retry = batch.iter().any(|message| message.received > 1);
        let lane = if retry { Lane::Retry } else { Lane::First };
        self.retries_in_flight += usize::from(retry);
        let delivery =
            Delivery::new(Arc::clone(&self.queue_state), Arc::clone(&self.context), batch);
        self.in_flight.spawn(async move {
            delivery.run().await;
            lane
        });
    }

    /// Waits for the next poll: after an arrival, a free slot, a message falling due, a change of
    /// mode.
    async fn wait(&mut self, next_due_ms: Option<u64>) {
        let clock = self.context.clock;
        let due = async {
            match next_due_ms {
                Some(at_ms) => tokio::time::sleep_until(clock.instant_of(at_ms)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // The sender belongs to `queue_state`, so a change is the only way this ends.
            _ = self.mode.changed() => {}
            Some(done) = self.in_flight.join_next() => {
                // A delivery that panicked returns no lane; it was at most one retry.
                let retry = done.map_or(self.retries_in_flight > 0, |lane| lane == Lane::Retry);
                self.retries_in_flight -= usize::from(retry);
            }
            () = self.queue_state.arrivals.notified() => {}
            () = due => {}
        }
    }
}

pub(crate) fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

//! Takes batches out of one queue and has them delivered, a bounded number at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::delivery::{Delivery, World};
use crate::line::{Line, Mode};
use crate::store::messages::{Appetite, Lease, Leased, lease};

/// How long to leave a database alone that has just failed.
const STORE_REST: Duration = Duration::from_secs(1);

/// One queue's poller.
pub(crate) struct Poller {
    line: Arc<Line>,
    world: Arc<World>,
    mode: watch::Receiver<Mode>,
    in_flight: JoinSet<Lane>,
    retries_in_flight: usize,
}

/// Which way a batch travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lane {
    First,
    Retry,
}

// === impl Poller ===

impl Poller {
    pub(crate) fn new(line: Arc<Line>, world: Arc<World>) -> Self {
        let mode = line.mode.subscribe();
        Self { line, world, mode, in_flight: JoinSet::new(), retries_in_flight: 0 }
    }

    /// Serves the queue until it is told to stop, then waits for what is being delivered.
    pub(crate) async fn run(mut self) {
        loop {
            let mode = *self.mode.borrow_and_update();
            if mode == Mode::Stopping {
                break;
            }
            let free = self.in_flight.len() < self.line.queue.concurrency_max;
            let next_due_ms = if mode == Mode::Serving && free {
                match self.take().await {
                    Some(Lease::Batch(batch)) => {
                        self.dispatch(batch);
                        continue;
                    }
                    Some(Lease::NothingUntil(next_due_ms)) => next_due_ms,
                    None => Some(self.world.clock.now_ms() + ms(STORE_REST)),
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
        let appetite = Appetite {
            queue: self.line.queue.name.clone(),
            batch_max: self.line.queue.batch_max,
            retries: self.retries_welcome(),
            now_ms: self.world.clock.now_ms(),
        };
        self.world.store.run(move |transaction| lease(transaction, &appetite)).await.ok()
    }

    /// The last free place is kept for messages that have not failed yet, so that a crowd of dead
    /// or slow ones cannot take them all.
    fn retries_welcome(&self) -> bool {
        let places = self.line.queue.concurrency_max;
        places == 1 || self.retries_in_flight < places - 1
    }

    fn dispatch(&mut self, batch: Vec<Leased>) {
        let retry = batch.iter().any(|message| message.received > 1);
        let lane = if retry { Lane::Retry } else { Lane::First };
        self.retries_in_flight += usize::from(retry);
        let delivery = Delivery::new(Arc::clone(&self.line), Arc::clone(&self.world), batch);
        self.in_flight.spawn(async move {
            delivery.run().await;
            lane
        });
    }

    /// Waits for a reason to look again: an arrival, a free place, a message falling due, a switch.
    async fn wait(&mut self, next_due_ms: Option<u64>) {
        let clock = self.world.clock;
        let due = async {
            match next_due_ms {
                Some(at_ms) => tokio::time::sleep_until(clock.instant_of(at_ms)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // The sender lives in `line`, so a change is the only way this ends.
            _ = self.mode.changed() => {}
            Some(done) = self.in_flight.join_next() => {
                // A delivery that panicked leaves no lane behind; it was at most one retry.
                let retry = done.map_or(self.retries_in_flight > 0, |lane| lane == Lane::Retry);
                self.retries_in_flight -= usize::from(retry);
            }
            () = self.line.arrivals.notified() => {}
            () = due => {}
        }
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

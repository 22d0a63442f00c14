//! Connects the queue with time and a sender.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::delivery::{Delivery, Event};
use super::queue::{PublishError, Queue};
use super::sender::Sender;
use crate::clock::Clock;

/// Most attempts at a time.
pub const CONCURRENCY_MAX: usize = 16;

/// Delivers what the queue holds. Clones share it.
#[derive(Clone)]
pub struct Dispatcher(Arc<Shared>);

struct Shared {
    queue: Mutex<Queue>,
    sender: Arc<dyn Sender>,
    clock: Clock,
    concurrency: usize,
    published: Notify,
}

// === impl Dispatcher ===

impl Dispatcher {
    /// A dispatcher with up to `concurrency` attempts at a time, from 1 to [`CONCURRENCY_MAX`]. With
    /// one at a time deliveries arrive in the order in which they are due.
    #[must_use]
    pub fn new(queue: Queue, sender: Arc<dyn Sender>, clock: Clock, concurrency: usize) -> Self {
        let concurrency = concurrency.clamp(1, CONCURRENCY_MAX);
        let (queue, published) = (Mutex::new(queue), Notify::new());
        Self(Arc::new(Shared { queue, sender, clock, concurrency, published }))
    }

    /// The queue, for its operator.
    pub fn queue(&self) -> MutexGuard<'_, Queue> {
        // Each change of the queue is complete before anything in it could panic.
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues an event; how many deliveries that makes.
    ///
    /// # Errors
    /// [`PublishError`].
    pub fn publish(&self, event: &Event) -> Result<usize, PublishError> {
        self.publish_at(event, self.0.clock.now_ms())
    }

    /// Queues an event that happens at `at_ms`; how many deliveries that makes.
    ///
    /// # Errors
    /// [`PublishError`].
    pub fn publish_at(&self, event: &Event, at_ms: u64) -> Result<usize, PublishError> {
        let count = self.queue().publish(event, at_ms)?;
        self.0.published.notify_one();
        Ok(count)
    }

    /// Makes one attempt of each delivery that is due now; how many.
    pub async fn deliver_due(&self) -> usize {
        let mut attempts = JoinSet::new();
        let mut count = 0;
        loop {
            count += self.begin_due(&mut attempts);
            if attempts.join_next().await.is_none() {
                return count;
            }
        }
    }

    /// Begins as many attempts of what is due as there is room for; how many.
    fn begin_due(&self, attempts: &mut JoinSet<()>) -> usize {
        let mut count = 0;
        while attempts.len() < self.0.concurrency {
            let Some(delivery) = self.queue().take_due(self.0.clock.now_ms()) else { break };
            count += 1;
            attempts.spawn(self.clone().attempt(delivery));
        }
        count
    }

    async fn attempt(self, delivery: Delivery) {
        let outcome = self.0.sender.send(&delivery).await;
        self.queue().finish(delivery.id, outcome, self.0.clock.now_ms());
    }

    /// Delivers until the future is dropped. An attempt that hangs takes one place, and what is
    /// published or due meanwhile takes the others.
    pub async fn run(&self) {
        let mut attempts = JoinSet::new();
        loop {
            self.begin_due(&mut attempts);
            let has_room = attempts.len() < self.0.concurrency;
            let due_ms = self.queue().next_due_ms().filter(|_| has_room);
            let due = async {
                match due_ms {
                    Some(due_ms) => self.0.clock.sleep_until(due_ms).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = due => {}
                () = self.0.published.notified(), if has_room => {}
                Some(_) = attempts.join_next() => {}
            }
        }
    }
}

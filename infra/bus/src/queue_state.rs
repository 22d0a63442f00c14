//! One queue while the bus runs: its message count, its mode, and its notifications.

use std::sync::Arc;

use tokio::sync::{Notify, watch};

use crate::config::Queue;
use crate::sqs::Origin;
use crate::target::Target;

/// Whether a queue's poller hands messages out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Serving,
    Paused,
    Stopping,
}

/// A queue, its target, and the state that its poller and the bus share.
pub(crate) struct QueueState {
    pub(crate) queue: Queue,
    pub(crate) origin: Origin,
    pub(crate) target: Arc<dyn Target>,
    pub(crate) mode: watch::Sender<Mode>,
    /// Messages in the queue, including those in delivery. Changed right after each commit.
    unfinished: watch::Sender<u64>,
    /// Notified when messages arrive.
    pub(crate) arrivals: Notify,
}

// === impl QueueState ===

impl QueueState {
    pub(crate) fn new(
        queue: Queue,
        origin: Origin,
        target: Arc<dyn Target>,
        unfinished: u64,
        mode: Mode,
    ) -> Self {
        Self {
            queue,
            origin,
            target,
            mode: watch::Sender::new(mode),
            unfinished: watch::Sender::new(unfinished),
            arrivals: Notify::new(),
        }
    }

    pub(crate) fn switch(&self, to: Mode) {
        self.mode.send_if_modified(|mode| {
            let change = *mode != Mode::Stopping && *mode != to;
            if change {
                *mode = to;
            }
            change
        });
    }

    pub(crate) fn arrived(&self, messages: u64) {
        if messages > 0 {
            self.unfinished.send_modify(|unfinished| *unfinished += messages);
            self.arrivals.notify_one();
        }
    }

    pub(crate) fn finished(&self, messages: u64) {
        self.unfinished.send_modify(|unfinished| *unfinished -= messages);
    }

    pub(crate) fn unfinished(&self) -> u64 {
        *self.unfinished.borrow()
    }

    /// Resolves when the queue is empty and no delivery is in flight.
    pub(crate) async fn drained(&self) {
        let mut unfinished = self.unfinished.subscribe();
        // `self` owns the sender, so waiting cannot fail.
        _ = unfinished.wait_for(|unfinished| *unfinished == 0).await;
    }
}

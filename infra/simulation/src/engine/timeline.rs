//! Virtual time. It stands still while any task is ready and then jumps to the next alarm, so a
//! world of months takes milliseconds.

use std::cmp::Ordering as Order;
use std::collections::BinaryHeap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::rng::Rng;

/// The clock of a world. Clones share one clock.
#[derive(Clone)]
pub(crate) struct Timeline(Arc<Shared>);

struct Shared {
    now_ms: AtomicU64,
    alarms: Mutex<BinaryHeap<Alarm>>,
    rng: Rng,
}

struct Alarm {
    due_ms: u64,
    /// A random number orders the alarms due at the same moment.
    turn: u64,
    waker: Waker,
}

/// A future that is ready at a moment.
pub(crate) struct Sleep {
    timeline: Timeline,
    due_ms: u64,
    is_set: bool,
}

// === impl Timeline ===

impl Timeline {
    pub(crate) fn starting_at(now_ms: u64, rng: Rng) -> Self {
        let (now_ms, alarms) = (AtomicU64::new(now_ms), Mutex::default());
        Self(Arc::new(Shared { now_ms, alarms, rng }))
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.0.now_ms.load(Ordering::Relaxed)
    }

    /// Sets the time without waking any alarm.
    #[cfg(test)]
    pub(crate) fn set_ms(&self, now_ms: u64) {
        self.0.now_ms.store(now_ms, Ordering::Relaxed);
    }

    /// Waits for `ms`; zero does not even yield.
    pub(crate) fn sleep(&self, ms: u64) -> Sleep {
        self.sleep_until(self.now_ms() + ms)
    }

    pub(crate) fn sleep_until(&self, due_ms: u64) -> Sleep {
        Sleep { timeline: self.clone(), due_ms, is_set: false }
    }

    /// The output of `future` if it is ready within `ms`.
    pub(crate) async fn within<T>(&self, ms: u64, future: impl Future<Output = T>) -> Option<T> {
        let mut future = pin!(future);
        let mut sleep = pin!(self.sleep(ms));
        std::future::poll_fn(|context| {
            if let Poll::Ready(value) = future.as_mut().poll(context) {
                return Poll::Ready(Some(value));
            }
            sleep.as_mut().poll(context).map(|()| None)
        })
        .await
    }

    /// Advances to the next alarm and wakes it; `false` without an alarm.
    pub(crate) fn advance(&self) -> bool {
        let Some(alarm) = self.alarms().pop() else { return false };
        self.0.now_ms.fetch_max(alarm.due_ms, Ordering::Relaxed);
        alarm.waker.wake();
        true
    }

    fn alarms(&self) -> MutexGuard<'_, BinaryHeap<Alarm>> {
        self.0.alarms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Sleep ===

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.timeline.now_ms() >= self.due_ms {
            return Poll::Ready(());
        }
        if !self.is_set {
            self.is_set = true;
            let (due_ms, turn) = (self.due_ms, self.timeline.0.rng.next_u64());
            let waker = context.waker().clone();
            self.timeline.alarms().push(Alarm { due_ms, turn, waker });
        }
        Poll::Pending
    }
}

// === impl Alarm ===

impl Ord for Alarm {
    /// The earliest alarm is the greatest: the heap pops the greatest first.
    fn cmp(&self, other: &Self) -> Order {
        (other.due_ms, other.turn).cmp(&(self.due_ms, self.turn))
    }
}

impl PartialOrd for Alarm {
    fn partial_cmp(&self, other: &Self) -> Option<Order> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Alarm {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Order::Equal
    }
}

impl Eq for Alarm {}

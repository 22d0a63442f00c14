//! Single flight: the running loads, at most one per key that callers may join, and their order.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::cached_value::LoadStart;

/// How a load must read the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consistency {
    /// Any replica may answer: the version is checked against the floor.
    Eventual,
    /// The read must reflect every write acknowledged before it began.
    Strong,
}

/// The outcome of a load, which its leader sends to its followers.
#[derive(Debug)]
pub(crate) struct LoadOutcome<V, E> {
    pub(crate) start: LoadStart,
    pub(crate) consistency: Consistency,
    pub(crate) result: Result<Arc<V>, Arc<E>>,
}

type OutcomeReceiver<V, E> = watch::Receiver<Option<LoadOutcome<V, E>>>;

/// A caller's role in a load.
pub(crate) enum Role<'a, V, E> {
    /// This caller loads, and completes or drops the leader.
    Leader(Leader<'a, V, E>),
    /// Another caller loads.
    Follower(Follower<V, E>),
}

/// The caller that loads. Dropped without an outcome (cancelled, panicked) it frees the key, and
/// one of the followers becomes the next leader.
pub(crate) struct Leader<'a, V, E> {
    loads: &'a Loads<V, E>,
    key: String,
    pub(crate) start: LoadStart,
    pub(crate) consistency: Consistency,
    sender: watch::Sender<Option<LoadOutcome<V, E>>>,
}

/// A caller that waits for another's load.
pub(crate) struct Follower<V, E>(OutcomeReceiver<V, E>);

/// The running loads. There is at most one per waiting call, so the caller's concurrency limit is
/// the bound.
pub(crate) struct Loads<V, E> {
    // The critical sections are a few map operations and never await.
    state: Mutex<State<V, E>>,
}

struct State<V, E> {
    /// The number assigned last.
    last: u64,
    /// Loads with this number or a lower one may have read values invalidated since.
    invalidated: u64,
    loads: HashMap<String, Load<V, E>>,
}

struct Load<V, E> {
    number: u64,
    consistency: Consistency,
    receiver: OutcomeReceiver<V, E>,
}

// === impl LoadOutcome ===

// A derived implementation would require `V: Clone` and `E: Clone`.
impl<V, E> Clone for LoadOutcome<V, E> {
    fn clone(&self) -> Self {
        let Self { start, consistency, ref result } = *self;
        Self { start, consistency, result: result.clone() }
    }
}

// === impl Loads ===

impl<V, E> Loads<V, E> {
    pub(crate) fn new() -> Self {
        Self { state: Mutex::new(State { last: 0, invalidated: 0, loads: HashMap::new() }) }
    }

    /// The current position: loads that start later have a greater number.
    pub(crate) fn position(&self) -> u64 {
        self.state().last
    }

    /// Starts a load that other callers can't join.
    pub(crate) fn begin(&self, now_ms: u64) -> LoadStart {
        LoadStart { number: self.state().next_number(), at_ms: now_ms }
    }

    /// Prevents all loads begun until now from being cached or joined.
    pub(crate) fn invalidate(&self) {
        let mut state = self.state();
        state.invalidated = state.last;
    }

    /// Whether no invalidation followed the start of this load.
    pub(crate) fn is_current(&self, start: LoadStart) -> bool {
        start.number > self.state().invalidated
    }

    /// Joins the running load of `key`, or begins one. A caller that needs a strong read joins only
    /// strong reads; the one it begins replaces an eventual one, whose followers continue to wait
    /// for that.
    pub(crate) fn join_or_lead(
        &self,
        key: &str,
        needed: Consistency,
        now_ms: u64,
    ) -> Role<'_, V, E> {
        let mut state = self.state();
        let invalidated = state.invalidated;
        if let Some(load) = state.loads.get(key)
            && load.number > invalidated
            && (needed == Consistency::Eventual || load.consistency == Consistency::Strong)
        {
            return Role::Follower(Follower(load.receiver.clone()));
        }
        let number = state.next_number();
        let (sender, receiver) = watch::channel(None);
        state.loads.insert(key.to_owned(), Load { number, consistency: needed, receiver });
        let start = LoadStart { number, at_ms: now_ms };
        Role::Leader(Leader {
            loads: self,
            key: key.to_owned(),
            start,
            consistency: needed,
            sender,
        })
    }
}

impl<V, E> Loads<V, E> {
    fn state(&self) -> MutexGuard<'_, State<V, E>> {
        // Nothing in the critical sections panics between two changes that belong together.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl State ===

impl<V, E> State<V, E> {
    fn next_number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }
}

// === impl Leader ===

impl<V, E> Leader<'_, V, E> {
    /// Frees the key, then notifies the followers, so that one that needs a later load can begin
    /// it at once.
    pub(crate) fn complete(self, result: Result<Arc<V>, Arc<E>>) -> LoadOutcome<V, E> {
        let outcome = LoadOutcome { start: self.start, consistency: self.consistency, result };
        self.release();
        self.sender.send_replace(Some(outcome.clone()));
        outcome
    }

    fn release(&self) {
        let mut state = self.loads.state();
        if state.loads.get(&self.key).is_some_and(|load| load.number == self.start.number) {
            state.loads.remove(&self.key);
        }
    }
}

impl<V, E> Drop for Leader<'_, V, E> {
    fn drop(&mut self) {
        self.release();
    }
}

// === impl Follower ===

impl<V, E> Follower<V, E> {
    /// Waits for the load's outcome; `None` if its leader was dropped.
    pub(crate) async fn outcome(mut self) -> Option<LoadOutcome<V, E>> {
        self.0.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone())
    }
}

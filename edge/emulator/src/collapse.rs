//! Request collapsing: of the concurrent misses of one key, one leads and fills the cache, and the
//! others wait for it.
//!
//! The `Leader` is an obligation. Its holder either completes it, which answers or releases all
//! followers, or drops it (panic, time-out, a viewer that left): then exactly one follower inherits
//! it.

use std::collections::VecDeque;
use std::collections::hash_map::{Entry, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::key::CacheKey;

/// The fills in progress: the waiting followers by key.
pub(crate) struct Fills<V>(Mutex<HashMap<CacheKey, VecDeque<Waiter<V>>>>);

/// A waiting follower, and the generation at which it joined.
struct Waiter<V> {
    generation: u64,
    wake: oneshot::Sender<Wake<V>>,
}

/// A request's role in the fill of its key.
pub(crate) enum Role<V> {
    Leader(Leader<V>),
    Follower(Follower<V>),
}

/// The obligation to fetch on behalf of all followers.
pub(crate) struct Leader<V> {
    fills: Arc<Fills<V>>,
    key: Option<CacheKey>,
}

/// The right to be woken.
pub(crate) struct Follower<V>(oneshot::Receiver<Wake<V>>);

/// The message that wakes a follower.
pub(crate) enum Wake<V> {
    /// The leader left: this follower takes over.
    Lead(Leader<V>),
    /// The leader's answer, shared.
    Share(V),
    /// The leader's answer is not shareable: fetch (9.3).
    Alone,
    /// The answer was invalidated before this follower joined: join again.
    Again,
}

/// How a fill ends for its followers.
pub(crate) enum Completion<V> {
    /// For all followers, except those that joined after the invalidation of this number.
    Shared(V, Option<u64>),
    Alone,
}

// === impl Fills ===

impl<V> Fills<V> {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(HashMap::new())))
    }

    /// Leads if there is no leader, follows otherwise; `generation` is the current one of the
    /// invalidations.
    pub(crate) fn join_or_lead(self: &Arc<Self>, key: &CacheKey, generation: u64) -> Role<V> {
        match self.lock().entry(key.clone()) {
            Entry::Vacant(vacant) => {
                vacant.insert(VecDeque::new());
                Role::Leader(self.leader(key.clone()))
            }
            Entry::Occupied(mut waiters) => {
                let (wake, woken) = oneshot::channel();
                waiters.get_mut().push_back(Waiter { generation, wake });
                Role::Follower(Follower(woken))
            }
        }
    }

    /// Leads if there is no leader: for a refresh without followers.
    pub(crate) fn lead(self: &Arc<Self>, key: &CacheKey) -> Option<Leader<V>> {
        match self.lock().entry(key.clone()) {
            Entry::Vacant(vacant) => {
                vacant.insert(VecDeque::new());
                Some(self.leader(key.clone()))
            }
            Entry::Occupied(_) => None,
        }
    }

    fn leader(self: &Arc<Self>, key: CacheKey) -> Leader<V> {
        Leader { fills: Arc::clone(self), key: Some(key) }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CacheKey, VecDeque<Waiter<V>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Leader ===

impl<V> Leader<V> {
    /// Ends the fill and wakes all followers.
    pub(crate) fn complete(mut self, completion: &Completion<V>)
    where
        V: Clone,
    {
        let Some(key) = self.key.take() else { return };
        let waiters = self.fills.lock().remove(&key).unwrap_or_default();
        for waiter in waiters {
            let wake = match completion {
                Completion::Alone => Wake::Alone,
                Completion::Shared(_, Some(invalidation)) if waiter.generation > *invalidation => {
                    Wake::Again
                }
                Completion::Shared(value, _) => Wake::Share(value.clone()),
            };
            // A follower that left needs no answer.
            let _ = waiter.wake.send(wake);
        }
    }
}

impl<V> Drop for Leader<V> {
    /// Not completed: the first follower that still waits takes over.
    fn drop(&mut self) {
        let Some(key) = self.key.take() else { return };
        loop {
            let mut fills = self.fills.lock();
            let Some(waiter) = fills.get_mut(&key).and_then(VecDeque::pop_front) else {
                fills.remove(&key);
                return;
            };
            drop(fills);
            match waiter.wake.send(Wake::Lead(self.fills.leader(key.clone()))) {
                Ok(()) => return,
                // Without its key it is dropped without another turn of this.
                Err(Wake::Lead(mut undelivered)) => drop(undelivered.key.take()),
                Err(_) => {}
            }
        }
    }
}

// === impl Follower ===

impl<V> Follower<V> {
    /// Waits for the leader; a fill always ends, by completion or because its leader is dropped.
    pub(crate) async fn wait(self) -> Wake<V> {
        self.0.await.unwrap_or(Wake::Again)
    }
}

//! Request collapsing: one viewer's miss is an obligation, a `Flight`, that others wait for.
//!
//! The holder of the `Flight` either lands it, which serves or releases all followers, or drops it
//! (panic, time-out, a viewer that left): then exactly one follower inherits it.

use std::collections::VecDeque;
use std::collections::hash_map::{Entry, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::key::CacheKey;

/// The flights in progress, by key.
pub(crate) struct Flights<V>(Mutex<HashMap<CacheKey, VecDeque<Seat<V>>>>);

/// A waiting follower, and the generation at which it boarded.
struct Seat<V> {
    generation: u64,
    wake: oneshot::Sender<Wake<V>>,
}

/// How a request takes part.
pub(crate) enum Boarding<V> {
    Leader(Flight<V>),
    Follower(Follower<V>),
}

/// The obligation to fetch on behalf of all followers.
pub(crate) struct Flight<V> {
    flights: Arc<Flights<V>>,
    key: Option<CacheKey>,
}

/// The right to be woken.
pub(crate) struct Follower<V>(oneshot::Receiver<Wake<V>>);

/// The message that wakes a follower.
pub(crate) enum Wake<V> {
    /// The leader left: this follower takes over.
    Lead(Flight<V>),
    /// The leader's answer, shared.
    Share(V),
    /// The leader's answer is not shareable: fetch (9.3).
    Alone,
    /// The answer was invalidated before this follower boarded: board again.
    Again,
}

/// How a flight ends.
pub(crate) enum Landing<V> {
    /// For all followers, except those that boarded after the invalidation of this number.
    Shared(V, Option<u64>),
    Alone,
}

// === impl Flights ===

impl<V> Flights<V> {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(HashMap::new())))
    }

    /// Leads if there is no leader, follows otherwise; `generation` is the current one of the
    /// invalidations.
    pub(crate) fn board(self: &Arc<Self>, key: &CacheKey, generation: u64) -> Boarding<V> {
        match self.lock().entry(key.clone()) {
            Entry::Vacant(vacant) => {
                vacant.insert(VecDeque::new());
                Boarding::Leader(self.flight(key.clone()))
            }
            Entry::Occupied(mut seats) => {
                let (wake, woken) = oneshot::channel();
                seats.get_mut().push_back(Seat { generation, wake });
                Boarding::Follower(Follower(woken))
            }
        }
    }

    /// Leads if there is no leader: for a refresh without followers.
    pub(crate) fn lead(self: &Arc<Self>, key: &CacheKey) -> Option<Flight<V>> {
        match self.lock().entry(key.clone()) {
            Entry::Vacant(vacant) => {
                vacant.insert(VecDeque::new());
                Some(self.flight(key.clone()))
            }
            Entry::Occupied(_) => None,
        }
    }

    fn flight(self: &Arc<Self>, key: CacheKey) -> Flight<V> {
        Flight { flights: Arc::clone(self), key: Some(key) }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CacheKey, VecDeque<Seat<V>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Flight ===

impl<V> Flight<V> {
    /// Ends the flight and wakes all followers.
    pub(crate) fn land(mut self, landing: &Landing<V>)
    where
        V: Clone,
    {
        let Some(key) = self.key.take() else { return };
        let seats = self.flights.lock().remove(&key).unwrap_or_default();
        for seat in seats {
            let wake = match landing {
                Landing::Alone => Wake::Alone,
                Landing::Shared(_, Some(invalidation)) if seat.generation > *invalidation => {
                    Wake::Again
                }
                Landing::Shared(value, _) => Wake::Share(value.clone()),
            };
            // A follower that left needs no answer.
            let _ = seat.wake.send(wake);
        }
    }
}

impl<V> Drop for Flight<V> {
    /// Not landed: the first follower that still waits takes over.
    fn drop(&mut self) {
        let Some(key) = self.key.take() else { return };
        loop {
            let mut flights = self.flights.lock();
            let Some(seat) = flights.get_mut(&key).and_then(VecDeque::pop_front) else {
                flights.remove(&key);
                return;
            };
            drop(flights);
            match seat.wake.send(Wake::Lead(self.flights.flight(key.clone()))) {
                Ok(()) => return,
                Err(Wake::Lead(mut undelivered)) => drop(undelivered.key.take()),
                Err(_) => {}
            }
        }
    }
}

// === impl Follower ===

impl<V> Follower<V> {
    /// Waits for the leader; a flight always ends, by landing or by being dropped.
    pub(crate) async fn wait(self) -> Wake<V> {
        self.0.await.unwrap_or(Wake::Again)
    }
}

//! The loads under way: at most one per key that callers may join, and who began before whom.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::entry::Begun;

/// How a load must read the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consistency {
    /// Any replica will do: what it says is checked against the floor.
    Eventual,
    /// The read must reflect every write acknowledged before it began.
    Strong,
}

/// What a load came to, as its leader tells its followers.
#[derive(Debug)]
pub(crate) struct Landing<V, E> {
    pub(crate) begun: Begun,
    pub(crate) consistency: Consistency,
    pub(crate) result: Result<Arc<V>, Arc<E>>,
}

type Announcement<V, E> = watch::Receiver<Option<Landing<V, E>>>;

/// The part a caller plays in a load.
pub(crate) enum Seat<'a, K: Eq + Hash, V, E> {
    /// This caller loads. The obligation ends by landing or by being dropped.
    Leader(Leader<'a, K, V, E>),
    /// Somebody else loads.
    Follower(Follower<V, E>),
}

/// The obligation to load. Dropped without landing (cancelled, panicked) it frees the key, and
/// the followers sort out among themselves who leads next.
pub(crate) struct Leader<'a, K: Eq + Hash, V, E> {
    flights: &'a Flights<K, V, E>,
    key: K,
    pub(crate) begun: Begun,
    pub(crate) consistency: Consistency,
    announce: watch::Sender<Option<Landing<V, E>>>,
}

/// A wait for somebody else's load.
pub(crate) struct Follower<V, E>(Announcement<V, E>);

/// The loads under way. It holds no more than one entry for each call waiting at this moment,
/// so the caller's own concurrency limit is its bound.
pub(crate) struct Flights<K, V, E> {
    // The critical sections are a few map operations and never await.
    log: Mutex<Log<K, V, E>>,
}

struct Log<K, V, E> {
    /// The number drawn last.
    last: u64,
    /// Whatever began at or before this number may have read what was since invalidated.
    invalidated: u64,
    running: HashMap<K, Running<V, E>>,
}

struct Running<V, E> {
    number: u64,
    consistency: Consistency,
    announcement: Announcement<V, E>,
}

// === impl Landing ===

// Derived, this would ask for `V: Clone` and `E: Clone`.
impl<V, E> Clone for Landing<V, E> {
    fn clone(&self) -> Self {
        let Self { begun, consistency, ref result } = *self;
        Self { begun, consistency, result: result.clone() }
    }
}

// === impl Flights ===

impl<K: Clone + Eq + Hash, V, E> Flights<K, V, E> {
    pub(crate) fn new() -> Self {
        Self { log: Mutex::new(Log { last: 0, invalidated: 0, running: HashMap::new() }) }
    }

    /// The present moment: what is drawn later than this has a greater number.
    pub(crate) fn mark(&self) -> u64 {
        self.log().last
    }

    /// The beginning of something that is not a flight.
    pub(crate) fn begin(&self, now_ms: u64) -> Begun {
        Begun { number: self.log().draw(), at_ms: now_ms }
    }

    /// Makes everything begun until now unfit to be kept or joined.
    pub(crate) fn invalidate(&self) {
        let mut log = self.log();
        log.invalidated = log.last;
    }

    /// Whether nothing was invalidated since.
    pub(crate) fn is_current(&self, begun: Begun) -> bool {
        begun.number > self.log().invalidated
    }

    /// Joins the load under way, or begins one. A caller in need of a strong read joins only
    /// strong reads; beginning one, it takes the place of the eventual one, whose followers keep
    /// waiting for that.
    pub(crate) fn board(&self, key: &K, needed: Consistency, now_ms: u64) -> Seat<'_, K, V, E> {
        let mut log = self.log();
        let invalidated = log.invalidated;
        if let Some(flight) = log.running.get(key)
            && flight.number > invalidated
            && (needed == Consistency::Eventual || flight.consistency == Consistency::Strong)
        {
            return Seat::Follower(Follower(flight.announcement.clone()));
        }
        let number = log.draw();
        let (announce, announcement) = watch::channel(None);
        log.running.insert(key.clone(), Running { number, consistency: needed, announcement });
        let begun = Begun { number, at_ms: now_ms };
        Seat::Leader(Leader {
            flights: self,
            key: key.clone(),
            begun,
            consistency: needed,
            announce,
        })
    }
}

impl<K, V, E> Flights<K, V, E> {
    fn log(&self) -> MutexGuard<'_, Log<K, V, E>> {
        // A key whose `Hash` panics leaves the map whole: there is nothing to give up for.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Log ===

impl<K, V, E> Log<K, V, E> {
    fn draw(&mut self) -> u64 {
        self.last += 1;
        self.last
    }
}

// === impl Leader ===

impl<K: Eq + Hash, V, E> Leader<'_, K, V, E> {
    /// Frees the key, then tells the followers: one of them who needs a later load finds the
    /// place free.
    pub(crate) fn land(self, result: Result<Arc<V>, Arc<E>>) -> Landing<V, E> {
        let landing = Landing { begun: self.begun, consistency: self.consistency, result };
        self.leave();
        self.announce.send_replace(Some(landing.clone()));
        landing
    }

    fn leave(&self) {
        let mut log = self.flights.log();
        if log.running.get(&self.key).is_some_and(|flight| flight.number == self.begun.number) {
            log.running.remove(&self.key);
        }
    }
}

impl<K: Eq + Hash, V, E> Drop for Leader<'_, K, V, E> {
    fn drop(&mut self) {
        self.leave();
    }
}

// === impl Follower ===

impl<V, E> Follower<V, E> {
    /// What the load came to; `None` when its leader gave up.
    pub(crate) async fn landed(mut self) -> Option<Landing<V, E>> {
        self.0.wait_for(Option::is_some).await.ok().and_then(|landing| landing.clone())
    }
}

//! Get or load, never below the floor.

use std::hash::Hash;
use std::sync::Arc;

use moka::future::Cache;
use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;

use crate::bounds::Bounds;
use crate::entry::{Begun, Entry, Versioned};
use crate::flights::{Consistency, Flights, Landing, Seat};

/// A cache of versioned values in front of a table, with one load per key at a time.
pub struct ReadThrough<K, V, E> {
    entries: Cache<K, Entry<V>>,
    flights: Flights<K, V, E>,
    ttl_ms: u64,
    now_ms: Box<dyn Fn() -> u64 + Send + Sync>,
}

/// A value and what it may be relied on for.
#[derive(Debug)]
pub struct Obtained<V> {
    /// The value. Its version is at least the floor, unless `conclusive` says that the table
    /// itself is below the floor.
    pub value: Arc<V>,
    /// Where it came from.
    pub source: Source,
    /// A strongly consistent read begun after the call produced it. Only then may the caller
    /// conclude that a bookmark is ahead of the table.
    pub conclusive: bool,
}

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// It was kept.
    Cached,
    /// Another caller's load brought it.
    Joined,
    /// This caller's load brought it.
    Loaded,
}

// === impl ReadThrough ===

impl<K, V, E> ReadThrough<K, V, E>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Versioned + Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    /// An empty cache. `now_ms` measures ages: hand in a clock that goes on while the machine is
    /// frozen, since a frozen Lambda may wake up hours later with everything still in memory.
    pub fn new(bounds: Bounds, now_ms: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        let entries = Cache::builder()
            .max_capacity(bounds.weight_max)
            .weigher(|_, entry: &Entry<V>| entry.value.weight())
            // Whether an entry may answer is decided here, on every access and by the one clock
            // handed in: moka's own lifetime would run on another. What may not answer any more
            // stays until room is needed, and goes first then, however popular it once was.
            .eviction_policy(EvictionPolicy::lru())
            .build();
        let flights = Flights::new();
        Self { entries, flights, ttl_ms: bounds.ttl_ms(), now_ms: Box::new(now_ms) }
    }

    /// The value of `key` at version `floor` or later: kept, joined or loaded.
    ///
    /// Whatever is below the floor is discarded and followed by a strongly consistent read begun
    /// after this call; only that one may answer below the floor. `load` is not called more than
    /// once per consistency. It must bound its own time: followers wait as long as it takes.
    ///
    /// # Errors
    /// The error of a load begun after this call. One begun before it is not this caller's to
    /// suffer: it makes, or joins, another. Errors are never kept.
    pub async fn get<L, F>(&self, key: &K, floor: u64, load: L) -> Result<Obtained<V>, Arc<E>>
    where
        L: Fn(Consistency) -> F,
        F: Future<Output = Result<V, E>>,
    {
        let mut needed = match self.fresh(key).await {
            Some(value) if value.version() >= floor => {
                return Ok(Obtained { value, source: Source::Cached, conclusive: false });
            }
            Some(_) => Consistency::Strong,
            None => Consistency::Eventual,
        };
        let called = self.flights.mark();
        // At most one load begun before the call and one begun after it, for each consistency;
        // a leader who gives up costs another turn, and there is one fewer caller then.
        loop {
            let Some((landing, source)) = self.attempt(key, needed, &load).await else { continue };
            let Landing { begun, consistency, result } = landing;
            let own = begun.number > called;
            let conclusive = own && consistency == Consistency::Strong;
            match result {
                Ok(value) if value.version() >= floor || conclusive => {
                    if own || begun.is_fresh((self.now_ms)(), self.ttl_ms) {
                        return Ok(Obtained { value, source, conclusive });
                    }
                }
                Ok(_) => needed = Consistency::Strong,
                Err(error) if own => return Err(error),
                Err(_) => {}
            }
        }
    }

    /// Marks the beginning of a read made beside this cache, to be handed to [`Self::fill`].
    pub fn begin(&self) -> Begun {
        self.flights.begin((self.now_ms)())
    }

    /// Keeps a value read beside this cache, for instance in a batch with other records. It never
    /// replaces a newer version by an older one, whoever else is filling.
    pub async fn fill(&self, key: K, value: V, begun: Begun) {
        self.keep(key, Entry { value: Arc::new(value), begun }).await;
    }

    /// The kept value, if it may still answer.
    pub async fn peek(&self, key: &K) -> Option<Arc<V>> {
        self.fresh(key).await
    }

    /// Forgets `key`. A call made after this returned is never answered by a load begun before
    /// it; such loads, of this and of every other key, are answered to those already waiting but
    /// not kept.
    pub async fn invalidate(&self, key: &K) {
        self.flights.invalidate();
        // Not `Cache::invalidate`: a `keep` now between its check and its insertion holds the
        // key's lock, and the removal has to come after it.
        self.entries.entry_by_ref(key).and_compute_with(async |_| Op::Remove).await;
    }

    /// What the kept values weigh together, as of the last housekeeping.
    pub fn weight(&self) -> u64 {
        self.entries.weighted_size()
    }

    /// Does the housekeeping that accesses otherwise do by and by: evicts what is over the bound.
    pub async fn settle(&self) {
        self.entries.run_pending_tasks().await;
    }

    /// Leads a load or waits for one; `None` when its leader gave up.
    async fn attempt<L, F>(
        &self,
        key: &K,
        needed: Consistency,
        load: &L,
    ) -> Option<(Landing<V, E>, Source)>
    where
        L: Fn(Consistency) -> F,
        F: Future<Output = Result<V, E>>,
    {
        match self.flights.board(key, needed, (self.now_ms)()) {
            Seat::Leader(leader) => {
                let result = load(leader.consistency).await.map(Arc::new).map_err(Arc::new);
                if let Ok(value) = &result {
                    let value = Arc::clone(value);
                    self.keep(key.clone(), Entry { value, begun: leader.begun }).await;
                }
                Some((leader.land(result), Source::Loaded))
            }
            Seat::Follower(follower) => Some((follower.landed().await?, Source::Joined)),
        }
    }

    async fn fresh(&self, key: &K) -> Option<Arc<V>> {
        let entry = self.entries.get(key).await?;
        // The clock is read after the entry, lest an entry made meanwhile seem to be of tomorrow.
        entry.begun.is_fresh((self.now_ms)(), self.ttl_ms).then_some(entry.value)
    }

    async fn keep(&self, key: K, entry: Entry<V>) {
        // moka holds the key's lock from handing out the present entry to putting the new one.
        let keep = async |present: Option<moka::Entry<K, Entry<V>>>| {
            // An expired entry has no say: it may be the newer one only because the table was
            // restored from a backup.
            let now_ms = (self.now_ms)();
            let present = present.map(moka::Entry::into_value);
            let fresh = present.filter(|present| present.begun.is_fresh(now_ms, self.ttl_ms));
            if self.flights.is_current(entry.begun)
                && fresh.is_none_or(|fresh| entry.supersedes(&fresh))
            {
                Op::Put(entry)
            } else {
                Op::Nop
            }
        };
        self.entries.entry(key).and_compute_with(keep).await;
    }
}

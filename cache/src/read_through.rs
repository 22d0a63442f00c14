//! The read-through protocol: get or load, never below the floor.

use std::hash::Hash;
use std::sync::Arc;

use moka::future::Cache;
use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;

use crate::bounds::Bounds;
use crate::cached_value::{CachedValue, LoadStart, Versioned};
use crate::loads::{Consistency, LoadOutcome, Loads, Role};

/// A cache of versioned values in front of a table, with one load per key at a time.
pub struct ReadThrough<K, V, E> {
    values: Cache<K, CachedValue<V>>,
    loads: Loads<K, V, E>,
    ttl_ms: u64,
    now_ms: Box<dyn Fn() -> u64 + Send + Sync>,
}

/// The result of a lookup: a value, its source and its guarantee.
#[derive(Debug)]
pub struct Lookup<V> {
    /// The value. Its version is at least the floor, unless `conclusive` says that the table
    /// itself is below the floor.
    pub value: Arc<V>,
    /// The source of the value.
    pub source: Source,
    /// Whether a strongly consistent read begun after the call produced the value. Only then may
    /// the caller conclude that a bookmark is ahead of the table.
    pub conclusive: bool,
}

/// The source of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The cache.
    Cached,
    /// Another caller's load.
    Joined,
    /// This caller's load.
    Loaded,
}

// === impl ReadThrough ===

impl<K, V, E> ReadThrough<K, V, E>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Versioned + Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    /// Creates an empty cache. `now_ms` measures ages: pass a clock that runs while the machine is
    /// frozen, since a frozen Lambda may resume hours later with all values still in memory.
    pub fn new(bounds: Bounds, now_ms: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        let values = Cache::builder()
            .max_capacity(bounds.weight_max)
            .weigher(|_, cached: &CachedValue<V>| cached.value.weight())
            // Freshness is checked here, on every access and by the caller's clock: moka's own time
            // to live uses another clock. A stale value stays until room is needed; LRU evicts it
            // first, even if it was popular once.
            .eviction_policy(EvictionPolicy::lru())
            .build();
        let loads = Loads::new();
        Self { values, loads, ttl_ms: bounds.ttl_ms(), now_ms: Box::new(now_ms) }
    }

    /// Returns the value of `key` at version `floor` or later: cached, joined or loaded.
    ///
    /// A value below the floor is discarded and followed by a strongly consistent read begun after
    /// this call; only that read may answer below the floor. `load` is called at most once per
    /// consistency. It must bound its own time: followers wait as long as it takes.
    ///
    /// # Errors
    /// The error of a load begun after this call. After the error of an earlier load this caller
    /// begins or joins another. Errors are never cached.
    pub async fn get<L, F>(&self, key: &K, floor: u64, load: L) -> Result<Lookup<V>, Arc<E>>
    where
        L: Fn(Consistency) -> F,
        F: Future<Output = Result<V, E>>,
    {
        let mut needed = match self.fresh(key).await {
            Some(value) if value.version() >= floor => {
                return Ok(Lookup { value, source: Source::Cached, conclusive: false });
            }
            Some(_) => Consistency::Strong,
            None => Consistency::Eventual,
        };
        let called = self.loads.position();
        // At most one load begun before the call and one begun after it, for each consistency. A
        // dropped leader costs one more turn, and there is one fewer caller then.
        loop {
            let Some((outcome, source)) = self.attempt(key, needed, &load).await else { continue };
            let LoadOutcome { start, consistency, result } = outcome;
            let own = start.number > called;
            let conclusive = own && consistency == Consistency::Strong;
            match result {
                Ok(value) if value.version() >= floor || conclusive => {
                    if own || start.is_fresh((self.now_ms)(), self.ttl_ms) {
                        return Ok(Lookup { value, source, conclusive });
                    }
                }
                Ok(_) => needed = Consistency::Strong,
                Err(error) if own => return Err(error),
                Err(_) => {}
            }
        }
    }

    /// Marks the start of a read made outside this cache, to pass to [`Self::fill`].
    pub fn begin(&self) -> LoadStart {
        self.loads.begin((self.now_ms)())
    }

    /// Caches a value read outside this cache, for instance in a batch with other records. It never
    /// replaces a newer version by an older one, even under concurrent fills.
    pub async fn fill(&self, key: K, value: V, start: LoadStart) {
        self.insert(key, CachedValue { value: Arc::new(value), start }).await;
    }

    /// The cached value, if it is fresh.
    pub async fn peek(&self, key: &K) -> Option<Arc<V>> {
        self.fresh(key).await
    }

    /// Removes `key`. A call made after this returns is never answered by a load begun before it.
    /// Such loads, of this and every other key, answer the calls already waiting but are not
    /// cached.
    pub async fn invalidate(&self, key: &K) {
        self.loads.invalidate();
        // Not `Cache::invalidate`: an `insert` between its check and its write holds the key's
        // lock, and the removal must follow it.
        self.values.entry_by_ref(key).and_compute_with(async |_| Op::Remove).await;
    }

    /// The total weight of the cached values, as of the last maintenance.
    pub fn weight(&self) -> u64 {
        self.values.weighted_size()
    }

    /// Runs the maintenance that accesses otherwise do gradually: evicts values above the bound.
    pub async fn settle(&self) {
        self.values.run_pending_tasks().await;
    }

    /// Leads a load or waits for one; `None` if its leader was dropped.
    async fn attempt<L, F>(
        &self,
        key: &K,
        needed: Consistency,
        load: &L,
    ) -> Option<(LoadOutcome<V, E>, Source)>
    where
        L: Fn(Consistency) -> F,
        F: Future<Output = Result<V, E>>,
    {
        match self.loads.join_or_lead(key, needed, (self.now_ms)()) {
            Role::Leader(leader) => {
                let result = load(leader.consistency).await.map(Arc::new).map_err(Arc::new);
                if let Ok(value) = &result {
                    let value = Arc::clone(value);
                    self.insert(key.clone(), CachedValue { value, start: leader.start }).await;
                }
                Some((leader.complete(result), Source::Loaded))
            }
            Role::Follower(follower) => Some((follower.outcome().await?, Source::Joined)),
        }
    }

    async fn fresh(&self, key: &K) -> Option<Arc<V>> {
        let cached = self.values.get(key).await?;
        // The clock is read after the value: an insertion in between would be in the future.
        cached.start.is_fresh((self.now_ms)(), self.ttl_ms).then_some(cached.value)
    }

    async fn insert(&self, key: K, cached: CachedValue<V>) {
        // moka holds the key's lock from returning the present value to inserting the new one.
        let replace = async |present: Option<moka::Entry<K, CachedValue<V>>>| {
            // An expired value is replaced even if its version is higher: the table may have been
            // restored from a backup.
            let now_ms = (self.now_ms)();
            let present = present.map(moka::Entry::into_value);
            let fresh = present.filter(|present| present.start.is_fresh(now_ms, self.ttl_ms));
            if self.loads.is_current(cached.start)
                && fresh.is_none_or(|fresh| cached.supersedes(&fresh))
            {
                Op::Put(cached)
            } else {
                Op::Nop
            }
        };
        self.values.entry(key).and_compute_with(replace).await;
    }
}

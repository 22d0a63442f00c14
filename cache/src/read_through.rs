//! The read-through protocol: get or load, never below the floor.

use std::sync::Arc;

use crate::bounds::Bounds;
use crate::cached_value::{CachedValue, LoadStart, Versioned};
use crate::loads::{Consistency, LoadOutcome, Loads, Role};
use crate::values::Values;

/// A cache of versioned values in front of a table, with one load per key at a time.
pub struct ReadThrough<V, E> {
    values: Values,
    loads: Loads<V, E>,
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

impl<V, E> ReadThrough<V, E>
where
    V: Versioned + Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    /// Creates an empty cache. `now_ms` measures ages: pass a clock that runs while the machine is
    /// frozen, since a frozen Lambda may resume hours later with all values still in memory.
    pub fn new(bounds: Bounds, now_ms: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        let values = Values::new(bounds.weight_max);
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
    pub async fn get<L, F>(&self, key: &str, floor: u64, load: L) -> Result<Lookup<V>, Arc<E>>
    where
        L: Fn(Consistency) -> F,
        F: Future<Output = Result<V, E>>,
    {
        let mut needed = match self.fresh(key) {
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
    pub fn fill(&self, key: &str, value: V, start: LoadStart) {
        self.insert(key, &Arc::new(value), start);
    }

    /// The cached value, if it is fresh.
    pub fn peek(&self, key: &str) -> Option<Arc<V>> {
        self.fresh(key)
    }

    /// Removes `key`. A call made after this returns is never answered by a load begun before it.
    /// Such loads, of this and every other key, answer the calls already waiting but are not
    /// cached.
    pub fn invalidate(&self, key: &str) {
        self.loads.invalidate();
        self.values.remove(key);
    }

    /// The total weight of the cached values, as of the last maintenance.
    pub fn weight(&self) -> u64 {
        self.values.weight()
    }

    /// Runs the maintenance that accesses otherwise do gradually: evicts values above the bound.
    pub fn settle(&self) {
        self.values.settle();
    }

    /// Leads a load or waits for one; `None` if its leader was dropped.
    async fn attempt<L, F>(
        &self,
        key: &str,
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
                    self.insert(key, value, leader.start);
                }
                Some((leader.complete(result), Source::Loaded))
            }
            Role::Follower(follower) => Some((follower.outcome().await?, Source::Joined)),
        }
    }

    fn fresh(&self, key: &str) -> Option<Arc<V>> {
        let cached = self.values.get(key)?;
        // The clock is read after the value: an insertion in between would be in the future.
        cached.start.is_fresh((self.now_ms)(), self.ttl_ms).then(|| cached.value())?
    }

    fn insert(&self, key: &str, value: &Arc<V>, start: LoadStart) {
        let cached = CachedValue::new(Arc::clone(value), start);
        self.values.insert_if(key, cached, &|cached, present| {
            // An expired value is replaced even if its version is higher: the table may have been
            // restored from a backup.
            let now_ms = (self.now_ms)();
            let fresh = present.filter(|present| present.start.is_fresh(now_ms, self.ttl_ms));
            self.loads.is_current(cached.start)
                && fresh.is_none_or(|fresh| cached.supersedes(&fresh))
        });
    }
}

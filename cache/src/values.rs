//! The stored values. They have one type whatever a cache contains, so that moka's code is compiled
//! once, in this crate, and not for each type in each crate that caches it.

use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use crate::cached_value::CachedValue;

/// The values of one cache, bounded by their weight.
pub(crate) struct Values(Cache<String, CachedValue>);

// === impl Values ===

impl Values {
    pub(crate) fn new(weight_max: u64) -> Self {
        let values = Cache::builder()
            .max_capacity(weight_max)
            .weigher(|_, cached: &CachedValue| cached.weight)
            // Freshness is checked by the reader, on every access and by the caller's clock: moka's
            // own time to live uses another clock. A stale value stays until room is needed; LRU
            // evicts it first, even if it was popular once.
            .eviction_policy(EvictionPolicy::lru())
            .build();
        Self(values)
    }

    pub(crate) fn get(&self, key: &str) -> Option<CachedValue> {
        self.0.get(key)
    }

    /// Inserts `cached` if `may_replace` says so of the present value; nothing else changes the
    /// key's value between the question and the insertion.
    pub(crate) fn insert_if(
        &self,
        key: &str,
        cached: CachedValue,
        may_replace: &dyn Fn(&CachedValue, Option<CachedValue>) -> bool,
    ) {
        // moka holds the key's lock meanwhile.
        self.0.entry_by_ref(key).and_compute_with(|present| {
            let present = present.map(moka::Entry::into_value);
            if may_replace(&cached, present) { Op::Put(cached) } else { Op::Nop }
        });
    }

    pub(crate) fn remove(&self, key: &str) {
        // Not `Cache::invalidate`: an `insert_if` between its check and its write holds the key's
        // lock, and the removal must follow it.
        self.0.entry_by_ref(key).and_compute_with(|_| Op::Remove);
    }

    pub(crate) fn weight(&self) -> u64 {
        self.0.weighted_size()
    }

    pub(crate) fn settle(&self) {
        self.0.run_pending_tasks();
    }
}

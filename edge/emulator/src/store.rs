//! The objects of this edge: sharded, bounded in bytes, with eviction of the least recently used.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, BuildHasherDefault};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::invalidation::{InvalidationLog, Item};
use crate::key::CacheKey;
use crate::not_cached::NotCached;
use crate::object::StoredObject;

/// Enough that two cores seldom meet at one lock; each is held for a map operation only.
const SHARDS: usize = 16;

/// All stored objects.
#[derive(Debug)]
pub(crate) struct Store {
    shards: [Mutex<Shard>; SHARDS],
    /// Without a random key: what is evicted is the same in every run.
    hasher: BuildHasherDefault<DefaultHasher>,
    shard_bytes_max: usize,
    log: InvalidationLog,
}

#[derive(Debug, Default)]
struct Shard {
    slots: HashMap<CacheKey, Slot>,
    /// By last use, oldest first.
    uses: BTreeMap<u64, CacheKey>,
    next_use: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Slot {
    object: Arc<StoredObject>,
    last_use: u64,
    bytes: usize,
}

// === impl Store ===

impl Store {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            hasher: BuildHasherDefault::default(),
            shard_bytes_max: bytes_max / SHARDS,
            log: InvalidationLog::default(),
        }
    }

    /// The generation of invalidations; a fill passes it to `put`.
    pub(crate) fn generation(&self) -> u64 {
        self.log.generation()
    }

    pub(crate) fn get(&self, key: &CacheKey) -> Option<Arc<StoredObject>> {
        self.shard(key).get(key)
    }

    /// Stores an object whose fill began at `generation`, unless it was invalidated since.
    pub(crate) fn put(
        &self,
        key: &CacheKey,
        object: Arc<StoredObject>,
        generation: u64,
    ) -> Result<(), NotCached> {
        let bytes = object.len() + key.len();
        let mut shard = self.shard(key);
        if bytes > self.shard_bytes_max {
            shard.remove(key);
            return Err(NotCached::TooLarge);
        }
        // Under the shard's lock: an invalidation that is not in the log yet comes to this shard
        // afterwards, and finds the object.
        if self.log.first_since(generation, &object).is_some() {
            return Err(NotCached::Invalidated);
        }
        shard.put(key, object, bytes);
        shard.evict_to(self.shard_bytes_max);
        Ok(())
    }

    /// Removes every object an item names; fills in progress are not stored.
    pub(crate) fn invalidate(&self, items: &[Item]) -> usize {
        self.log.append(items);
        let mut removed = 0;
        for shard in &self.shards {
            let mut shard = lock(shard);
            let named: Vec<CacheKey> = shard
                .slots
                .iter()
                .filter(|(_, slot)| items.iter().any(|item| item.names(&slot.object)))
                .map(|(key, _)| key.clone())
                .collect();
            removed += named.len();
            for key in named {
                shard.remove(&key);
            }
        }
        removed
    }

    /// The first invalidation since `generation` that names the object, by number.
    pub(crate) fn first_invalidation(&self, generation: u64, object: &StoredObject) -> Option<u64> {
        self.log.first_since(generation, object)
    }

    fn shard(&self, key: &CacheKey) -> MutexGuard<'_, Shard> {
        let index = self.hasher.hash_one(key) % SHARDS as u64;
        lock(&self.shards[usize::try_from(index).expect("an index below the number of shards")])
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

// === impl Shard ===

impl Shard {
    fn get(&mut self, key: &CacheKey) -> Option<Arc<StoredObject>> {
        let Self { slots, uses, next_use, .. } = self;
        let slot = slots.get_mut(key)?;
        if let Some(key) = uses.remove(&slot.last_use) {
            uses.insert(*next_use, key);
        }
        slot.last_use = *next_use;
        *next_use += 1;
        Some(Arc::clone(&slot.object))
    }

    fn put(&mut self, key: &CacheKey, object: Arc<StoredObject>, bytes: usize) {
        self.remove(key);
        let last_use = self.next_use;
        self.next_use += 1;
        self.bytes += bytes;
        self.uses.insert(last_use, key.clone());
        self.slots.insert(key.clone(), Slot { object, last_use, bytes });
    }

    fn remove(&mut self, key: &CacheKey) {
        if let Some(slot) = self.slots.remove(key) {
            self.uses.remove(&slot.last_use);
            self.bytes -= slot.bytes;
        }
    }

    fn evict_to(&mut self, bytes_max: usize) {
        while self.bytes > bytes_max
            && let Some((_, oldest)) = self.uses.first_key_value()
        {
            let oldest = oldest.clone();
            self.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Response;

    use super::*;
    use crate::directives::Directives;
    use crate::freshness::Freshness;
    use crate::key::KeyParts;
    use crate::object::Label;

    fn key(path: &str) -> CacheKey {
        let (query, encoding, cookies) = (None, None, None);
        let headers = Vec::new();
        CacheKey::encode(&KeyParts { is_options: false, path, query, encoding, headers, cookies })
    }

    fn object() -> Arc<StoredObject> {
        let freshness = Freshness::new(0, 60, &Directives::default(), 60);
        let label = Label { targets: Vec::new(), tag_header: None };
        Arc::new(StoredObject::new(Response::default(), freshness, false, label))
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let mut shard = Shard::default();
        for path in ["/a", "/b", "/c"] {
            shard.put(&key(path), object(), 10);
        }
        assert!(shard.get(&key("/a")).is_some());
        shard.evict_to(20);
        let there = ["/a", "/b", "/c"].map(|path| shard.slots.contains_key(&key(path)));
        assert_eq!(there, [true, false, true], "/b was used least recently");
        assert_eq!((shard.bytes, shard.uses.len()), (20, 2));
        shard.put(&key("/a"), object(), 15);
        assert_eq!((shard.bytes, shard.uses.len()), (25, 2), "replaced, not added");
        shard.evict_to(0);
        assert_eq!((shard.bytes, shard.uses.len(), shard.slots.len()), (0, 0, 0));
    }
}

//! The objects of this edge: sharded, bounded in bytes, with eviction of the least recently used.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::invalidation::{InvalidationLog, Item};
use crate::key::CacheKey;
use crate::lru::{ENTRY_BYTES, Lru};
use crate::not_cached::NotCached;
use crate::object::StoredObject;

/// Enough that two cores seldom meet at one lock; each is held for a look-up only.
const SHARDS: usize = 16;

/// All stored objects.
#[derive(Debug)]
pub(crate) struct Store {
    shards: [Mutex<Lru>; SHARDS],
    shard_bytes_max: usize,
    log: InvalidationLog,
}

// === impl Store ===

impl Store {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
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
        let bytes = object.bytes() + key.bytes() + ENTRY_BYTES;
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
        while shard.bytes() > self.shard_bytes_max && shard.remove_oldest() {}
        Ok(())
    }

    /// Removes every object an item names; fills in progress are not stored.
    pub(crate) fn invalidate(&self, items: &[Item]) -> usize {
        self.log.append(items);
        let mut removed = 0;
        for shard in &self.shards {
            let mut shard = lock(shard);
            let named: Vec<CacheKey> = shard
                .iter()
                .filter(|(_, object)| items.iter().any(|item| item.names(object)))
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

    fn shard(&self, key: &CacheKey) -> MutexGuard<'_, Lru> {
        let index = key.hash() % SHARDS as u64;
        lock(&self.shards[usize::try_from(index).expect("an index below the number of shards")])
    }
}

fn lock(shard: &Mutex<Lru>) -> MutexGuard<'_, Lru> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderValue, Response};

    use super::*;
    use crate::directives::Directives;
    use crate::freshness::Freshness;
    use crate::key::KeyParts;
    use crate::object::Label;

    const OBJECTS: usize = 3_000;
    /// What an allocator adds to an allocation, on average: a header, and half of what it rounds up.
    const BYTES_PER_ALLOCATION: u64 = 8 + 8;

    fn key(path: &str) -> CacheKey {
        let identity: &[u8] = b"customer=1001;mac=ABEiM0RVZneImaq7zN3u_w";
        CacheKey::encode(&KeyParts {
            is_options: false,
            path,
            query: Some("limit=10"),
            encoding: Some("br,gzip"),
            headers: vec![("forecourt-identity", vec![identity])],
            cookies: None,
        })
    }

    /// An object as one of an origin's answers, in a buffer of 16 KiB that its connection was read
    /// into.
    fn object(path: &str, headers: usize, body: usize) -> Arc<StoredObject> {
        let buffer = Bytes::from(vec![b'x'; 16 * 1024]);
        let mut response = Response::new(Bytes::copy_from_slice(&buffer[..body]));
        let known = ["content-type", "cache-control", "etag", "vary", "date", "server"];
        let own = (0..headers).map(|number| format!("x-header-{number}"));
        for name in known.map(str::to_owned).into_iter().chain(own) {
            let value = HeaderValue::from_maybe_shared(buffer.slice(..24)).unwrap();
            response.headers_mut().append(name.parse::<http::HeaderName>().unwrap(), value);
        }
        let freshness = Freshness::new(0, 60, &Directives::default(), 60);
        let targets = vec![format!("{path}?limit=10")];
        let label = Label { targets, tag_header: None };
        Arc::new(StoredObject::new(response, freshness, true, label))
    }

    fn counted(store: &Store) -> u64 {
        store.shards.iter().map(|shard| lock(shard).bytes() as u64).sum()
    }

    #[test]
    fn the_bytes_counted_are_the_bytes_occupied() {
        for (headers, body) in [(0, 200), (4, 300), (12, 1_000), (2, 12_000), (30, 0)] {
            let store = Store::new(usize::MAX);
            let occupied = allocation_counter::measure(|| {
                for number in 0..OBJECTS {
                    let path = format!("/v1/loyalty/entries/{number}");
                    let stored = store.put(&key(&path), object(&path, headers, body), 0);
                    assert_eq!(stored, Ok(()));
                }
            });
            let (bytes, count) = (occupied.bytes_current, occupied.count_current);
            let occupied = u64::try_from(bytes).unwrap()
                + u64::try_from(count).unwrap() * BYTES_PER_ALLOCATION;
            let percent = 100 * counted(&store) / occupied;
            assert!((90..=110).contains(&percent), "{headers} headers, {body} bytes: {percent} %");
        }
    }
}

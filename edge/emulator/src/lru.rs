//! Objects by key, in the order of their last use: a map of keys to places in a list that is linked
//! both ways, so that a use costs a look-up and a few writes.

use std::collections::HashMap;
use std::sync::Arc;

use crate::key::CacheKey;
use crate::object::StoredObject;

/// The place before the newest entry, and after the oldest.
const END: usize = usize::MAX;
/// The bytes of an entry in the map and in the list, which are between half full and full.
pub(crate) const ENTRY_BYTES: usize =
    3 * (size_of::<(CacheKey, usize)>() + 1 + size_of::<Entry>()) / 2;

/// Objects, and how many bytes they occupy.
#[derive(Debug)]
pub(crate) struct Lru {
    places: HashMap<CacheKey, usize>,
    entries: Vec<Entry>,
    newest: usize,
    oldest: usize,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    key: CacheKey,
    object: Arc<StoredObject>,
    bytes: usize,
    newer: usize,
    older: usize,
}

// === impl Lru ===

impl Default for Lru {
    fn default() -> Self {
        let (places, entries) = (HashMap::new(), Vec::new());
        Self { places, entries, newest: END, oldest: END, bytes: 0 }
    }
}

impl Lru {
    /// The bytes of all objects, as they were put.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Uses an object.
    pub(crate) fn get(&mut self, key: &CacheKey) -> Option<Arc<StoredObject>> {
        let place = *self.places.get(key)?;
        if place != self.newest {
            self.unlink(place);
            self.link_newest(place);
        }
        Some(Arc::clone(&self.entries[place].object))
    }

    /// Puts an object that occupies so many bytes, in the place of one with the same key.
    pub(crate) fn put(&mut self, key: &CacheKey, object: Arc<StoredObject>, bytes: usize) {
        self.remove(key);
        let place = self.entries.len();
        self.entries.push(Entry { key: key.clone(), object, bytes, newer: END, older: END });
        self.link_newest(place);
        self.places.insert(key.clone(), place);
        self.bytes += bytes;
    }

    pub(crate) fn remove(&mut self, key: &CacheKey) {
        let Some(place) = self.places.remove(key) else { return };
        self.unlink(place);
        // The last entry of the list moves to the free place.
        let removed = self.entries.swap_remove(place);
        self.bytes -= removed.bytes;
        if let Some(Entry { key, newer, older, .. }) = self.entries.get(place) {
            self.places.insert(key.clone(), place);
            let (newer, older) = (*newer, *older);
            self.link(newer, place);
            self.link(place, older);
        }
    }

    /// Removes the object that was used least recently, if there is one.
    pub(crate) fn remove_oldest(&mut self) -> bool {
        let oldest = self.entries.get(self.oldest).map(|entry| entry.key.clone());
        oldest.as_ref().inspect(|key| self.remove(key)).is_some()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&CacheKey, &StoredObject)> {
        self.entries.iter().map(|entry| (&entry.key, entry.object.as_ref()))
    }

    fn link_newest(&mut self, place: usize) {
        self.link(place, self.newest);
        self.link(END, place);
    }

    fn unlink(&mut self, place: usize) {
        let Entry { newer, older, .. } = self.entries[place];
        self.link(newer, older);
    }

    /// Makes two entries neighbours; either may be an end of the list.
    fn link(&mut self, newer: usize, older: usize) {
        match self.entries.get_mut(newer) {
            Some(entry) => entry.older = older,
            None => self.newest = older,
        }
        match self.entries.get_mut(older) {
            Some(entry) => entry.newer = newer,
            None => self.oldest = newer,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use http::Response;
    use proptest::prelude::*;

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
        let mut lru = Lru::default();
        for path in ["/a", "/b", "/c"] {
            lru.put(&key(path), object(), 10);
        }
        assert!(lru.get(&key("/a")).is_some());
        assert!(lru.remove_oldest());
        let there = ["/a", "/b", "/c"].map(|path| lru.places.contains_key(&key(path)));
        assert_eq!(there, [true, false, true], "/b was used least recently");
        assert_eq!(lru.bytes(), 20);
        lru.put(&key("/a"), object(), 15);
        assert_eq!((lru.bytes(), lru.iter().count()), (25, 2), "replaced, not added");
    }

    proptest! {
        /// The model is a queue of keys, the oldest first.
        #[test]
        fn the_order_of_use_is_that_of_a_queue(
            steps in proptest::collection::vec((0..4_u8, 0..8_u8), 0..64)
        ) {
            let (mut lru, mut model) = (Lru::default(), VecDeque::<u8>::new());
            for (step, number) in steps {
                let key = key(&number.to_string());
                let is_there = model.contains(&number);
                match step {
                    0 | 1 => {
                        model.retain(|other| *other != number);
                        if step == 0 || is_there {
                            model.push_back(number);
                        }
                        if step == 0 {
                            lru.put(&key, object(), usize::from(number));
                        } else {
                            prop_assert_eq!(lru.get(&key).is_some(), is_there);
                        }
                    }
                    2 => {
                        model.retain(|other| *other != number);
                        lru.remove(&key);
                    }
                    _ => prop_assert_eq!(lru.remove_oldest(), model.pop_front().is_some()),
                }
                let bytes: usize = model.iter().copied().map(usize::from).sum();
                prop_assert_eq!((lru.bytes(), lru.iter().count()), (bytes, model.len()));
            }
            while lru.remove_oldest() {
                let oldest = model.pop_front().map(|number| key(&number.to_string()));
                prop_assert!(!lru.places.contains_key(&oldest.unwrap()));
                prop_assert_eq!(lru.places.len(), model.len());
            }
            prop_assert!(model.is_empty());
        }
    }
}

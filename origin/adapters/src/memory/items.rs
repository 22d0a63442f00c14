//! Items in memory under the same writes that DynamoDB receives, with the same keys, documents and
//! guards.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain_core::port::{Consistency, PortError};
use domain_core::time::Time;

use super::tables::{EARLIER_MAX, Replicas};
use crate::error::corrupt;
use crate::item::{Guard, Item, Put};
use crate::keys::{Key, Range};

/// Most bytes of an item (DynamoDB's limit; the few bytes of the other attributes are not counted).
const ITEM_BYTES_MAX: usize = 400 * 1024;

/// Items by their keys. Clones are the same items.
#[derive(Clone)]
pub(super) struct MemoryItems {
    items: Arc<Mutex<Items>>,
    replicas: Replicas,
}

/// By partition key and sort key, oldest state first; `None` where there was no item.
type Items = BTreeMap<(String, String), VecDeque<(Time, Option<Item>)>>;

// === impl MemoryItems ===

impl MemoryItems {
    /// No items, on these replicas.
    pub(super) fn new(replicas: Replicas) -> Self {
        Self { items: Arc::default(), replicas }
    }

    /// Every present item by its keys.
    pub(super) fn all(&self) -> BTreeMap<(String, String), Item> {
        let items = self.items();
        let present = items.iter().filter_map(|(key, states)| Some((key, newest(states)?)));
        present.map(|(key, item)| (key.clone(), item.clone())).collect()
    }

    pub(super) fn get(&self, key: &Key, consistency: Consistency) -> Option<Item> {
        let items = self.items();
        self.as_read(items.get(&place(key))?, consistency)
    }

    /// At most `items_max` items of a range whose keys are below `before`, last first.
    pub(super) fn query(
        &self,
        range: Range,
        before: Option<Key>,
        items_max: usize,
        consistency: Consistency,
    ) -> Vec<Item> {
        let (first, last) = ((range.pk.clone(), range.first_sk), (range.pk, range.last_sk));
        let before = before.and_then(|key| key.sk);
        let items = self.items();
        let range = items.range(first..=last).rev();
        let range = range.filter(|((_, sk), _)| before.as_ref().is_none_or(|end| sk < end));
        let read = range.filter_map(|(_, states)| self.as_read(states, consistency));
        read.take(items_max).collect()
    }

    /// Writes all or nothing; the first failed guard returns the present item.
    pub(super) fn write(
        &self,
        puts: Vec<Put>,
        gone: &[Key],
    ) -> Result<Result<(), Option<Item>>, PortError> {
        if puts.iter().any(|put| put.item.document.len() > ITEM_BYTES_MAX) {
            return Err(corrupt("transact", "ValidationException"));
        }
        let mut items = self.items();
        for put in &puts {
            let present = items.get(&place(&put.key)).and_then(newest);
            if !guard_holds(put, present)? {
                return Ok(Err(present.cloned()));
            }
        }
        let now = (self.replicas.now)();
        let put = puts.into_iter().map(|put| (put.key, Some(put.item)));
        for (key, item) in put.chain(gone.iter().map(|key| (key.clone(), None))) {
            let states = items.entry(place(&key)).or_default();
            if states.is_empty() {
                states.push_back((Time(0), None));
            }
            if states.len() > EARLIER_MAX {
                states.pop_front();
            }
            states.push_back((now, item));
        }
        Ok(Ok(()))
    }

    /// Deletes every item that may be deleted at `now`, as DynamoDB does within days of it.
    pub(super) fn sweep_expired(&self, now: Time) {
        let is_over = |item: &Item| item.expires_at.is_some_and(|at| at.unix_s() < now.unix_s());
        self.items().retain(|_, states| newest(states).is_none_or(|item| !is_over(item)));
    }

    /// The state of an item that a read of this consistency returns.
    fn as_read(
        &self,
        states: &VecDeque<(Time, Option<Item>)>,
        consistency: Consistency,
    ) -> Option<Item> {
        match consistency {
            Consistency::Strong => newest(states).cloned(),
            Consistency::Eventual => {
                let moment = (self.replicas.as_of)();
                let known = states.iter().rev().find(|(written_at, _)| *written_at <= moment);
                known.or(states.front()).and_then(|(_, item)| item.clone())
            }
        }
    }

    fn items(&self) -> MutexGuard<'_, Items> {
        // No code above panics half-way through a change.
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(key: &Key) -> (String, String) {
    (key.pk.clone(), key.sk.clone().unwrap_or_default())
}

fn newest(states: &VecDeque<(Time, Option<Item>)>) -> Option<&Item> {
    states.back().and_then(|(_, item)| item.as_ref())
}

/// Whether a put's guard holds for the present item.
fn guard_holds(put: &Put, present: Option<&Item>) -> Result<bool, PortError> {
    match put.guard {
        Guard::Absent => Ok(present.is_none()),
        Guard::Version(version) => Ok(present.is_some_and(|item| item.version == version)),
        Guard::Sibling => Ok(true),
        _ => Err(corrupt("transact", "a guard that memory does not support")),
    }
}

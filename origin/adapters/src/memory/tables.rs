//! Both tables in memory, item by item.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain_cart::CartItem;
use domain_cart::CommandRecord;
use domain_core::port::{Consistency, PortError};
use domain_core::time::Time;

use crate::error::corrupt;
use crate::keys::{Key, Table};

/// Most earlier states of an item that a replica may still answer with.
pub const EARLIER_MAX: usize = 4;
/// Most bytes of an item (DynamoDB's limit; the few bytes of the other attributes are not counted).
const ITEM_BYTES_MAX: usize = 400 * 1024;

/// The replicas that eventually consistent reads use.
#[derive(Clone)]
pub struct Replicas {
    /// The present time: recorded with every write.
    pub now: TimeSource,
    /// The moment whose state the next replica returns; later than now is up to date.
    pub as_of: TimeSource,
}

/// A source of times.
pub type TimeSource = Arc<dyn Fn() -> Time + Send + Sync>;

/// Both tables. Clones are the same tables.
#[derive(Clone)]
pub struct MemoryTables {
    items: Arc<Mutex<HashMap<Key, States>>>,
    replicas: Replicas,
}

/// An item without its key.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) version: u64,
    /// The bytes that a table on AWS would hold.
    pub(super) document: Arc<[u8]>,
    /// The value of the document. It is not decoded: the tests of the DynamoDB adapters cover
    /// decoding, which would take most of a simulation's time.
    pub(super) value: Value,
    pub(super) expires_at: Time,
}

/// The value of an item.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Cart(Arc<CartItem>),
    Record(Arc<CommandRecord>),
}

/// A put that happens only if its guard holds for the present item.
pub(super) struct Guarded<'a> {
    pub(super) key: Key,
    pub(super) item: Item,
    pub(super) guard: Box<Guard<'a>>,
}

/// Whether a put may replace this item.
pub(super) type Guard<'a> = dyn Fn(Option<&Item>) -> bool + 'a;

/// The hot table as it was at a moment.
#[derive(Debug)]
pub struct Backup(HashMap<Key, Item>);

/// The outcome of guarded puts.
pub(super) enum PutOutcome {
    Done,
    /// A guard failed; this is the present item.
    ConditionFailed(Option<Item>),
}

/// The present and earlier states of an item, each with its time; oldest first, `None` where there
/// was no item.
struct States(VecDeque<(Time, Option<Item>)>);

// === impl Replicas ===

impl Replicas {
    /// Replicas that are always up to date.
    #[must_use]
    pub fn up_to_date() -> Self {
        let always = |moment: Time| -> TimeSource { Arc::new(move || moment) };
        Self { now: always(Time(0)), as_of: always(Time(u64::MAX)) }
    }
}

// === impl MemoryTables ===

impl MemoryTables {
    /// Empty tables whose replicas are always up to date.
    #[must_use]
    pub fn new() -> Self {
        Self::lagging(Replicas::up_to_date())
    }

    /// Empty tables whose replicas lag.
    #[must_use]
    pub fn lagging(replicas: Replicas) -> Self {
        Self { items: Arc::default(), replicas }
    }

    /// Deletes every item that may be deleted at `now`, as DynamoDB does within days of it.
    pub fn sweep_expired(&self, now: Time) {
        self.items().retain(|_, states| {
            states.newest().is_none_or(|item| item.expires_at.unix_s() >= now.unix_s())
        });
    }

    /// The hot table as it is now. Records of commands have a table of their own, which is not
    /// restored: they are written once and expire by themselves.
    #[must_use]
    pub fn backup(&self) -> Backup {
        let items = self.items();
        let hot = items.iter().filter(|(key, _)| key.table == Table::Hot);
        let present = hot.filter_map(|(key, states)| Some((key.clone(), states.newest()?.clone())));
        Backup(present.collect())
    }

    /// Restores the hot table from a backup. Its replicas have no other state.
    pub fn restore(&self, backup: &Backup) {
        let mut items = self.items();
        items.retain(|key, _| key.table != Table::Hot);
        let restored = backup.0.iter();
        items.extend(restored.map(|(key, item)| (key.clone(), States::of(item.clone()))));
    }

    pub(super) fn get(&self, key: &Key, consistency: Consistency) -> Option<Item> {
        let items = self.items();
        let states = items.get(key)?;
        match consistency {
            Consistency::Strong => states.newest().cloned(),
            Consistency::Eventual => states.as_of((self.replicas.as_of)()).cloned(),
        }
    }

    /// Puts all items, or no item if one of the guards fails.
    pub(super) fn put_all<'a>(
        &self,
        puts: impl IntoIterator<Item = Guarded<'a>>,
    ) -> Result<PutOutcome, PortError> {
        let puts: Vec<Guarded<'_>> = puts.into_iter().collect();
        if puts.iter().any(|put| put.item.document.len() > ITEM_BYTES_MAX) {
            return Err(corrupt("put", "ValidationException"));
        }
        let mut items = self.items();
        for put in &puts {
            let present = items.get(&put.key).and_then(States::newest);
            if !(put.guard)(present) {
                return Ok(PutOutcome::ConditionFailed(present.cloned()));
            }
        }
        let now = (self.replicas.now)();
        for put in puts {
            items.entry(put.key).or_default().push(now, put.item);
        }
        Ok(PutOutcome::Done)
    }

    fn items(&self) -> MutexGuard<'_, HashMap<Key, States>> {
        // No code below panics half-way through a change.
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryTables {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for MemoryTables {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "MemoryTables({} items)", self.items().len())
    }
}

// === impl States ===

impl States {
    /// An item without earlier states.
    fn of(item: Item) -> Self {
        Self(VecDeque::from([(Time(0), Some(item))]))
    }

    fn newest(&self) -> Option<&Item> {
        self.0.back().and_then(|(_, item)| item.as_ref())
    }

    /// The state at a moment, or the oldest one stored.
    fn as_of(&self, moment: Time) -> Option<&Item> {
        let known = self.0.iter().rev().find(|(written_at, _)| *written_at <= moment);
        known.or(self.0.front()).and_then(|(_, item)| item.as_ref())
    }

    fn push(&mut self, written_at: Time, item: Item) {
        if self.0.len() > EARLIER_MAX {
            self.0.pop_front();
        }
        self.0.push_back((written_at, Some(item)));
    }
}

impl Default for States {
    /// Before its first write there is no item.
    fn default() -> Self {
        Self(VecDeque::from([(Time(0), None)]))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicU64;
    use std::sync::atomic::Ordering::Relaxed;

    use domain_core::port::Consistency;
    use domain_core::time::Time;

    use super::{EARLIER_MAX, Guarded, Item, MemoryTables, Replicas, TimeSource, Value};
    use crate::keys::{ItemKey, Key};

    fn key() -> Key {
        ItemKey::Cart { cart: "a" }.key()
    }

    fn write(tables: &MemoryTables, version: u64) {
        let value = Value::Cart(Arc::default());
        let (document, expires_at) = (Arc::default(), Time(version * 1_000));
        let item = Item { version, document, value, expires_at };
        let guard =
            move |present: Option<&Item>| present.map_or(1, |item| item.version + 1) == version;
        tables.put_all([Guarded { key: key(), item, guard: Box::new(guard) }]).unwrap();
    }

    #[test]
    fn a_lagging_replica_returns_an_earlier_state() {
        let (clock, read_at) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let source = |moment: &Arc<AtomicU64>| -> TimeSource {
            let moment = Arc::clone(moment);
            Arc::new(move || Time(moment.load(Relaxed)))
        };
        let tables =
            MemoryTables::lagging(Replicas { now: source(&clock), as_of: source(&read_at) });
        let version_at = |as_of, consistency| {
            read_at.store(as_of, Relaxed);
            tables.get(&key(), consistency).map(|item| item.version)
        };
        for version in 1..=9 {
            clock.store(10 * version, Relaxed);
            write(&tables, version);
            assert_eq!(version_at(10 * version - 1, Consistency::Strong), Some(version));
            assert_eq!(version_at(10 * version, Consistency::Eventual), Some(version));
            let before = Some(version - 1).filter(|before| *before > 0);
            assert_eq!(version_at(10 * version - 1, Consistency::Eventual), before);
        }
        assert_eq!(version_at(0, Consistency::Eventual), Some(9 - EARLIER_MAX as u64));
    }

    #[test]
    fn a_restored_table_and_its_replicas_have_the_state_of_the_backup() {
        let tables = MemoryTables::new();
        write(&tables, 1);
        let backup = tables.backup();
        write(&tables, 2);
        tables.restore(&backup);
        for consistency in [Consistency::Strong, Consistency::Eventual] {
            assert_eq!(tables.get(&key(), consistency).map(|item| item.version), Some(1));
        }
        write(&tables, 2);
        tables.restore(&MemoryTables::new().backup());
        assert!(tables.get(&key(), Consistency::Strong).is_none());
    }

    #[test]
    fn a_sweep_deletes_expired_items() {
        let tables = MemoryTables::new();
        write(&tables, 1);
        tables.sweep_expired(Time(1_999));
        assert!(tables.get(&key(), Consistency::Strong).is_some());
        tables.sweep_expired(Time(2_000));
        assert!(tables.get(&key(), Consistency::Strong).is_none());
    }
}

//! The tables as an ordered map, with the states that a lagging replica may still return.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain_core::port::Consistency;
use domain_core::time::Time;

use super::states::States;
use crate::error::corrupt;
use crate::table::{
    Answer, Guard, IndexKey, Item, Key, KeyPage, Page, Put, PutOutcome, SharedTable,
    TRANSACTION_WRITES_MAX, Table, TableName, Transacted,
};

/// Most bytes of an item (DynamoDB's limit; the few bytes of the other attributes are not counted).
const ITEM_BYTES_MAX: usize = 400 * 1024;
/// Keys of one page of a scan.
const SCAN_KEYS_MAX: usize = 100;

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
pub struct MemoryTable {
    items: Arc<Mutex<Items>>,
    replicas: Replicas,
}

/// The hot table as it was at a moment.
#[derive(Debug, Clone)]
pub struct Backup(BTreeMap<Key, Item>);

type Items = BTreeMap<Key, States>;

// === impl Replicas ===

impl Replicas {
    /// Replicas that are always up to date.
    #[must_use]
    pub fn up_to_date() -> Self {
        let always = |moment: Time| -> TimeSource { Arc::new(move || moment) };
        Self { now: always(Time(0)), as_of: always(Time(u64::MAX)) }
    }
}

// === impl MemoryTable ===

impl MemoryTable {
    /// Empty tables whose replicas are always up to date.
    #[must_use]
    pub fn new() -> Self {
        Self::lagging(Replicas::up_to_date())
    }

    /// These tables, for repositories to share.
    #[must_use]
    pub fn shared(&self) -> SharedTable {
        Arc::new(self.clone())
    }

    /// Empty tables whose replicas lag.
    #[must_use]
    pub fn lagging(replicas: Replicas) -> Self {
        Self { items: Arc::default(), replicas }
    }

    /// One item as it is now.
    #[must_use]
    pub fn item(&self, key: &Key) -> Option<Item> {
        self.items().get(key).and_then(States::newest).map(read)
    }

    /// Every item of a table as it is now.
    #[must_use]
    pub fn items_of(&self, table: TableName) -> BTreeMap<Key, Item> {
        let items = self.items();
        let own = items.iter().filter(|(key, _)| key.table == table);
        own.filter_map(|(key, states)| Some((key.clone(), states.newest()?.clone()))).collect()
    }

    /// Deletes every item that may be deleted at `now`, as DynamoDB does within days of it.
    pub fn sweep_expired(&self, now: Time) {
        let is_over = |item: &Item| item.expires_at.is_some_and(|at| at.unix_s() < now.unix_s());
        self.items().retain(|_, states| states.newest().is_none_or(|item| !is_over(item)));
    }

    /// The hot table as it is now. Records of commands have a table of their own, which is not
    /// restored: they are written once and expire by themselves.
    #[must_use]
    pub fn backup(&self) -> Backup {
        Backup(self.items_of(TableName::Hot))
    }

    /// Restores the hot table from a backup. Its replicas have no other state.
    pub fn restore(&self, backup: &Backup) {
        let mut items = self.items();
        items.retain(|key, _| key.table != TableName::Hot);
        let restored = backup.0.iter();
        items.extend(restored.map(|(key, item)| (key.clone(), States::of(item.clone()))));
    }

    /// The state of an item that a read of this consistency returns.
    fn as_read(&self, states: &States, consistency: Consistency) -> Option<Item> {
        match consistency {
            Consistency::Strong => states.newest().map(read),
            Consistency::Eventual => states.as_of((self.replicas.as_of)()).map(read),
        }
    }

    fn page(&self, page: &Page) -> Vec<Item> {
        let key = |sk: &str| Key {
            table: TableName::Hot,
            pk: page.range.pk.clone(),
            sk: Some(sk.to_owned()),
        };
        let items = self.items();
        let range = items.range(key(&page.range.first_sk)..=key(&page.range.last_sk)).rev();
        let before = range.filter(|(key, _)| page.before.as_ref().is_none_or(|end| *key < end));
        let read = before.filter_map(|(_, states)| self.as_read(states, page.consistency));
        read.take(page.items_max).collect()
    }

    fn page_of_index(&self, before: &IndexKey, items_max: usize) -> Vec<Key> {
        let items = self.items();
        let is_in = |index: &IndexKey| index.pk == before.pk && index.sk < before.sk;
        let indexed = items.iter().filter_map(|(key, states)| {
            let index = states.newest()?.index.as_ref().filter(|index| is_in(index))?;
            Some((&index.sk, key))
        });
        let indexed: BTreeSet<(&String, &Key)> = indexed.collect();
        indexed.into_iter().rev().take(items_max).map(|(_, key)| key.clone()).collect()
    }

    fn page_of_keys(&self, table: TableName, after: Option<&Key>) -> KeyPage {
        let present = self.items_of(table).into_keys();
        let mut keys: Vec<Key> =
            present.filter(|key| after.is_none_or(|after| after < key)).collect();
        let is_last = keys.len() <= SCAN_KEYS_MAX;
        keys.truncate(SCAN_KEYS_MAX);
        let next = keys.last().filter(|_| !is_last).cloned();
        KeyPage { keys, next }
    }

    /// Writes all or nothing; `Err` is the present item of the first guard that failed.
    fn write(&self, puts: &[Put], deletes: &[Key]) -> Result<(), Option<Item>> {
        let mut items = self.items();
        for put in puts {
            let present = items.get(&put.key).and_then(States::newest);
            if !holds(put, present) {
                return Err(present.map(read));
            }
        }
        let now = (self.replicas.now)();
        for put in puts {
            items.entry(put.key.clone()).or_default().push(now, Some(stored(&put.item)));
        }
        for key in deletes {
            items.entry(key.clone()).or_default().push(now, None);
        }
        Ok(())
    }

    fn items(&self) -> MutexGuard<'_, Items> {
        // No code here panics half-way through a change.
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryTable {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for MemoryTable {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "MemoryTable({} items)", self.items().len())
    }
}

impl Table for MemoryTable {
    fn get<'a>(&'a self, key: &'a Key, consistency: Consistency) -> Answer<'a, Option<Item>> {
        Box::pin(async move {
            let items = self.items();
            Ok(items.get(key).and_then(|states| self.as_read(states, consistency)))
        })
    }

    fn batch_get<'a>(&'a self, keys: &'a [Key]) -> Answer<'a, HashMap<Key, Item>> {
        Box::pin(async move {
            let items = self.items();
            let newest = |key: &Key| Some((key.clone(), read(items.get(key)?.newest()?)));
            Ok(keys.iter().filter_map(newest).collect())
        })
    }

    fn query<'a>(&'a self, page: &'a Page) -> Answer<'a, Vec<Item>> {
        Box::pin(async move { Ok(self.page(page)) })
    }

    fn query_index<'a>(&'a self, before: &'a IndexKey, items_max: usize) -> Answer<'a, Vec<Key>> {
        Box::pin(async move { Ok(self.page_of_index(before, items_max)) })
    }

    fn scan_keys<'a>(&'a self, table: TableName, after: Option<&'a Key>) -> Answer<'a, KeyPage> {
        Box::pin(async move { Ok(self.page_of_keys(table, after)) })
    }

    fn put<'a>(&'a self, put: &'a Put) -> Answer<'a, PutOutcome> {
        Box::pin(async move {
            if put.item.document.len() > ITEM_BYTES_MAX {
                return Err(corrupt("put", "ValidationException"));
            }
            let written = self.write(std::slice::from_ref(put), &[]);
            Ok(written.map_or_else(PutOutcome::ConditionFailed, |()| PutOutcome::Done))
        })
    }

    fn transact<'a>(&'a self, puts: &'a [Put], deletes: &'a [Key]) -> Answer<'a, Transacted> {
        Box::pin(async move {
            let keys: BTreeSet<&Key> = puts.iter().map(|put| &put.key).chain(deletes).collect();
            let writes = puts.len() + deletes.len();
            let is_distinct = keys.len() == writes;
            let fits = (1..=TRANSACTION_WRITES_MAX).contains(&writes)
                && puts.iter().all(|put| put.item.document.len() <= ITEM_BYTES_MAX);
            if !is_distinct || !fits {
                return Err(corrupt("transact", "ValidationException"));
            }
            let written = self.write(puts, deletes);
            Ok(written.map_or(Transacted::ConditionFailed, |()| Transacted::Done))
        })
    }
}

/// The item as a table on AWS would store it: with an expiry in whole seconds.
fn stored(item: &Item) -> Item {
    let expires_at = item.expires_at.map(|at| Time(at.unix_s().saturating_mul(1_000)));
    Item { expires_at, ..item.clone() }
}

/// The item as a read returns it.
fn read(item: &Item) -> Item {
    Item { index: None, ..item.clone() }
}

/// Whether a put's guard holds for the present item.
fn holds(put: &Put, present: Option<&Item>) -> bool {
    let expiry_s = |item: &Item| item.expires_at.map(Time::unix_s);
    match put.guard {
        Guard::Absent => present.is_none(),
        Guard::Version(version) => present.is_some_and(|item| item.version == version),
        Guard::Life { version, expires_at } => present.is_some_and(|item| {
            item.version == version && expiry_s(item) == Some(expires_at.unix_s())
        }),
        Guard::Sibling => true,
        Guard::Different => present.is_none_or(|item| item.document != put.item.document),
        Guard::DifferentOrBefore(at) => present.is_none_or(|item| {
            item.document != put.item.document || expiry_s(item).is_some_and(|s| s < at.unix_s())
        }),
    }
}

#[cfg(test)]
mod tests;

//! Ledgers in memory: the very writes of their sibling, put into a map under the same guards.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use origin_domain::id::CommandId;
use origin_domain::idempotency::Recorded;
use origin_domain::loyalty::{
    Account, EntryKey, EntryPage, LedgerChange, LedgerEntry, LedgerReader, LedgerStore, Loaded,
    LoyaltyLog, LoyaltyRecord, PAGE_ENTRIES_MAX, RedemptionItem, Wanted,
};
use origin_domain::port::{Consistency, PortError, Written};
use origin_domain::time::Time;

use super::tables::{EARLIER_MAX, Replicas};
use crate::document::decode;
use crate::error::corrupt;
use crate::item::{Guard, Item, Put};
use crate::keys::{Key, Range, Shape};
use crate::ledger::{self, Found, Sought};

/// Most bytes of an item (DynamoDB's limit; the few bytes of the other attributes are left out).
const ITEM_BYTES_MAX: usize = 400 * 1024;

/// Ledgers, and the records of commands on them. Clones are the same ledgers.
#[derive(Clone)]
pub struct MemoryLedger {
    items: Arc<Mutex<Items>>,
    replicas: Replicas,
}

/// By partition key and sort key, oldest state first; `None` where there was none.
type Items = BTreeMap<(String, String), VecDeque<(Time, Option<Item>)>>;

// === impl MemoryLedger ===

impl MemoryLedger {
    /// Empty ledgers on these replicas.
    #[must_use]
    pub fn new(replicas: Replicas) -> Self {
        Self { items: Arc::default(), replicas }
    }

    /// Version and document of every item but the records, by its keys, as a backup would hold
    /// them.
    #[must_use]
    pub fn stored(&self) -> BTreeMap<(String, String), (u64, Vec<u8>)> {
        let items = self.items();
        let kept = items.iter().filter(|((pk, _), _)| !pk.starts_with("command/"));
        let present = kept.filter_map(|(key, states)| Some((key, newest(states)?)));
        present.map(|(key, item)| (key.clone(), (item.version, item.document.clone()))).collect()
    }

    fn get(&self, key: &Key, consistency: Consistency) -> Option<Item> {
        let items = self.items();
        let states = items.get(&place(key))?;
        match consistency {
            Consistency::Strong => newest(states).cloned(),
            Consistency::Eventual => {
                let moment = (self.replicas.as_of)();
                let known = states.iter().rev().find(|(written_at, _)| *written_at <= moment);
                known.or(states.front()).and_then(|(_, item)| item.clone())
            }
        }
    }

    /// Writes all or nothing; the first refusal brings along what is there.
    fn write(&self, puts: Vec<Put>, gone: &[Key]) -> Result<Result<(), Option<Item>>, PortError> {
        if puts.iter().any(|put| put.item.document.len() > ITEM_BYTES_MAX) {
            return Err(corrupt("transact", "ValidationException"));
        }
        let mut items = self.items();
        for put in &puts {
            let present = items.get(&place(&put.key)).and_then(newest);
            if !lets(put, present)? {
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

    fn items(&self) -> MutexGuard<'_, Items> {
        // Nothing above panics half-way through a change.
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for MemoryLedger {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "MemoryLedger({} items)", self.items().len())
    }
}

impl LedgerStore for MemoryLedger {
    async fn load(&self, wanted: Wanted<'_>) -> Result<Loaded, PortError> {
        let sought = Sought::of(wanted);
        let found = sought.keys().into_iter().filter_map(|key| {
            let item = self.get(&key, Consistency::Strong)?;
            Some((key, item))
        });
        let found: Found = found.collect();
        sought.loaded(&found)
    }

    async fn commit(&self, change: &LedgerChange) -> Result<Written, PortError> {
        let (puts, gone) = ledger::writes(change)?;
        Ok(match self.write(puts, &gone)? {
            Ok(()) => Written::Done,
            Err(_) => Written::Conflict,
        })
    }
}

impl LedgerReader for MemoryLedger {
    async fn account(
        &self,
        customer: &str,
        consistency: Consistency,
    ) -> Result<Option<Account>, PortError> {
        let item = self.get(&Shape::Account { customer }.key(), consistency);
        item.as_ref().map(ledger::read).transpose()
    }

    async fn account_and_records(
        &self,
        customer: &str,
        ids: &[CommandId],
    ) -> Result<(Option<Account>, Vec<LoyaltyRecord>), PortError> {
        let mut records = Vec::new();
        for (at, id) in ids.iter().enumerate() {
            // A batch answers a key once, however often it is named.
            if !ids[..at].contains(id) {
                records.extend(self.find(*id).await?);
            }
        }
        Ok((self.account(customer, Consistency::Strong).await?, records))
    }

    async fn redemption(&self, id: CommandId) -> Result<Option<RedemptionItem>, PortError> {
        let item = self.get(&Shape::Redemption { id }.key(), Consistency::Strong);
        item.as_ref().map(ledger::read).transpose()
    }

    async fn entries(
        &self,
        customer: &str,
        before: Option<&EntryKey>,
        limit: usize,
    ) -> Result<EntryPage, PortError> {
        let limit = limit.min(PAGE_ENTRIES_MAX);
        let range = Range::entries(customer);
        let before = before.map(|key| Shape::Entry { customer, at: key.at, id: &key.id }.key());
        let before = before.and_then(|key| key.sk);
        let (first, last) = ((range.pk.clone(), range.first_sk), (range.pk, range.last_sk));
        let items = self.items();
        let older = items.range(first..=last).rev();
        let older = older.filter(|((_, sk), _)| before.as_ref().is_none_or(|end| sk < end));
        let found = older.filter_map(|(_, states)| newest(states)).take(limit + 1);
        let mut entries: Vec<LedgerEntry> =
            found.map(|item| decode("entry", &item.document)).collect::<Result<_, _>>()?;
        let has_more = entries.len() > limit;
        entries.truncate(limit);
        let next = entries.last().filter(|_| has_more).map(LedgerEntry::key);
        Ok(EntryPage { entries, next })
    }
}

impl LoyaltyLog for MemoryLedger {
    async fn record(&self, record: &LoyaltyRecord) -> Result<Recorded<LoyaltyRecord>, PortError> {
        match self.write(vec![ledger::recording(record)], &[])? {
            Ok(()) => Ok(Recorded::First),
            Err(Some(there)) => {
                Ok(Recorded::Existing(Box::new(decode("command record", &there.document)?)))
            }
            Err(None) => Err(corrupt("record", "refused without the record")),
        }
    }

    async fn find(&self, id: CommandId) -> Result<Option<LoyaltyRecord>, PortError> {
        let item = self.get(&Shape::Command { id }.key(), Consistency::Strong);
        item.map(|item| decode("command record", &item.document)).transpose()
    }
}

fn place(key: &Key) -> (String, String) {
    (key.pk.clone(), key.sk.clone().unwrap_or_default())
}

fn newest(states: &VecDeque<(Time, Option<Item>)>) -> Option<&Item> {
    states.back().and_then(|(_, item)| item.as_ref())
}

/// Whether a put may happen, told what is there.
fn lets(put: &Put, present: Option<&Item>) -> Result<bool, PortError> {
    match put.guard {
        Guard::Absent => Ok(present.is_none()),
        Guard::Version(version) => Ok(present.is_some_and(|item| item.version == version)),
        Guard::Sibling => Ok(true),
        _ => Err(corrupt("transact", "a guard no ledger asks for")),
    }
}

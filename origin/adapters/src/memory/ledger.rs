//! Ledgers in memory: the writes of `DynamoLedger`, applied to a map under the same guards.

use std::collections::BTreeMap;

use domain_core::id::CommandId;
use domain_core::idempotency::Recorded;
use domain_core::port::{Consistency, PortError, Written};
use domain_core::time::Time;
use domain_loyalty::{
    Account, EntryKey, EntryPage, LedgerChange, LedgerEntry, LedgerReader, LedgerStore,
    LoadRequest, LoadedLedger, LoyaltyLog, LoyaltyRecord, PAGE_ENTRIES_MAX, RedemptionItem,
};

use super::items::MemoryItems;
use super::tables::Replicas;
use crate::document::decode;
use crate::error::corrupt;
use crate::keys::{ItemKey, Range};
use crate::ledger::{self, ItemsByKey, LedgerKeys};

/// Ledgers, and the records of commands on them. Clones are the same ledgers.
#[derive(Clone)]
pub struct MemoryLedger {
    items: MemoryItems,
}

// === impl MemoryLedger ===

impl MemoryLedger {
    /// Empty ledgers on these replicas.
    #[must_use]
    pub fn new(replicas: Replicas) -> Self {
        Self { items: MemoryItems::new(replicas) }
    }

    /// Version and document of every item but the records, by its keys, as a backup would hold
    /// them.
    #[must_use]
    pub fn stored(&self) -> BTreeMap<(String, String), (u64, Vec<u8>)> {
        let items = self.items.all().into_iter();
        let stored = items.filter(|((pk, _), _)| !pk.starts_with("command/"));
        stored.map(|(key, item)| (key, (item.version, item.document))).collect()
    }

    /// Deletes every record that may be deleted at `now`, as DynamoDB does within days of it.
    pub fn sweep_expired(&self, now: Time) {
        self.items.sweep_expired(now);
    }
}

impl std::fmt::Debug for MemoryLedger {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "MemoryLedger({} items)", self.items.all().len())
    }
}

impl LedgerStore for MemoryLedger {
    async fn load(&self, request: LoadRequest<'_>) -> Result<LoadedLedger, PortError> {
        let keys = LedgerKeys::of(request);
        let items = keys.all().into_iter().filter_map(|key| {
            let item = self.items.get(&key, Consistency::Strong)?;
            Some((key, item))
        });
        let items: ItemsByKey = items.collect();
        keys.read_from(&items)
    }

    async fn commit(&self, change: &LedgerChange) -> Result<Written, PortError> {
        let (puts, gone) = ledger::writes(change)?;
        Ok(match self.items.write(puts, &gone)? {
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
        let item = self.items.get(&ItemKey::Account { customer }.key(), consistency);
        item.as_ref().map(ledger::read).transpose()
    }

    async fn account_and_records(
        &self,
        customer: &str,
        ids: &[CommandId],
    ) -> Result<(Option<Account>, Vec<LoyaltyRecord>), PortError> {
        let mut records = Vec::new();
        for (at, id) in ids.iter().enumerate() {
            // A batch returns an item once, however often its key is named.
            if !ids[..at].contains(id) {
                records.extend(self.find(*id).await?);
            }
        }
        Ok((self.account(customer, Consistency::Strong).await?, records))
    }

    async fn redemption(&self, id: CommandId) -> Result<Option<RedemptionItem>, PortError> {
        let item = self.items.get(&ItemKey::Redemption { id }.key(), Consistency::Strong);
        item.as_ref().map(ledger::read).transpose()
    }

    async fn entries(
        &self,
        customer: &str,
        before: Option<&EntryKey>,
        limit: usize,
    ) -> Result<EntryPage, PortError> {
        let limit = limit.min(PAGE_ENTRIES_MAX);
        let before = before.map(|key| ItemKey::Entry { customer, at: key.at, id: &key.id }.key());
        let range = Range::entries(customer);
        // One more shows whether there are older ones.
        let items = self.items.query(range, before, limit + 1, Consistency::Strong);
        let entries = items.iter().take(limit).map(|item| decode("entry", &item.document));
        let entries: Vec<LedgerEntry> = entries.collect::<Result<_, _>>()?;
        let next = entries.last().filter(|_| items.len() > limit).map(LedgerEntry::key);
        Ok(EntryPage { entries, next })
    }
}

impl LoyaltyLog for MemoryLedger {
    async fn record(&self, record: &LoyaltyRecord) -> Result<Recorded<LoyaltyRecord>, PortError> {
        match self.items.write(vec![ledger::recording(record)], &[])? {
            Ok(()) => Ok(Recorded::First),
            Err(Some(existing)) => {
                Ok(Recorded::Existing(Box::new(decode("command record", &existing.document)?)))
            }
            Err(None) => Err(corrupt("record", "condition failed without the record")),
        }
    }

    async fn find(&self, id: CommandId) -> Result<Option<LoyaltyRecord>, PortError> {
        let item = self.items.get(&ItemKey::Command { id }.key(), Consistency::Strong);
        item.map(|item| decode("command record", &item.document)).transpose()
    }
}

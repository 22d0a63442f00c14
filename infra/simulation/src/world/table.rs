//! The table: with faults as its callers see it, and observed where it is written.

use std::collections::HashMap;

use domain_core::port::Consistency;
use origin_adapters::memory::MemoryTable;
use origin_adapters::table::{
    Answer, IndexKey, Item, Key, KeyPage, Page, Put, PutOutcome, SharedTable, Table, TableName,
    Transacted,
};

use super::oracle::{Change, Oracles};
use crate::engine::{Coverage, FaultyPort};

/// The tables in memory; every write is reported before anything else can happen.
#[derive(Clone)]
pub(crate) struct ObservedTable {
    pub(crate) table: MemoryTable,
    pub(crate) oracles: Oracles,
}

/// The table as one process calls it.
pub(crate) struct FaultyTable(pub(crate) FaultyPort<SharedTable>);

// === impl ObservedTable ===

impl ObservedTable {
    fn report(&self, puts: &[Put], deletes: &[Key], before: Vec<Option<Item>>) {
        let after = puts.iter().map(|put| (&put.key, Some(&put.item)));
        let written = after.chain(deletes.iter().map(|key| (key, None)));
        let changes: Vec<Change<'_>> = written
            .zip(before)
            .map(|((key, after), before)| Change { key, before, after })
            .collect();
        self.oracles.each(|oracle| oracle.written(&changes));
    }

    fn before(&self, puts: &[Put], deletes: &[Key]) -> Vec<Option<Item>> {
        let keys = puts.iter().map(|put| &put.key).chain(deletes);
        keys.map(|key| self.table.item(key)).collect()
    }

    fn conflict(&self, key: &Key) {
        // A failed condition on the record of a command is a repetition.
        if key.table == TableName::Hot {
            self.oracles.count(Coverage::RaceLost);
        }
    }
}

impl std::fmt::Debug for ObservedTable {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.table.fmt(out)
    }
}

impl Table for ObservedTable {
    fn get<'a>(&'a self, key: &'a Key, consistency: Consistency) -> Answer<'a, Option<Item>> {
        self.table.get(key, consistency)
    }

    fn batch_get<'a>(&'a self, keys: &'a [Key]) -> Answer<'a, HashMap<Key, Item>> {
        self.table.batch_get(keys)
    }

    fn query<'a>(&'a self, page: &'a Page) -> Answer<'a, Vec<Item>> {
        self.table.query(page)
    }

    fn query_index<'a>(&'a self, before: &'a IndexKey, items_max: usize) -> Answer<'a, Vec<Key>> {
        self.table.query_index(before, items_max)
    }

    fn scan_keys<'a>(&'a self, table: TableName, after: Option<&'a Key>) -> Answer<'a, KeyPage> {
        self.table.scan_keys(table, after)
    }

    fn put<'a>(&'a self, put: &'a Put) -> Answer<'a, PutOutcome> {
        Box::pin(async move {
            let before = self.before(std::slice::from_ref(put), &[]);
            let outcome = self.table.put(put).await?;
            match outcome {
                PutOutcome::Done => self.report(std::slice::from_ref(put), &[], before),
                PutOutcome::ConditionFailed(_) => self.conflict(&put.key),
            }
            Ok(outcome)
        })
    }

    fn transact<'a>(&'a self, puts: &'a [Put], deletes: &'a [Key]) -> Answer<'a, Transacted> {
        Box::pin(async move {
            let before = self.before(puts, deletes);
            let outcome = self.table.transact(puts, deletes).await?;
            match outcome {
                Transacted::Done => self.report(puts, deletes, before),
                _ => puts.first().into_iter().for_each(|put| self.conflict(&put.key)),
            }
            Ok(outcome)
        })
    }
}

// === impl FaultyTable ===

impl std::fmt::Debug for FaultyTable {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.port.fmt(out)
    }
}

impl Table for FaultyTable {
    fn get<'a>(&'a self, key: &'a Key, consistency: Consistency) -> Answer<'a, Option<Item>> {
        Box::pin(self.0.call(move || self.0.port.get(key, consistency)))
    }

    /// A batch is not a snapshot: each of its items is read at a different moment.
    fn batch_get<'a>(&'a self, keys: &'a [Key]) -> Answer<'a, HashMap<Key, Item>> {
        let FaultyPort { port, faults, .. } = &self.0;
        let read = move || async move {
            let mut items = port.batch_get(keys).await?;
            if !faults.occurs(faults.profile.torn) {
                return Ok(items);
            }
            faults.delay(faults.profile.table_ms_max).await;
            let later = port.batch_get(keys).await?;
            for key in keys.iter().filter(|_| faults.rng.coin()) {
                match later.get(key) {
                    Some(item) => items.insert(key.clone(), item.clone()),
                    None => items.remove(key),
                };
            }
            Ok(items)
        };
        Box::pin(self.0.call(read))
    }

    fn query<'a>(&'a self, page: &'a Page) -> Answer<'a, Vec<Item>> {
        Box::pin(self.0.call(move || self.0.port.query(page)))
    }

    fn query_index<'a>(&'a self, before: &'a IndexKey, items_max: usize) -> Answer<'a, Vec<Key>> {
        Box::pin(self.0.call(move || self.0.port.query_index(before, items_max)))
    }

    fn scan_keys<'a>(&'a self, table: TableName, after: Option<&'a Key>) -> Answer<'a, KeyPage> {
        Box::pin(self.0.call(move || self.0.port.scan_keys(table, after)))
    }

    fn put<'a>(&'a self, put: &'a Put) -> Answer<'a, PutOutcome> {
        Box::pin(self.0.call(move || self.0.port.put(put)))
    }

    fn transact<'a>(&'a self, puts: &'a [Put], deletes: &'a [Key]) -> Answer<'a, Transacted> {
        Box::pin(self.0.call(move || self.0.port.transact(puts, deletes)))
    }
}

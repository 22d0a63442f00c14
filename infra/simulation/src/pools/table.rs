//! The table as one process calls it.

use std::collections::HashMap;

use domain_core::port::Consistency;
use origin_adapters::memory::MemoryTable;
use origin_adapters::table::{
    Answer, Guard, IndexKey, Item, Key, KeyPage, Page, Put, PutOutcome, Table, TableName,
    Transacted,
};

use super::PoolMutant;
use super::process::Process;

#[derive(Debug)]
pub(super) struct ProcessTable {
    pub(super) process: Process,
    pub(super) table: MemoryTable,
    pub(super) mutant: Option<PoolMutant>,
}

fn has(puts: &[Put], prefix: &str) -> bool {
    puts.iter().any(|put| put.key.sk.as_deref().is_some_and(|sk| sk.starts_with(prefix)))
}

fn named(puts: &[Put]) -> &'static str {
    if has(puts, "claim/") {
        "settle and claim a slot"
    } else if has(puts, "ready/") {
        "make slots ready"
    } else if has(puts, "pool") {
        "write a pool"
    } else if has(puts, "redemption") {
        "hold, or end without a slot"
    } else {
        "write points"
    }
}

impl ProcessTable {
    /// The write as the mutant makes it.
    fn mutated(&self, put: &Put) -> Put {
        let is = |prefix: &str| put.key.sk.as_deref().is_some_and(|sk| sk.starts_with(prefix));
        let guard = match self.mutant {
            Some(PoolMutant::ClaimUnguarded) if is("claim/") => Guard::Sibling,
            _ => put.guard,
        };
        Put { guard, ..put.clone() }
    }
}

impl Table for ProcessTable {
    fn get<'a>(&'a self, key: &'a Key, consistency: Consistency) -> Answer<'a, Option<Item>> {
        Box::pin(self.process.step("read an item", self.table.get(key, consistency)))
    }

    fn batch_get<'a>(&'a self, keys: &'a [Key]) -> Answer<'a, HashMap<Key, Item>> {
        Box::pin(self.process.step("read items", self.table.batch_get(keys)))
    }

    fn query<'a>(&'a self, page: &'a Page) -> Answer<'a, Vec<Item>> {
        Box::pin(self.process.step("look for ready slots", self.table.query(page)))
    }

    fn query_index<'a>(&'a self, before: &'a IndexKey, items_max: usize) -> Answer<'a, Vec<Key>> {
        self.table.query_index(before, items_max)
    }

    fn scan_keys<'a>(&'a self, table: TableName, after: Option<&'a Key>) -> Answer<'a, KeyPage> {
        self.table.scan_keys(table, after)
    }

    fn put<'a>(&'a self, put: &'a Put) -> Answer<'a, PutOutcome> {
        let put = self.mutated(put);
        Box::pin(async move { self.process.step("write the seed", self.table.put(&put)).await })
    }

    fn transact<'a>(&'a self, puts: &'a [Put], deletes: &'a [Key]) -> Answer<'a, Transacted> {
        let puts: Vec<Put> = puts.iter().map(|put| self.mutated(put)).collect();
        Box::pin(async move {
            self.process.step(named(&puts), self.table.transact(&puts, deletes)).await
        })
    }
}

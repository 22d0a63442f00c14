//! The port to the tables: what the repositories need of a database. DynamoDB implements it
//! ([`crate::DynamoTable`]), and an ordered map does for tests and the simulation
//! ([`crate::memory::MemoryTable`]).
//!
//! Every argument is a reference, so that a decorator may repeat a call.

mod item;
mod keys;

use std::collections::HashMap;
use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;

use domain_core::port::{Consistency, PortError, Written};

pub use item::{Guard, Item, Put};
#[cfg(test)]
pub(crate) use keys::Erasure;
pub use keys::{IndexKey, ItemKey, Key, Range, TableName};
pub(crate) use keys::{
    ItemKind, index_after_products, index_of_order, index_of_product, orders_of_day,
};

use crate::error::unavailable;

/// Most keys of one batch read (DynamoDB's limit of `BatchGetItem`).
pub(crate) const BATCH_KEYS_MAX: usize = 100;
/// Most writes of one transaction (DynamoDB's limit of `TransactWriteItems`).
pub(crate) const TRANSACTION_WRITES_MAX: usize = 100;

/// The tables as the repositories share them.
pub type SharedTable = Arc<dyn Table>;

/// A running operation.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, PortError>> + Send + 'a>>;

/// The operations on both tables. An operation that fails as [`PortError::Unavailable`] may have
/// had its effect.
pub trait Table: Debug + Send + Sync {
    /// One item.
    fn get<'a>(&'a self, key: &'a Key, consistency: Consistency) -> Answer<'a, Option<Item>>;

    /// Many items of either table, each strongly consistent; missing items are omitted. Not a
    /// snapshot: the items may be read at different moments.
    fn batch_get<'a>(&'a self, keys: &'a [Key]) -> Answer<'a, HashMap<Key, Item>>;

    /// One page of a partition of the hot table, highest sort key first.
    fn query<'a>(&'a self, page: &'a Page) -> Answer<'a, Vec<Item>>;

    /// The keys of items in one partition of the index, those before `before`, highest first. The
    /// index holds keys only and follows the table within seconds.
    fn query_index<'a>(&'a self, before: &'a IndexKey, items_max: usize) -> Answer<'a, Vec<Key>>;

    /// One page of the keys of a table, those after `after` in the table's own order. This is the
    /// only scan: erasing all customers happens once in the life of a deployment, which does not
    /// justify an index.
    fn scan_keys<'a>(&'a self, table: TableName, after: Option<&'a Key>) -> Answer<'a, KeyPage>;

    /// Writes one item if its guard holds. The guard may fail on an earlier attempt of this very
    /// write whose answer was lost: every caller reads again or compares.
    fn put<'a>(&'a self, put: &'a Put) -> Answer<'a, PutOutcome>;

    /// Writes and deletes everything, or nothing. The guards of the writes cover the deletions.
    fn transact<'a>(&'a self, puts: &'a [Put], deletes: &'a [Key]) -> Answer<'a, Transacted>;
}

/// One page of a partition, highest sort key first.
#[derive(Debug, Clone)]
pub struct Page {
    /// The partition, and its first and last sort key.
    pub range: Range,
    /// Only items before this key.
    pub before: Option<Key>,
    /// Most items of the page.
    pub items_max: usize,
    /// How recent the items must be.
    pub consistency: Consistency,
}

/// One page of a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPage {
    /// The keys.
    pub keys: Vec<Key>,
    /// Where the next page starts; `None`: this is the last one.
    pub next: Option<Key>,
}

/// The outcome of a guarded put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutOutcome {
    /// It is durable.
    Done,
    /// The guard failed; this is the present item.
    ConditionFailed(Option<Item>),
}

/// The outcome of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transacted {
    /// All of it is durable.
    Done,
    /// A guard failed; nothing was written.
    ConditionFailed,
    /// Another transaction held one of the items; nothing was decided or written.
    Collided,
}

// === impl Transacted ===

impl Transacted {
    /// For callers that read and decide again themselves: after a collision nothing is decided, so
    /// the same call may succeed.
    pub(crate) fn written(self) -> Result<Written, PortError> {
        match self {
            Self::Done => Ok(Written::Done),
            Self::ConditionFailed => Ok(Written::Conflict),
            Self::Collided => Err(unavailable("transact", "TransactionConflict")),
        }
    }
}

// === impl PutOutcome ===

impl From<PutOutcome> for Written {
    fn from(outcome: PutOutcome) -> Self {
        match outcome {
            PutOutcome::Done => Self::Done,
            PutOutcome::ConditionFailed(_) => Self::Conflict,
        }
    }
}

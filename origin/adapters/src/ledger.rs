//! Orders, accounts, entries and causes: one change is one transaction.

use origin_domain::loyalty::{
    Account, CHANGE_ENTRIES_MAX, EntryKey, EntryPage, Guarded, LedgerChange, LedgerEntry,
    LedgerReader, LedgerStore, Loaded, OrderItem, PAGE_ENTRIES_MAX,
};
use origin_domain::port::{Consistency, PortError, Written};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::aws::Aws;
use crate::document::{decode, encode};
use crate::error::corrupt;
use crate::item::{Guard, Item, Put};
use crate::keys::{Key, Range, Shape};
use crate::tables::Page;

/// A cause is claimed once and for ever.
const ONLY_VERSION: u64 = 1;

/// Ledgers in the hot table.
#[derive(Debug, Clone)]
pub struct DynamoLedger {
    aws: Aws,
}

/// A document that knows its own version, which must be the item's.
trait Versioned: Serialize + DeserializeOwned {
    const NAME: &'static str;

    fn version(&self) -> u64;
}

impl Versioned for OrderItem {
    const NAME: &'static str = "order";

    fn version(&self) -> u64 {
        self.version
    }
}

impl Versioned for Account {
    const NAME: &'static str = "account";

    fn version(&self) -> u64 {
        self.version
    }
}

// === impl DynamoLedger ===

impl DynamoLedger {
    /// Ledgers in these tables.
    #[must_use]
    pub fn new(aws: &Aws) -> Self {
        Self { aws: aws.clone() }
    }
}

impl LedgerStore for DynamoLedger {
    async fn load(&self, order: &str, customer: Option<&str>) -> Result<Loaded, PortError> {
        let order = Shape::Order { order }.key();
        let account = customer.map(|customer| Shape::Account { customer }.key());
        let keys: Vec<Key> = std::iter::once(&order).chain(&account).cloned().collect();
        let found = self.aws.batch_get(&keys).await?;
        let account = account.and_then(|key| found.get(&key));
        Ok(Loaded {
            order: found.get(&order).map(read).transpose()?,
            account: account.map(read).transpose()?,
        })
    }

    async fn commit(&self, change: &LedgerChange) -> Result<Written, PortError> {
        self.aws.transact(&writes(change)?).await?.written()
    }
}

impl LedgerReader for DynamoLedger {
    async fn account(
        &self,
        customer: &str,
        consistency: Consistency,
    ) -> Result<Option<Account>, PortError> {
        let item = self.aws.get(&Shape::Account { customer }.key(), consistency).await?;
        item.as_ref().map(read).transpose()
    }

    async fn entries(
        &self,
        customer: &str,
        before: Option<&EntryKey>,
        limit: usize,
    ) -> Result<EntryPage, PortError> {
        let limit = limit.min(PAGE_ENTRIES_MAX);
        let page = Page {
            range: Range::entries(customer),
            before: before.map(|key| Shape::Entry { customer, at: key.at, id: &key.id }.key()),
            // One more tells whether there are older ones.
            items_max: limit + 1,
            consistency: Consistency::Strong,
        };
        let items = self.aws.query(page).await?;
        let entries = items.iter().take(limit).map(|item| decode("entry", &item.document));
        let entries: Vec<LedgerEntry> = entries.collect::<Result<_, _>>()?;
        let next = entries.last().filter(|_| items.len() > limit).map(LedgerEntry::key);
        Ok(EntryPage { entries, next })
    }
}

/// All of a change. The entries need no guard of their own: the order's version guards them.
fn writes(change: &LedgerChange) -> Result<Vec<Put>, PortError> {
    if change.entries.len() > CHANGE_ENTRIES_MAX {
        return Err(corrupt("change", "more entries than a transaction takes"));
    }
    let LedgerChange { cause, order, account, entries } = change;
    let mut puts = vec![
        Put {
            key: Shape::Cause { kind: cause.kind.name(), id: &cause.id }.key(),
            item: Item::new(ONLY_VERSION, encode(cause)),
            guard: Guard::Absent,
        },
        guarded(Shape::Order { order: &order.item.facts.order }, order),
    ];
    let Some(account) = account else {
        let is_whole = entries.is_empty();
        return if is_whole { Ok(puts) } else { Err(corrupt("change", "entries of nobody")) };
    };
    let customer = &account.item.customer;
    puts.push(guarded(Shape::Account { customer }, account));
    puts.extend(entries.iter().map(|entry| Put {
        key: Shape::Entry { customer, at: entry.at, id: &entry.id }.key(),
        item: Item::new(order.item.version, encode(entry)),
        guard: Guard::Sibling,
    }));
    Ok(puts)
}

fn guarded<T: Versioned>(shape: Shape<'_>, write: &Guarded<T>) -> Put {
    Put {
        key: shape.key(),
        item: Item::new(write.item.version(), encode(&write.item)),
        guard: write.seen.map_or(Guard::Absent, Guard::Version),
    }
}

fn read<T: Versioned>(item: &Item) -> Result<T, PortError> {
    let document: T = decode(T::NAME, &item.document)?;
    if document.version() == item.version {
        Ok(document)
    } else {
        Err(corrupt(T::NAME, "two versions"))
    }
}

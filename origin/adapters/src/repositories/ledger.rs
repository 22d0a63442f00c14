//! Orders, accounts, entries and causes: one change is one transaction.

use std::collections::HashMap;
use std::sync::Arc;

use domain_core::id::CommandId;
use domain_core::port::{Consistency, PortError, Written};
use domain_core::resource::{Read, Source};
use domain_loyalty::{
    Account, CHANGE_ENTRIES_MAX, Cause, EntryKey, EntryPage, Guarded, LedgerChange, LedgerEntry,
    LedgerReader, LedgerStore, LoadRequest, LoadedLedger, MERGED_MAX, OrderItem, OwnedEntry,
    PAGE_ENTRIES_MAX, PastOrder, RedemptionItem, SlotClaim,
};

use super::command_log::batch;
use super::document::{Versioned, decode, encode, read, stored};
use crate::error::corrupt;
use crate::table::{
    Guard, IndexKey, Item, ItemKey, Key, Page, Put, Range, SharedTable, index_of_order,
};

/// An item that never changes has one version. So has an entry: the change that wrote it last
/// depends on the order of arrival, which must not show.
const ONLY_VERSION: u64 = 1;

/// Ledgers in the hot table.
#[derive(Debug, Clone)]
pub struct LedgerRepository {
    table: SharedTable,
}

stored!(OrderItem, RedemptionItem, Account, Cause, LedgerEntry);

impl Versioned for OrderItem {
    const NAME: &'static str = "order";

    fn version(&self) -> u64 {
        self.version
    }

    fn index(&self) -> Option<IndexKey> {
        PastOrder::of(&self.facts).map(|past| index_of_order(past.at, &past.order))
    }
}

impl Versioned for RedemptionItem {
    const NAME: &'static str = "redemption";

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

/// The keys of the items that a change starts from.
struct LedgerKeys {
    cause: Option<Key>,
    order: Option<Key>,
    redemptions: Vec<Key>,
    account: Option<Key>,
}

/// The items that were read, by key.
type ItemsByKey = HashMap<Key, Item>;

// === impl LedgerKeys ===

impl LedgerKeys {
    fn of(request: LoadRequest<'_>) -> Self {
        let redemption = |id: &CommandId| ItemKey::Redemption { id: *id }.key();
        Self {
            cause: request.cause.map(cause_key),
            order: request.order.map(|order| ItemKey::Order { order }.key()),
            redemptions: request.redemptions.iter().map(redemption).collect(),
            account: request.customer.map(|customer| ItemKey::Account { customer }.key()),
        }
    }

    fn all(&self) -> Vec<Key> {
        let one = self.cause.iter().chain(&self.order).chain(&self.account);
        one.chain(&self.redemptions).cloned().collect()
    }

    fn read_from(&self, items: &ItemsByKey) -> Result<LoadedLedger, PortError> {
        let find = |key: &Option<Key>| key.as_ref().and_then(|key| items.get(key));
        let redemptions = self.redemptions.iter().filter_map(|key| items.get(key).map(read));
        Ok(LoadedLedger {
            is_claimed: find(&self.cause).is_some(),
            order: find(&self.order).map(read).transpose()?,
            redemptions: redemptions.collect::<Result<_, _>>()?,
            account: find(&self.account).map(read).transpose()?,
        })
    }
}

// === impl LedgerRepository ===

impl LedgerRepository {
    /// Ledgers in these tables.
    #[must_use]
    pub fn new(table: &SharedTable) -> Self {
        Self { table: Arc::clone(table) }
    }
}

impl LedgerStore for LedgerRepository {
    async fn load(&self, request: LoadRequest<'_>) -> Result<LoadedLedger, PortError> {
        let keys = LedgerKeys::of(request);
        let loaded = keys.read_from(&self.table.batch_get(&keys.all()).await?)?;
        Ok(LoadedLedger { account: followed(&self.table, loaded.account).await?, ..loaded })
    }

    async fn commit(&self, change: &LedgerChange) -> Result<Written, PortError> {
        let (puts, gone) = writes(change)?;
        self.table.transact(&puts, &gone).await?.written()
    }
}

impl Source<Account> for LedgerRepository {
    async fn item(
        &self,
        customer: &str,
        consistency: Consistency,
    ) -> Result<Option<Account>, PortError> {
        let item = self.table.get(&ItemKey::Account { customer }.key(), consistency).await?;
        followed(&self.table, item.as_ref().map(read).transpose()?).await
    }

    async fn batch(
        &self,
        customer: &str,
        commands: &[CommandId],
    ) -> Result<Read<Account>, PortError> {
        let key = ItemKey::Account { customer }.key();
        let read: Read<Account> = batch(&self.table, customer, key, commands).await?;
        let Some(mark) = read.item.as_ref().filter(|item| item.merged_into.is_some()) else {
            return Ok(read);
        };
        let item = followed(&self.table, Some(Account::clone(mark))).await?;
        Ok(Read { item: item.map(Arc::new), ..read })
    }
}

impl LedgerReader for LedgerRepository {
    async fn redemption(&self, id: CommandId) -> Result<Option<RedemptionItem>, PortError> {
        let item = self.table.get(&ItemKey::Redemption { id }.key(), Consistency::Strong).await?;
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
            before: before.map(|key| ItemKey::Entry { customer, at: key.at, id: &key.id }.key()),
            // One more shows whether there are older ones.
            items_max: limit + 1,
            consistency: Consistency::Strong,
        };
        let items = self.table.query(&page).await?;
        let entries = items.iter().take(limit).map(|item| decode("entry", &item.document));
        let entries: Vec<LedgerEntry> = entries.collect::<Result<_, _>>()?;
        let next = entries.last().filter(|_| items.len() > limit).map(LedgerEntry::key);
        Ok(EntryPage { entries, next })
    }
}

/// The account that a mark leads to, or the same account if it has none. It is read strongly: a reader who
/// has seen the mark must see the points of both.
pub(super) async fn followed(
    table: &SharedTable,
    mut account: Option<Account>,
) -> Result<Option<Account>, PortError> {
    for _ in 0..=MERGED_MAX {
        let Some(customer) = account.as_ref().and_then(|account| account.merged_into.as_deref())
        else {
            return Ok(account);
        };
        let key = ItemKey::Account { customer }.key();
        account = table.get(&key, Consistency::Strong).await?.as_ref().map(read).transpose()?;
    }
    Err(corrupt("account", "merges without an end"))
}

/// All writes of a change: puts and deletes. The entries need no guard of their own: the account's
/// version guards them.
fn writes(change: &LedgerChange) -> Result<(Vec<Put>, Vec<Key>), PortError> {
    let LedgerChange { cause, order, redemptions, claims, account, mark, gone, put } = change;
    if gone.len() + put.len() + redemptions.len() + 2 * claims.len() > CHANGE_ENTRIES_MAX {
        return Err(corrupt("change", "more entries than a transaction takes"));
    }
    let cause = cause.as_ref().map(|cause| Put {
        key: cause_key(cause),
        item: Item::new(ONLY_VERSION, encode(cause)),
        guard: Guard::Absent,
    });
    let order = order.as_ref();
    let order =
        order.map(|order| guarded(ItemKey::Order { order: &order.item.facts.order }, order));
    let redemptions = redemptions.iter().map(|redemption| {
        guarded(ItemKey::Redemption { id: redemption.item.redemption.id }, redemption)
    });
    let claimed = claims.iter().map(claimed);
    let mut puts: Vec<Put> =
        cause.into_iter().chain(order).chain(redemptions).chain(claimed).collect();
    let Some(account) = account else {
        let is_whole = gone.is_empty() && put.is_empty() && claims.is_empty();
        return if is_whole {
            Ok((puts, Vec::new()))
        } else {
            Err(corrupt("change", "entries without an account"))
        };
    };
    for account in std::iter::once(account).chain(mark) {
        puts.push(guarded(ItemKey::Account { customer: &account.item.customer }, account));
    }
    puts.extend(put.iter().map(|owned| Put {
        key: entry_key(owned),
        item: Item::new(ONLY_VERSION, encode(&owned.entry)),
        guard: Guard::Sibling,
    }));
    // A rewritten entry has the same key: the put replaces it, and a transaction names a key once.
    let is_gone = |owned: &&OwnedEntry| put.iter().all(|put| entry_key(put) != entry_key(owned));
    let gone = gone.iter().filter(is_gone).map(entry_key);
    Ok((puts, gone.chain(claims.iter().map(no_longer_ready)).collect()))
}

/// The claim on a slot: the first one holds forever.
fn claimed(claim: &SlotClaim) -> Put {
    let SlotClaim { slot, .. } = claim;
    Put {
        key: ItemKey::SlotClaim { pool: slot.pool.as_str(), slot: slot.slot }.key(),
        item: Item::new(ONLY_VERSION, encode(claim)),
        guard: Guard::Absent,
    }
}

fn no_longer_ready(SlotClaim { slot, .. }: &SlotClaim) -> Key {
    ItemKey::ReadySlot { pool: slot.pool.as_str(), slot: slot.slot }.key()
}

fn entry_key(OwnedEntry { customer, entry }: &OwnedEntry) -> Key {
    ItemKey::Entry { customer, at: entry.at, id: &entry.id }.key()
}

fn cause_key(cause: &Cause) -> Key {
    ItemKey::Cause { kind: cause.kind.name(), id: &cause.id }.key()
}

fn guarded<T: Versioned>(item: ItemKey<'_>, write: &Guarded<T>) -> Put {
    Put {
        key: item.key(),
        item: Item::new(write.item.version(), encode(&write.item)).indexed(write.item.index()),
        guard: write.seen.map_or(Guard::Absent, Guard::Version),
    }
}

//! Mutants at the table: what a caller reads is not what is stored, what it writes is something
//! else, or the condition of a write is gone.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use domain_cart::CartEvent;
use domain_cart::CartItem;
use domain_core::id::CommandId;
use domain_core::money::Money;
use domain_core::port::{Consistency, PortError};
use domain_core::resource::CommandRecord;
use domain_core::time::Time;
use domain_loyalty::{
    Account, Day, FIGURES_LAG_MS, Lot, OrderEarning, OrderItem, Points, ProgramVersion,
    Programs as _, Terms,
};
use origin_adapters::ProgramRepository;
use origin_adapters::table::{
    Answer, Guard, IndexKey, Item, ItemKey, Key, KeyPage, Page, Put, PutOutcome, SharedTable,
    Table, TableName, Transacted,
};
use origin_functions::runtime::clock::Clock;
use tokio::sync::oneshot;

use super::{lock, unknown_command};
use crate::engine::Mutant;
use crate::world::{Side, document, with_document};

/// A table that may be mutated.
pub(super) struct MutantTable {
    mutant: Mutant,
    side: Side,
    table: SharedTable,
    clock: Clock,
    recorded_ids: Arc<Mutex<HashSet<CommandId>>>,
    /// The reads that wait for one that began before, by key.
    waiting: Mutex<HashMap<Key, Vec<oneshot::Sender<Option<Item>>>>>,
}

/// Nonexistent points: with them every request is covered.
const FAKE_LOT: Lot = Lot {
    terms: Terms { earned_on: Day(0), available_on: None, expires_on: None },
    on: Day(0),
    points: Points(1_000_000),
    spend: Money::ZERO,
    orders: 0,
};

// === impl MutantTable ===

impl MutantTable {
    pub(super) fn new(
        mutant: Mutant,
        side: Side,
        table: SharedTable,
        clock: Clock,
        recorded_ids: Arc<Mutex<HashSet<CommandId>>>,
    ) -> Self {
        Self { mutant, side, table, clock, recorded_ids, waiting: Mutex::default() }
    }

    fn is(&self, side: Side, mutant: Mutant) -> bool {
        self.side == side && self.mutant == mutant
    }

    /// Joins a read of the same cart in progress, or starts one.
    async fn joined(&self, cart: &Key) -> Result<Option<Item>, PortError> {
        let joined = {
            let mut waiting = lock(&self.waiting);
            if let Some(queue) = waiting.get_mut(cart) {
                let (sender, receiver) = oneshot::channel();
                queue.push(sender);
                Some(receiver)
            } else {
                waiting.insert(cart.clone(), Vec::new());
                None
            }
        };
        if let Some(receiver) = joined {
            let failed = |_| PortError::Unavailable("the read failed".to_owned());
            return receiver.await.map_err(failed);
        }
        let item = self.table.get(cart, Consistency::Strong).await;
        for sender in lock(&self.waiting).remove(cart).unwrap_or_default() {
            if let Ok(item) = &item {
                // The receiver may be gone.
                let _ = sender.send(item.clone());
            }
        }
        item
    }

    /// An item as this caller reads it.
    fn read(&self, key: &Key, item: Item) -> Item {
        if !is_account(key) {
            return item;
        }
        let mut account: Account = document(&item);
        if self.is(Side::Instance, Mutant::NewestFactIgnored) {
            account.newest = None;
            return with_document(&item, &account);
        }
        item
    }

    async fn batch(&self, keys: &[Key]) -> Result<HashMap<Key, Item>, PortError> {
        if self.is(Side::Instance, Mutant::JoinedLoadUnchecked)
            && keys.contains(&ItemKey::Command { id: unknown_command() }.key())
            && let Some(cart) = keys.iter().find(|key| is(key, "cart"))
        {
            let item = self.joined(cart).await?;
            return Ok(item.map(|item| (cart.clone(), item)).into_iter().collect());
        }
        let mut items = self.table.batch_get(keys).await?;
        let account = keys.iter().find(|key| is_account(key));
        match self.mutant {
            Mutant::NewestFactIgnored if self.side == Side::Instance => {
                items = items
                    .into_iter()
                    .map(|(key, item)| (key.clone(), self.read(&key, item)))
                    .collect();
            }
            Mutant::HeldUnchecked
                if self.side == Side::Consumer && keys.iter().any(|key| is(key, "redemption")) =>
            {
                let item = account.and_then(|key| items.get_mut(key));
                if let Some(item) = item {
                    let mut account: Account = document(item);
                    account.lots.insert(0, FAKE_LOT);
                    *item = with_document(item, &account);
                }
            }
            Mutant::TombstoneIgnored if self.side == Side::Consumer => {
                if let Some(item) = account.and_then(|key| items.get_mut(key)) {
                    let account: Account = document(item);
                    *item = with_document(item, &Account { erased_at: None, ..account });
                }
            }
            Mutant::GiftUnclaimed if self.side == Side::Consumer => {
                items.retain(|key, _| !is_gift(key));
            }
            Mutant::HistoryRewritten if self.side == Side::Consumer => {
                self.recompute_orders(&mut items, account).await?;
            }
            _ => {}
        }
        Ok(items)
    }

    /// Recomputes an order by the current program.
    async fn recompute_orders(
        &self,
        items: &mut HashMap<Key, Item>,
        account: Option<&Key>,
    ) -> Result<(), PortError> {
        let programs = ProgramRepository::new(&self.table);
        let today = programs.in_effect(self.clock.now(), Consistency::Strong).await?;
        let Some(ProgramVersion { version, program, .. }) = today else { return Ok(()) };
        let account: Option<Account> = account.and_then(|key| items.get(key)).map(document);
        for (_, item) in items.iter_mut().filter(|(key, _)| is(key, "order")) {
            let mut order: OrderItem = document(item);
            let OrderItem { facts, earning: Some(earning), .. } = &mut order else { continue };
            let Some(paid) = &facts.paid else { continue };
            let as_of = paid.at.minus_ms(FIGURES_LAG_MS);
            let figures = account.as_ref().map(|one| {
                let customer = facts.customer.as_deref().unwrap_or_default();
                one.figures_before(customer, as_of, program.window_days)
            });
            if let Ok(earned) = program.earned(paid, &figures.unwrap_or_default()) {
                let terms = program.terms(paid.at);
                *earning = OrderEarning { program_version: version, terms, earned };
                *item = with_document(item, &order);
            }
        }
        Ok(())
    }

    /// The write of a record, or a mutant's.
    async fn record(&self, put: &Put) -> Result<PutOutcome, PortError> {
        match self.mutant {
            Mutant::RetryStampsAnew => {
                self.table.put(put).await?;
                Ok(PutOutcome::Done)
            }
            // The command handler continues with the record that it gets back.
            Mutant::ClockOnly => {
                let mut record: CommandRecord<CartEvent> = document(&put.item);
                record.event.command.time = Time(self.clock.now().0 + 1);
                let item = with_document(&put.item, &record);
                let put = Put { item: item.clone(), ..put.clone() };
                Ok(match self.table.put(&put).await? {
                    PutOutcome::Done => PutOutcome::ConditionFailed(Some(item)),
                    other => other,
                })
            }
            Mutant::RecordedIsPublished => {
                let outcome = self.table.put(put).await?;
                if let PutOutcome::ConditionFailed(Some(existing)) = &outcome {
                    let record: CommandRecord<CartEvent> = document(existing);
                    lock(&self.recorded_ids).insert(record.event.command.id);
                }
                Ok(outcome)
            }
            _ => self.table.put(put).await,
        }
    }

    /// A write as this caller does it; `None`: not at all.
    fn write(&self, put: &Put) -> Option<Put> {
        let mut put = put.clone();
        match self.mutant {
            Mutant::LastWriterWins if is(&put.key, "cart") => put.guard = Guard::Sibling,
            Mutant::GuestRenamed if is(&put.key, "cart") => {
                let mut cart: CartItem = document(&put.item);
                let guests = cart.guests.values_mut();
                for command in guests.flat_map(|guest| &mut guest.commands) {
                    command.id = CommandId::of_cause("renamed", &command.id.to_string());
                }
                put.item = with_document(&put.item, &cart);
            }
            Mutant::IdsForgotten if is(&put.key, "cart") => {
                let mut cart: CartItem = document(&put.item);
                cart.folded.clear();
                put.item = with_document(&put.item, &cart);
            }
            Mutant::LastAccountWins if is_account(&put.key) => put.guard = Guard::Sibling,
            Mutant::HeldUnchecked if is_account(&put.key) => {
                let mut account: Account = document(&put.item);
                account.lots.retain(|lot| *lot != FAKE_LOT);
                put.item = with_document(&put.item, &account);
            }
            Mutant::GiftUnclaimed if is_gift(&put.key) => return None,
            _ => {}
        }
        Some(put)
    }
}

impl std::fmt::Debug for MutantTable {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:?} of {:?}", self.mutant, self.table)
    }
}

impl Table for MutantTable {
    fn get<'a>(&'a self, key: &'a Key, consistency: Consistency) -> Answer<'a, Option<Item>> {
        Box::pin(async move {
            let item = self.table.get(key, consistency).await?;
            Ok(item.map(|item| self.read(key, item)))
        })
    }

    fn batch_get<'a>(&'a self, keys: &'a [Key]) -> Answer<'a, HashMap<Key, Item>> {
        Box::pin(self.batch(keys))
    }

    fn query<'a>(&'a self, page: &'a Page) -> Answer<'a, Vec<Item>> {
        Box::pin(async move {
            let is_activations = page.range.first_sk.starts_with("from/");
            if self.is(Side::Consumer, Mutant::ProgramOfToday) && is_activations {
                let (active_from, number) = (self.clock.now(), u64::MAX);
                let mut page = page.clone();
                let last = ItemKey::ActiveFrom { active_from, number }.key();
                page.range.last_sk = last.sk.unwrap_or_default();
                return self.table.query(&page).await;
            }
            self.table.query(page).await
        })
    }

    fn query_index<'a>(&'a self, before: &'a IndexKey, items_max: usize) -> Answer<'a, Vec<Key>> {
        self.table.query_index(before, items_max)
    }

    fn scan_keys<'a>(&'a self, table: TableName, after: Option<&'a Key>) -> Answer<'a, KeyPage> {
        self.table.scan_keys(table, after)
    }

    fn put<'a>(&'a self, put: &'a Put) -> Answer<'a, PutOutcome> {
        Box::pin(async move {
            if put.key.table == TableName::Commands {
                return self.record(put).await;
            }
            match self.write(put) {
                Some(put) => self.table.put(&put).await,
                None => Ok(PutOutcome::Done),
            }
        })
    }

    fn transact<'a>(&'a self, puts: &'a [Put], deletes: &'a [Key]) -> Answer<'a, Transacted> {
        Box::pin(async move {
            let puts: Vec<Put> = puts.iter().filter_map(|put| self.write(put)).collect();
            self.table.transact(&puts, deletes).await
        })
    }
}

fn is(key: &Key, kind: &str) -> bool {
    key.pk.split('/').next() == Some(kind)
}

fn is_account(key: &Key) -> bool {
    is(key, "loyalty") && key.sk.as_deref() == Some("account")
}

fn is_gift(key: &Key) -> bool {
    key.pk.starts_with("cause/adjustment/")
}

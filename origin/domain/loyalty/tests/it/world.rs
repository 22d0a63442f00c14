//! A table in memory that implements the ledger's ports, and the items that tests put in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use domain_core::bookmark::Bookmark;
use domain_core::event::{Event, Events, Kind};
use domain_core::id::CommandId;
use domain_core::idempotency::Recorded;
use domain_core::port::{Consistency, PortError, Written};
use domain_core::resource::{CommandLog, CommandRecord, Read, Reader, Source};
use domain_core::time::Time;
use domain_loyalty::{
    AbsorbError, Absorber, Account, CodePools, CodeSeed, DecideError, Decider, Delivery, EntryKey,
    EntryPage, Fate, LOW_WATER, LedgerChange, LedgerEntry, LedgerReader, LedgerStore, LoadRequest,
    LoadedLedger, LoyaltyEvent, OrderItem, Outcome, OwnedEntry, PoolId, PoolSlot, Program,
    ProgramVersion, Programs, Reading, RedemptionItem, Standing, Supply,
};
use serde_json::{Value, json};

/// The shop of every test.
pub(crate) const SHOP: &str = "demo.myshopify.com";

/// A table.
#[derive(Default)]
pub(crate) struct Table {
    pub(crate) items: Mutex<Items>,
    /// Run by the next loads, one each, after they have read: writes of another consumer.
    pub(crate) meanwhile: Mutex<Vec<Meanwhile>>,
    pub(crate) programs: Vec<ProgramVersion>,
    /// The published events, in order.
    pub(crate) published: Mutex<Vec<Event>>,
    /// The ready slots of every pool; `None`: the shop has no pools.
    pub(crate) ready: Mutex<Option<BTreeSet<u32>>>,
    /// Whether nothing can be published.
    pub(crate) is_cut_off: AtomicBool,
}

/// A write by another consumer between a read and the write that follows it.
pub(crate) type Meanwhile = Box<dyn FnOnce(&mut Items) + Send>;

/// The items of a table.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Items {
    pub(crate) orders: BTreeMap<String, OrderItem>,
    pub(crate) accounts: BTreeMap<String, Account>,
    pub(crate) entries: BTreeMap<(String, EntryKey), LedgerEntry>,
    pub(crate) causes: BTreeSet<String>,
    pub(crate) redemptions: BTreeMap<CommandId, RedemptionItem>,
    pub(crate) claims: BTreeMap<PoolSlot, CommandId>,
    pub(crate) records: BTreeMap<CommandId, CommandRecord<LoyaltyEvent>>,
}

// === impl Table ===

impl Table {
    pub(crate) fn with(program: Program) -> Self {
        let first = version(1, Time(0), program);
        Self { programs: vec![first], ..Self::default() }
    }

    /// Delivers one webhook.
    pub(crate) fn deliver(&self, detail: &str) -> Result<Outcome, AbsorbError> {
        let sent_at = Time(0);
        now(Absorber { ledger: self, programs: self, shop: SHOP, sent_at }.absorb(detail))
    }

    /// Delivers an event of ours at a clock.
    pub(crate) fn absorb(
        &self,
        event: &Event,
        delivery: Delivery,
        clock: Time,
    ) -> Result<Fate, DecideError> {
        let decider =
            Decider { ledger: self, programs: self, events: self, pools: self, now: clock };
        match event.kind {
            Kind::LoyaltyCommanded => {
                let command = serde_json::from_str(&event.detail).unwrap();
                now(decider.command(&command, delivery))
            }
            _ => now(decider.decided(&serde_json::from_str(&event.detail).unwrap(), delivery)),
        }
    }

    /// Delivers a paid order.
    pub(crate) fn pay(&self, payload: &Value) -> Result<Outcome, AbsorbError> {
        self.deliver(&webhook("orders/paid", payload))
    }

    fn reach(&self) -> Result<(), PortError> {
        if self.is_cut_off.load(Ordering::SeqCst) {
            return Err(PortError::Unavailable("cut off".to_owned()));
        }
        Ok(())
    }

    pub(crate) fn items(&self) -> Items {
        self.items.lock().unwrap().clone()
    }

    /// The standing of a customer, for a viewer that has seen nothing before.
    pub(crate) fn standing(&self, customer: &str, clock: Time) -> Standing {
        let account = now(self.item(customer, Consistency::Strong)).unwrap();
        let account = account.unwrap_or_else(|| Account::empty(customer));
        let program = now(self.in_effect(clock, Consistency::Strong)).unwrap().unwrap();
        Standing::of(&account, &program.program, Reading { clock, seen: Time(0) })
    }
}

impl LedgerStore for Table {
    async fn load(&self, request: LoadRequest<'_>) -> Result<LoadedLedger, PortError> {
        let mut items = self.items.lock().unwrap();
        let loaded = LoadedLedger {
            is_claimed: request
                .cause
                .is_some_and(|cause| items.causes.contains(&cause.to_string())),
            order: request.order.and_then(|order| items.orders.get(order).cloned()),
            redemptions: request
                .redemptions
                .iter()
                .filter_map(|id| items.redemptions.get(id).cloned())
                .collect(),
            account: request.customer.and_then(|customer| items.account(customer)),
        };
        if let Some(meanwhile) = self.meanwhile.lock().unwrap().pop() {
            meanwhile(&mut items);
        }
        Ok(loaded)
    }

    async fn commit(&self, change: &LedgerChange) -> Result<Written, PortError> {
        let mut items = self.items.lock().unwrap();
        let is_order_as_seen = change.order.as_ref().is_none_or(|order| {
            let held = items.orders.get(&order.item.facts.order).map(|order| order.version);
            held == order.seen
        });
        let are_accounts_as_seen = change.account.iter().chain(&change.mark).all(|account| {
            let held = items.accounts.get(&account.item.customer).map(|account| account.version);
            held == account.seen
        });
        let cause = change.cause.as_ref().map(ToString::to_string);
        let is_new = cause.as_ref().is_none_or(|cause| !items.causes.contains(cause));
        let are_redemptions_as_seen = change.redemptions.iter().all(|one| {
            let held = items.redemptions.get(&one.item.redemption.id).map(|item| item.version);
            held == one.seen
        });
        let are_free = change.claims.iter().all(|claim| !items.claims.contains_key(&claim.slot));
        let is_as_seen = is_order_as_seen && are_accounts_as_seen && are_redemptions_as_seen;
        if !(is_as_seen && is_new && are_free) {
            return Ok(Written::Conflict);
        }
        for claim in &change.claims {
            items.claims.insert(claim.slot.clone(), claim.redemption);
            if let Some(ready) = self.ready.lock().unwrap().as_mut() {
                ready.remove(&claim.slot.slot);
            }
        }
        for one in &change.redemptions {
            items.redemptions.insert(one.item.redemption.id, one.item.clone());
        }
        items.causes.extend(cause);
        if let Some(order) = &change.order {
            items.orders.insert(order.item.facts.order.clone(), order.item.clone());
        }
        for OwnedEntry { customer, entry } in &change.gone {
            items.entries.remove(&(customer.clone(), entry.key())).expect("it was there");
        }
        for OwnedEntry { customer, entry } in &change.put {
            items.entries.insert((customer.clone(), entry.key()), entry.clone());
        }
        for account in change.account.iter().chain(&change.mark) {
            items.accounts.insert(account.item.customer.clone(), account.item.clone());
        }
        Ok(Written::Done)
    }
}

impl Source<Account> for Table {
    async fn item(&self, customer: &str, _: Consistency) -> Result<Option<Account>, PortError> {
        Ok(self.items.lock().unwrap().account(customer))
    }

    async fn batch(&self, customer: &str, ids: &[CommandId]) -> Result<Read<Account>, PortError> {
        let items = self.items.lock().unwrap();
        let item = items.account(customer).map(Arc::new);
        let records = ids.iter().filter_map(|id| items.records.get(id).cloned()).collect();
        Ok(Read { id: customer.to_owned(), item, records })
    }
}

impl LedgerReader for Table {
    async fn redemption(&self, id: CommandId) -> Result<Option<RedemptionItem>, PortError> {
        Ok(self.items.lock().unwrap().redemptions.get(&id).cloned())
    }

    async fn entries(
        &self,
        customer: &str,
        before: Option<&EntryKey>,
        limit: usize,
    ) -> Result<EntryPage, PortError> {
        let items = self.items.lock().unwrap();
        let mut older = items
            .entries
            .iter()
            .rev()
            .filter(|((owner, key), _)| owner == customer && before.is_none_or(|end| key < end))
            .map(|(_, entry)| entry.clone());
        let entries: Vec<LedgerEntry> = older.by_ref().take(limit).collect();
        let next = entries.last().filter(|_| older.next().is_some()).map(LedgerEntry::key);
        Ok(EntryPage { entries, next })
    }
}

impl Reader<Account> for &Table {
    async fn read(&self, customer: &str, bookmark: &Bookmark) -> Result<Read<Account>, PortError> {
        let ids: Vec<CommandId> = bookmark.pending.iter().map(|one| one.id).collect();
        self.batch(customer, &ids).await
    }
}

impl CommandLog<LoyaltyEvent> for &Table {
    async fn record(
        &self,
        record: &CommandRecord<LoyaltyEvent>,
    ) -> Result<Recorded<CommandRecord<LoyaltyEvent>>, PortError> {
        let mut items = self.items.lock().unwrap();
        let id = record.event.command.id;
        if let Some(existing) = items.records.get(&id) {
            return Ok(Recorded::Existing(Box::new(existing.clone())));
        }
        items.records.insert(id, record.clone());
        Ok(Recorded::First)
    }

    async fn find(&self, id: CommandId) -> Result<Option<CommandRecord<LoyaltyEvent>>, PortError> {
        Ok(self.items.lock().unwrap().records.get(&id).cloned())
    }
}

impl Events for Table {
    async fn publish(&self, events: &[Event]) -> Result<(), PortError> {
        self.reach()?;
        self.published.lock().unwrap().extend_from_slice(events);
        Ok(())
    }
}

impl Events for &Table {
    async fn publish(&self, events: &[Event]) -> Result<(), PortError> {
        Table::publish(self, events).await
    }
}

impl CodePools for Table {
    async fn supply(&self, _: &PoolId) -> Result<Supply, PortError> {
        let ready = self.ready.lock().unwrap();
        let slots = |ready: &BTreeSet<u32>| ready.iter().copied().take(LOW_WATER).collect();
        Ok(ready.as_ref().map_or(Supply::OwnCodes, |ready| Supply::Slots(slots(ready))))
    }

    async fn seed(&self) -> Result<Option<CodeSeed>, PortError> {
        Ok(Some(CodeSeed::new([7; 16])))
    }
}

impl Programs for Table {
    async fn in_effect(
        &self,
        at: Time,
        _: Consistency,
    ) -> Result<Option<ProgramVersion>, PortError> {
        Ok(self.programs.iter().rfind(|version| version.active_from <= at).cloned())
    }
}

// === impl Items ===

impl Items {
    /// The account of a customer, that of another one after a merge.
    pub(crate) fn account(&self, customer: &str) -> Option<Account> {
        let account = self.accounts.get(customer)?;
        match &account.merged_into {
            Some(into) => self.account(into),
            None => Some(account.clone()),
        }
    }

    /// Every item as it is stored.
    pub(crate) fn bytes(&self) -> BTreeMap<String, Vec<u8>> {
        fn stored(item: &impl serde::Serialize) -> Vec<u8> {
            rmp_serde::to_vec_named(item).unwrap()
        }
        let orders = self.orders.iter().map(|(id, item)| (format!("order/{id}"), stored(item)));
        let accounts =
            self.accounts.iter().map(|(id, item)| (format!("account/{id}"), stored(item)));
        let entries = self.entries.iter().map(|((customer, key), item)| {
            (format!("entry/{customer}/{}/{}", key.at.0, key.id), stored(item))
        });
        let causes = self.causes.iter().map(|cause| (format!("cause/{cause}"), Vec::new()));
        let redemptions = self.redemptions.iter();
        let redemptions = redemptions.map(|(id, item)| (format!("redemption/{id}"), stored(item)));
        let claims = self.claims.iter();
        let claims =
            claims.map(|(slot, id)| (format!("claim/{}/{}", slot.pool, slot.slot), stored(id)));
        orders
            .chain(accounts)
            .chain(entries)
            .chain(causes)
            .chain(redemptions)
            .chain(claims)
            .collect()
    }
}

/// Runs a future over this table, which never has to wait.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a table in memory has nothing to wait for"),
    }
}

/// The detail of a webhook event.
pub(crate) fn webhook(topic: &str, payload: &Value) -> String {
    let metadata = json!({
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": SHOP,
        "X-Shopify-Webhook-Id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "X-Shopify-Triggered-At": "2026-11-20T17:04:13.110521905Z",
    });
    json!({"payload": payload, "metadata": metadata}).to_string()
}

/// A paid order of one line.
pub(crate) fn order(id: u64, customer: Option<u64>, at: &str, euros: &str) -> Value {
    json!({
        "id": id,
        "currency": "EUR",
        "processed_at": at,
        "customer": customer.map(|id| json!({"id": id})),
        "line_items": [{"id": id + 1, "quantity": 1, "price": euros}],
    })
}

/// A refund of some of an order's lines: (line item id, quantity).
pub(crate) fn refund(id: u64, order: u64, at: &str, lines: &[(u64, u32)]) -> Value {
    let line = |(line, quantity): &(u64, u32)| json!({"line_item_id": line, "quantity": quantity});
    json!({
        "id": id,
        "order_id": order,
        "created_at": at,
        "processed_at": at,
        "refund_line_items": lines.iter().map(line).collect::<Vec<_>>(),
    })
}

/// The payload of a cancelled order, with its refunds.
pub(crate) fn cancellation(order: u64, at: &str, refunds: &[Value]) -> Value {
    json!({"id": order, "cancelled_at": at, "refunds": refunds})
}

/// One point a euro, 14 days pending, 365 days available, silver from 500, gold from 1,500.
pub(crate) fn program() -> Program {
    Program::parse(&program_document().to_string()).unwrap()
}

/// The document of [`program`].
pub(crate) fn program_document() -> Value {
    json!({
        "title": "Riders",
        "currency": "EUR",
        "earning": {
            "description": "1 point for every euro.",
            "rules": [{
                "id": "euro", "title": "1 point for every euro",
                "each": "line", "points": "line.amount", "per": 100,
            }],
        },
        "pending_days": 14,
        "expiry_days": 365,
        "window_days": 365,
        "tiers": [
            {"id": "bronze", "title": "Bronze", "threshold": 0},
            {"id": "silver", "title": "Silver", "threshold": 500},
            {"id": "gold", "title": "Gold", "threshold": 1500},
        ],
        "rewards": [{"id": "bell", "title": "A bell", "points": 250}],
    })
}

/// The same with another member of its earning, or of its only rule.
pub(crate) fn earning(pointer: &str, value: Value) -> Program {
    let document = changed(&program_document(), &format!("/earning{pointer}"), value);
    Program::parse(&document.to_string()).unwrap()
}

/// A version of a program.
pub(crate) fn version(number: u64, active_from: Time, program: Program) -> ProgramVersion {
    ProgramVersion { activation: number, version: number, active_from, program: program.into() }
}

/// A document with another value at a place; an object's member may be new.
pub(crate) fn changed(document: &Value, pointer: &str, value: Value) -> Value {
    let mut document = document.clone();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
        parent => parent[key] = value,
    }
    document
}

/// The id of a pool, whose reward has an id of this length.
pub(crate) fn pool_id(reward_chars: usize) -> PoolId {
    let text = format!("{}/2026-11/0123abcd", "r".repeat(reward_chars));
    serde_json::from_value(json!(text)).unwrap()
}

/// A point in time.
pub(crate) fn time(text: &str) -> Time {
    Time::from_rfc3339(text).unwrap()
}

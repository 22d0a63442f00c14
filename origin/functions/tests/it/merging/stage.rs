//! A table, a bus, instances in front of them, and what may happen to them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use origin_adapters::memory::{MemoryBus, MemoryCarts, MemoryCommandLog, MemoryTables};
use origin_domain::bookmark::Bookmark;
use origin_domain::cart::{
    Absorbed, Acceptance, Action, CartChange, CartCommand, CartEvent, CartItem, CartRead,
    CartSource, CartWriter, Carts as _, Contents, Desk, Intent, MergeIntent, MergedInto, Offer,
    Refusal, Wish, absorb, answer, cart_of,
};
use origin_domain::event::{Event, Events};
use origin_domain::id::CommandId;
use origin_domain::idempotency::{CommandRecord, Fingerprint};
use origin_domain::money::Money;
use origin_domain::port::{Consistency, PortError, Written};
use origin_domain::time::Time;
use origin_functions::cached_carts::CachedCarts;
use origin_functions::clock::Clock;

pub(super) const NOON: u64 = 1_795_262_400_000;
pub(super) const GUEST: &str = "0123456789abcdef0123456789abcdef";

/// One table and one bus.
pub(super) struct Stage {
    pub(super) tables: MemoryTables,
    bus: MemoryBus,
    now: Arc<AtomicU64>,
    /// No transaction is written.
    pub(super) is_table_full: Arc<AtomicBool>,
    /// Nothing is published.
    pub(super) is_bus_gone: Arc<AtomicBool>,
    /// What is published is consumed before whoever published it goes on.
    pub(super) is_bus_quick: Arc<AtomicBool>,
}

pub(super) type Instance = Desk<CachedCarts<Table>, MemoryCommandLog, Line>;

/// Carts of which no two change when told so.
#[derive(Clone)]
pub(super) struct Table {
    carts: MemoryCarts,
    is_full: Arc<AtomicBool>,
}

/// A bus that is gone or quick when told so.
#[derive(Clone)]
pub(super) struct Line {
    bus: MemoryBus,
    consumer: MemoryCarts,
    is_gone: Arc<AtomicBool>,
    is_quick: Arc<AtomicBool>,
}

// === impl Stage ===

impl Stage {
    pub(super) fn open() -> Self {
        Self {
            tables: MemoryTables::new(),
            bus: MemoryBus::new(),
            now: Arc::new(AtomicU64::new(NOON)),
            is_table_full: Arc::default(),
            is_bus_gone: Arc::default(),
            is_bus_quick: Arc::default(),
        }
    }

    pub(super) fn instance(&self) -> Instance {
        let now = Arc::clone(&self.now);
        let clock = Clock::new(move || Time(now.load(Ordering::SeqCst)));
        let carts = MemoryCarts::new(&self.tables);
        let events = Line {
            bus: self.bus.clone(),
            consumer: carts.clone(),
            is_gone: Arc::clone(&self.is_bus_gone),
            is_quick: Arc::clone(&self.is_bus_quick),
        };
        let carts = Table { carts, is_full: Arc::clone(&self.is_table_full) };
        let log = MemoryCommandLog::new(&self.tables);
        Desk { carts: CachedCarts::new(carts, clock), log, events }
    }

    pub(super) fn now(&self) -> Time {
        Time(self.now.load(Ordering::SeqCst))
    }

    pub(super) fn pass_ms(&self, ms: u64) {
        self.now.fetch_add(ms, Ordering::SeqCst);
    }

    pub(super) async fn add(
        &self,
        instance: &Instance,
        cart: &str,
        variant: u64,
        bookmark: &Bookmark,
    ) -> Result<Acceptance, Refusal> {
        let intent = Intent {
            cart: cart.to_owned(),
            key: format!("add-{variant}"),
            fingerprint: Fingerprint::of("POST", "/v1/cart/lines", b"{}"),
            bookmark: bookmark.clone(),
            now: self.now(),
        };
        instance.accept(&intent, Wish::Act(Action::add(offer(variant), 1))).await
    }

    pub(super) async fn merge(
        &self,
        instance: &Instance,
        guests: &Bookmark,
        own: &Bookmark,
    ) -> Result<Acceptance, Refusal> {
        let intent = MergeIntent {
            cart: cart_of("1001"),
            guest: GUEST.to_owned(),
            bookmark: own.clone(),
            guest_bookmark: guests.clone(),
            now: self.now(),
        };
        instance.merge(&intent).await
    }

    pub(super) async fn read(
        &self,
        instance: &Instance,
        cart: &str,
    ) -> Result<Vec<u64>, MergedInto> {
        let read: CartRead = instance.carts.read(cart, 0, &[]).await.unwrap();
        answer(&read, &Bookmark::default(), self.now()).map(|seen| variants(&seen.contents))
    }

    /// What the consumer does with all that was published.
    pub(super) async fn deliver(&self) -> Vec<Absorbed> {
        consume(&MemoryCarts::new(&self.tables), &self.bus).await
    }

    /// Fills a cart as its consumer would.
    pub(super) async fn fill(&self, cart: &str, commands: impl Iterator<Item = Action>) {
        let carts = MemoryCarts::new(&self.tables);
        for (number, action) in commands.enumerate() {
            let id = CommandId::of_key(cart, &number.to_string());
            let command = CartCommand { time: Time(NOON - 10_000 + number as u64), id, action };
            let event = CartEvent { cart: cart.to_owned(), command };
            assert_eq!(absorb(&carts, &event).await.unwrap(), Absorbed::Changed);
        }
    }

    pub(super) fn published(&self) -> usize {
        self.bus.fetch().len()
    }
}

// === impl Table ===

impl CartSource for Table {
    async fn item(
        &self,
        cart: &str,
        consistency: Consistency,
    ) -> Result<Option<CartItem>, PortError> {
        self.carts.item(cart, consistency).await
    }

    async fn item_and_records(
        &self,
        cart: &str,
        ids: &[CommandId],
    ) -> Result<(Option<CartItem>, Vec<CommandRecord>), PortError> {
        self.carts.item_and_records(cart, ids).await
    }
}

impl CartWriter for Table {
    async fn store(
        &self,
        cart: &str,
        item: &CartItem,
        seen: Option<&CartItem>,
    ) -> Result<Written, PortError> {
        self.carts.store(cart, item, seen).await
    }

    async fn store_both(&self, changes: [CartChange<'_>; 2]) -> Result<Written, PortError> {
        if self.is_full.load(Ordering::SeqCst) {
            return Err(PortError::Unavailable("full".to_owned()));
        }
        self.carts.store_both(changes).await
    }
}

// === impl Line ===

impl Events for Line {
    async fn publish(&self, events: &[Event]) -> Result<(), PortError> {
        if self.is_gone.load(Ordering::SeqCst) {
            return Err(PortError::Unavailable("gone".to_owned()));
        }
        self.bus.publish(events).await?;
        if self.is_quick.load(Ordering::SeqCst) {
            consume(&self.consumer, &self.bus).await;
        }
        Ok(())
    }
}

/// What the consumer does with all that was published.
async fn consume(carts: &MemoryCarts, bus: &MemoryBus) -> Vec<Absorbed> {
    let mut outcomes = Vec::new();
    for event in bus.fetch() {
        let event: CartEvent = serde_json::from_str(&event.detail).unwrap();
        outcomes.push(absorb(carts, &event).await.unwrap());
    }
    outcomes
}

pub(super) fn offer(variant: u64) -> Offer {
    Offer {
        product: "tee".to_owned(),
        variant_id: Some(variant.to_string()),
        sku: None,
        title: "Tee".to_owned(),
        price: Money(1_990),
        selection: None,
        properties: Default::default(),
    }
}

/// Which variants are in a cart, once for each piece.
fn variants(contents: &Contents) -> Vec<u64> {
    let lines = contents.lines.values();
    let mut found: Vec<u64> = lines
        .flat_map(|line| {
            let variant = line.offer.variant_id.as_ref().unwrap().parse().unwrap();
            vec![variant; line.quantity as usize]
        })
        .collect();
    found.sort_unstable();
    found
}

pub(super) fn shown(accepted: &Result<Acceptance, Refusal>) -> Vec<u64> {
    variants(&accepted.as_ref().unwrap().answer.contents)
}

pub(super) fn bookmark(accepted: &Result<Acceptance, Refusal>) -> Bookmark {
    accepted.as_ref().unwrap().answer.bookmark.clone()
}

pub(super) fn elsewhere(into: &str) -> Refusal {
    Refusal::Merged { into: into.to_owned(), accepted: None }
}

pub(super) fn nothing() -> Bookmark {
    Bookmark::default()
}

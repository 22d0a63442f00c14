//! A table, a bus, instances that use them, and faults of both.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use domain_cart::{
    Absorbed, Action, CartChange, CartCommand, CartEvent, CartItem, CartRejection, CartWriter,
    Contents, MergeRequest, Offer, RequestedAction, absorb, cart_of,
};
use domain_core::bookmark::Bookmark;
use domain_core::event::{Event, Events};
use domain_core::id::CommandId;
use domain_core::idempotency::Fingerprint;
use domain_core::money::Money;
use domain_core::port::{Consistency, PortError, Written};
use domain_core::resource::{
    Answer, CommandRequest, Commands, MergedInto, Read, Reader as _, Rejection, Source,
};
use domain_core::time::Time;
use origin_adapters::memory::{MemoryBus, MemoryTable};
use origin_adapters::table::SharedTable;
use origin_adapters::{CartRepository, CommandLogRepository};
use origin_functions::caches::cached_reader::CachedReader;
use origin_functions::runtime::clock::Clock;

pub(super) const NOON: u64 = 1_795_262_400_000;
pub(super) const GUEST: &str = "0123456789abcdef0123456789abcdef";

/// One table and one bus.
pub(super) struct Fixture {
    pub(super) tables: SharedTable,
    bus: MemoryBus,
    now: Arc<AtomicU64>,
    /// The table rejects transactions.
    pub(super) is_table_full: Arc<AtomicBool>,
    /// The bus rejects events.
    pub(super) is_bus_down: Arc<AtomicBool>,
    /// An event is consumed before its publication returns.
    pub(super) is_bus_immediate: Arc<AtomicBool>,
}

pub(super) type Instance =
    Commands<CachedReader<CartItem, FaultyCarts>, CommandLogRepository, FaultyBus>;

/// The outcome of a command or a merge.
pub(super) type Outcome = Result<Answer<CartItem>, Rejection<CartRejection>>;

/// Carts whose transactions fail while `is_full`.
#[derive(Clone)]
pub(super) struct FaultyCarts {
    carts: CartRepository,
    is_full: Arc<AtomicBool>,
}

/// A bus that fails or delivers at once on demand.
#[derive(Clone)]
pub(super) struct FaultyBus {
    bus: MemoryBus,
    consumer: CartRepository,
    is_down: Arc<AtomicBool>,
    is_immediate: Arc<AtomicBool>,
}

// === impl Fixture ===

impl Fixture {
    pub(super) fn open() -> Self {
        Self {
            tables: MemoryTable::new().shared(),
            bus: MemoryBus::new(),
            now: Arc::new(AtomicU64::new(NOON)),
            is_table_full: Arc::default(),
            is_bus_down: Arc::default(),
            is_bus_immediate: Arc::default(),
        }
    }

    pub(super) fn instance(&self) -> Instance {
        let now = Arc::clone(&self.now);
        let clock = Clock::new(move || Time(now.load(Ordering::SeqCst)));
        let carts = CartRepository::new(&self.tables);
        let events = FaultyBus {
            bus: self.bus.clone(),
            consumer: carts.clone(),
            is_down: Arc::clone(&self.is_bus_down),
            is_immediate: Arc::clone(&self.is_bus_immediate),
        };
        let carts = FaultyCarts { carts, is_full: Arc::clone(&self.is_table_full) };
        let log = CommandLogRepository::new(&self.tables);
        Commands { reader: CachedReader::new(carts, &clock), log, events }
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
    ) -> Outcome {
        let request = CommandRequest {
            resource: cart.to_owned(),
            key: format!("add-{variant}"),
            fingerprint: Fingerprint::of("POST", "/v1/cart/lines", b"{}"),
            bookmark: bookmark.clone(),
            now: self.now(),
        };
        let action = RequestedAction::Act(Action::add(offer(variant), 1));
        Ok(domain_cart::accept(instance, &request, action).await?.answer)
    }

    pub(super) async fn merge(
        &self,
        instance: &Instance,
        guests: &Bookmark,
        own: &Bookmark,
    ) -> Outcome {
        let request = MergeRequest {
            cart: cart_of("1001"),
            guest: GUEST.to_owned(),
            bookmark: own.clone(),
            guest_bookmark: guests.clone(),
            now: self.now(),
        };
        domain_cart::merge(instance, &request).await
    }

    pub(super) async fn read(
        &self,
        instance: &Instance,
        cart: &str,
    ) -> Result<Vec<u64>, MergedInto> {
        let bookmark = Bookmark::default();
        let read = instance.reader.read(cart, &bookmark).await.unwrap();
        read.answer(&bookmark, self.now()).map(|answer| variants(&answer.view))
    }

    /// Consumes every published event.
    pub(super) async fn deliver(&self) -> Vec<Absorbed> {
        consume(&CartRepository::new(&self.tables), &self.bus).await
    }

    /// Fills a cart as its consumer would.
    pub(super) async fn fill(&self, cart: &str, commands: impl Iterator<Item = Action>) {
        let carts = CartRepository::new(&self.tables);
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

// === impl FaultyCarts ===

impl Source<CartItem> for FaultyCarts {
    async fn item(
        &self,
        cart: &str,
        consistency: Consistency,
    ) -> Result<Option<CartItem>, PortError> {
        self.carts.item(cart, consistency).await
    }

    async fn batch(&self, cart: &str, ids: &[CommandId]) -> Result<Read<CartItem>, PortError> {
        self.carts.batch(cart, ids).await
    }
}

impl CartWriter for FaultyCarts {
    async fn store(
        &self,
        cart: &str,
        item: &CartItem,
        expected: Option<&CartItem>,
    ) -> Result<Written, PortError> {
        self.carts.store(cart, item, expected).await
    }

    async fn store_both(&self, changes: [CartChange<'_>; 2]) -> Result<Written, PortError> {
        if self.is_full.load(Ordering::SeqCst) {
            return Err(PortError::Unavailable("full".to_owned()));
        }
        self.carts.store_both(changes).await
    }
}

// === impl FaultyBus ===

impl Events for FaultyBus {
    async fn publish(&self, events: &[Event]) -> Result<(), PortError> {
        if self.is_down.load(Ordering::SeqCst) {
            return Err(PortError::Unavailable("down".to_owned()));
        }
        self.bus.publish(events).await?;
        if self.is_immediate.load(Ordering::SeqCst) {
            consume(&self.consumer, &self.bus).await;
        }
        Ok(())
    }
}

/// Consumes every published event.
async fn consume(carts: &CartRepository, bus: &MemoryBus) -> Vec<Absorbed> {
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

/// The variants of a cart, once for each piece.
fn variants(contents: &Contents) -> Vec<u64> {
    let lines = contents.lines.values();
    let mut variants: Vec<u64> = lines
        .flat_map(|line| {
            let variant = line.offer.variant_id.as_ref().unwrap().parse().unwrap();
            vec![variant; line.quantity as usize]
        })
        .collect();
    variants.sort_unstable();
    variants
}

pub(super) fn answered(outcome: &Outcome) -> Vec<u64> {
    variants(&outcome.as_ref().unwrap().view)
}

pub(super) fn bookmark(outcome: &Outcome) -> Bookmark {
    outcome.as_ref().unwrap().bookmark.clone()
}

pub(super) fn merged_into(into: &str) -> Rejection<CartRejection> {
    Rejection::Merged { into: into.to_owned(), accepted: None }
}

pub(super) fn no_bookmark() -> Bookmark {
    Bookmark::default()
}

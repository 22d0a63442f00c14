//! A resource behind this instance's cache. Every item, cached or read, is checked against the
//! floor, and only a strongly consistent read that started after the request may report that a
//! bookmark is ahead of the table.

use std::sync::Arc;
use std::time::Duration;

use cache::{Bounds, ENTRY_BYTES, ReadThrough, Versioned};
use domain_cart::{CartChange, CartItem, CartWriter};
use domain_core::bookmark::Bookmark;
use domain_core::id::CommandId;
use domain_core::port::{Consistency, PortError, Written};
use domain_core::resource::{Read, Reader, Resource, Source};
use domain_core::time::Time;
use domain_loyalty::{Account, EntryKey, EntryPage, LedgerReader, RedemptionItem};

use crate::runtime::clock::Clock;
use crate::runtime::timing::span;

/// How long a cached item may answer clients other than its writer: 10 s with the edge's 5 s.
const TTL: Duration = Duration::from_secs(5);
/// Most bytes of the cached items of one kind of resource: what a 512 MB function can spare.
const WEIGHT_MAX: u64 = 64 * 1024 * 1024;

/// The resources of one kind, cached by one instance.
#[derive(Clone)]
pub struct CachedReader<R, S> {
    source: S,
    cache: Arc<ReadThrough<CachedItem<R>, PortError>>,
    clock: Clock,
}

/// A cached item, or the fact that it does not exist.
struct CachedItem<R>(Option<Arc<R>>);

impl<R: Resource> Versioned for CachedItem<R> {
    /// A merge into another resource is final: it outranks every version.
    fn version(&self) -> u64 {
        let version = |item: &Arc<R>| match item.merged_into_at(Time::default()) {
            Some(_) => u64::MAX,
            None => item.version(),
        };
        self.0.as_ref().map_or(0, version)
    }

    fn weight(&self) -> u32 {
        let bytes = self.0.as_ref().map_or(0, |item| item.bytes());
        u32::try_from(bytes).unwrap_or(u32::MAX).saturating_add(ENTRY_BYTES)
    }
}

// === impl CachedReader ===

impl<R: Resource, S: Source<R>> CachedReader<R, S> {
    /// The resources of `source`, cached by this instance.
    pub fn new(source: S, clock: &Clock) -> Self {
        let bounds = Bounds { weight_max: WEIGHT_MAX, ttl: TTL };
        let cache_clock = clock.clone();
        let cache = Arc::new(ReadThrough::new(bounds, move || cache_clock.now().0));
        Self { source, cache, clock: clock.clone() }
    }

    /// A cached item that answers without the table: at or above the floor, with every pending
    /// command absorbed, and not ended. Or one that was merged into another resource.
    fn sufficient(&self, id: &str, bookmark: &Bookmark) -> Option<Arc<R>> {
        let item = self.cache.peek(id)?.0.clone()?;
        let now = self.clock.now();
        let is_enough = item.version() >= bookmark.floor
            && item.is_present_at(now)
            && bookmark.pending.iter().all(|pending| item.has_absorbed(pending));
        (is_enough || item.merged_into_at(now).is_some()).then_some(item)
    }
}

impl<R: Resource, S: Source<R>> Reader<R> for CachedReader<R, S> {
    async fn read(&self, id: &str, bookmark: &Bookmark) -> Result<Read<R>, PortError> {
        let of = |item| Read { id: id.to_owned(), item, records: Vec::new() };
        if let Some(item) = self.sufficient(id, bookmark) {
            return Ok(of(Some(item)));
        }
        if bookmark.pending.is_empty() {
            let load = |consistency| async move {
                let consistency = match consistency {
                    cache::Consistency::Eventual => Consistency::Eventual,
                    cache::Consistency::Strong => Consistency::Strong,
                };
                let item = span("table", self.source.item(id, consistency)).await?;
                Ok(CachedItem(item.map(Arc::new)))
            };
            let loaded = self.cache.get(id, bookmark.floor, load).await;
            let loaded = loaded.map_err(|error| (*error).clone())?;
            let item = loaded.value.0.clone();
            let is_present = |item: &Arc<R>| item.is_present_at(self.clock.now());
            if loaded.conclusive || item.as_ref().is_none_or(is_present) {
                return Ok(of(item));
            }
        }
        let commands: Vec<CommandId> = bookmark.pending.iter().map(|pending| pending.id).collect();
        self.batch(id, &commands).await
    }
}

/// Reads the table itself, for decisions on the current state, and caches the item: an instance
/// that merged two carts then serves neither in its earlier state.
impl<R: Resource, S: Source<R>> Source<R> for CachedReader<R, S> {
    async fn item(&self, id: &str, consistency: Consistency) -> Result<Option<R>, PortError> {
        let started = self.cache.begin();
        let item = span("table", self.source.item(id, consistency)).await?;
        self.cache.fill(id, CachedItem(item.clone().map(Arc::new)), started);
        Ok(item)
    }

    async fn batch(&self, id: &str, commands: &[CommandId]) -> Result<Read<R>, PortError> {
        let started = self.cache.begin();
        let read = span("table", self.source.batch(id, commands)).await?;
        self.cache.fill(id, CachedItem(read.item.clone()), started);
        Ok(read)
    }
}

impl<S: CartWriter> CartWriter for CachedReader<CartItem, S> {
    async fn store(
        &self,
        cart: &str,
        item: &CartItem,
        seen: Option<&CartItem>,
    ) -> Result<Written, PortError> {
        span("table", self.source.store(cart, item, seen)).await
    }

    async fn store_both(&self, changes: [CartChange<'_>; 2]) -> Result<Written, PortError> {
        span("table", self.source.store_both(changes)).await
    }
}

impl<S: LedgerReader> LedgerReader for CachedReader<Account, S> {
    async fn redemption(&self, id: CommandId) -> Result<Option<RedemptionItem>, PortError> {
        span("redemption", self.source.redemption(id)).await
    }

    async fn entries(
        &self,
        customer: &str,
        before: Option<&EntryKey>,
        limit: usize,
    ) -> Result<EntryPage, PortError> {
        span("entries", self.source.entries(customer, before, limit)).await
    }
}

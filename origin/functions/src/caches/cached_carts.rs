//! Carts behind this instance's cache. Every item, cached or read, is checked against the floor,
//! and only a strongly consistent read that started after the request may report that a bookmark
//! is ahead of the table.

use std::sync::Arc;
use std::time::Duration;

use cache::{Bounds, ReadThrough, Versioned};
use domain_cart::CommandRecord;
use domain_cart::{CartChange, CartItem, CartRead, CartSource, CartWriter, Carts};
use domain_core::bookmark::Pending;
use domain_core::id::CommandId;
use domain_core::port::{Consistency, PortError, Written};

use crate::runtime::clock::Clock;
use crate::runtime::timing::span;

/// How long a cached cart may answer clients other than its writer: 10 s with the edge's 5 s.
const TTL: Duration = Duration::from_secs(5);
/// Most bytes of cached carts, by their encoded size: what a 512 MB function can spare.
const WEIGHT_MAX: u64 = 64 * 1024 * 1024;
/// The weight of an entry without its lines.
const ENTRY_WEIGHT: u32 = 256;
/// The approximate weight of a line or command.
const LINE_WEIGHT: u32 = 512;

/// The cart port of one instance.
#[derive(Clone)]
pub struct CachedCarts<S> {
    source: S,
    cache: Arc<ReadThrough<String, CachedCart, PortError>>,
    clock: Clock,
}

/// A cached cart, or the fact that it does not exist.
struct CachedCart(Option<Arc<CartItem>>);

impl Versioned for CachedCart {
    /// A merge into another cart is final: it outranks every version.
    fn version(&self) -> u64 {
        let version =
            |item: &Arc<CartItem>| item.merged_into.as_ref().map_or(item.version, |_| u64::MAX);
        self.0.as_ref().map_or(0, version)
    }

    fn weight(&self) -> u32 {
        let parts = self.0.as_ref().map_or(0, |item| {
            let guests = item.guests.values().map(|guest| guest.base.contents.lines.len());
            let lines = item.base.contents.lines.len() + guests.sum::<usize>();
            item.retained() + lines + item.folded.len() / 8
        });
        ENTRY_WEIGHT.saturating_add(LINE_WEIGHT.saturating_mul(u32::try_from(parts).unwrap_or(1)))
    }
}

// === impl CachedCarts ===

impl<S: CartSource> CachedCarts<S> {
    /// The carts of `source`, cached by this instance.
    pub fn new(source: S, clock: Clock) -> Self {
        let bounds = Bounds { weight_max: WEIGHT_MAX, ttl: TTL };
        let cache_clock = clock.clone();
        let cache = Arc::new(ReadThrough::new(bounds, move || cache_clock.now().0));
        Self { source, cache, clock }
    }

    /// A cached item that answers without the table: at or above the floor, with every pending
    /// command absorbed, and not expired. Or one that was merged into another cart.
    async fn sufficient(&self, cart: &str, floor: u64, pending: &[Pending]) -> Option<CartRead> {
        let cached = self.cache.peek(&cart.to_owned()).await?;
        let item = cached.0.clone()?;
        let now = self.clock.now();
        let is_enough = item.version >= floor
            && item.is_present_at(now)
            && pending.iter().all(|pending| item.has_absorbed(pending));
        (is_enough || item.merged_into_at(now).is_some()).then(|| CartRead {
            item: Some(item),
            records: Vec::new(),
            is_strong: false,
        })
    }

    /// Item and pending records from one strongly consistent batch that starts now.
    async fn batch(&self, cart: &str, pending: &[Pending]) -> Result<CartRead, PortError> {
        let started = self.cache.begin();
        let ids: Vec<CommandId> = pending.iter().map(|pending| pending.id).collect();
        let batch = self.source.item_and_records(cart, &ids);
        let (item, records) = span("table", batch).await?;
        let item = item.map(Arc::new);
        self.cache.fill(cart.to_owned(), CachedCart(item.clone()), started).await;
        Ok(CartRead { item, records, is_strong: true })
    }
}

/// Reads the table itself, for decisions on the current state, and caches the item: an instance
/// that merged two carts then serves neither in its earlier state.
impl<S: CartSource> CartSource for CachedCarts<S> {
    async fn item(
        &self,
        cart: &str,
        consistency: Consistency,
    ) -> Result<Option<CartItem>, PortError> {
        let started = self.cache.begin();
        let item = span("table", self.source.item(cart, consistency)).await?;
        self.cache.fill(cart.to_owned(), CachedCart(item.clone().map(Arc::new)), started).await;
        Ok(item)
    }

    async fn item_and_records(
        &self,
        cart: &str,
        ids: &[CommandId],
    ) -> Result<(Option<CartItem>, Vec<CommandRecord>), PortError> {
        let started = self.cache.begin();
        let batch = self.source.item_and_records(cart, ids);
        let (item, records) = span("table", batch).await?;
        self.cache.fill(cart.to_owned(), CachedCart(item.clone().map(Arc::new)), started).await;
        Ok((item, records))
    }
}

impl<S: CartWriter> CartWriter for CachedCarts<S> {
    async fn store(
        &self,
        cart: &str,
        item: &CartItem,
        expected: Option<&CartItem>,
    ) -> Result<Written, PortError> {
        span("table", self.source.store(cart, item, expected)).await
    }

    async fn store_both(&self, changes: [CartChange<'_>; 2]) -> Result<Written, PortError> {
        span("table", self.source.store_both(changes)).await
    }
}

impl<S: CartSource> Carts for CachedCarts<S> {
    async fn read(
        &self,
        cart: &str,
        floor: u64,
        pending: &[Pending],
    ) -> Result<CartRead, PortError> {
        if let Some(read) = self.sufficient(cart, floor, pending).await {
            return Ok(read);
        }
        if !pending.is_empty() {
            return self.batch(cart, pending).await;
        }
        let load = |consistency| async move {
            let consistency = match consistency {
                cache::Consistency::Eventual => Consistency::Eventual,
                cache::Consistency::Strong => Consistency::Strong,
            };
            let item = span("table", self.source.item(cart, consistency)).await?;
            Ok(CachedCart(item.map(Arc::new)))
        };
        let loaded = self.cache.get(&cart.to_owned(), floor, load).await;
        let loaded = loaded.map_err(|error| (*error).clone())?;
        let item = loaded.value.0.clone();
        let has_ended = item.as_ref().is_some_and(|item| !item.is_present_at(self.clock.now()));
        if has_ended && !loaded.conclusive {
            return self.batch(cart, pending).await;
        }
        Ok(CartRead { item, records: Vec::new(), is_strong: loaded.conclusive })
    }
}

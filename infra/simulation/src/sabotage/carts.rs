//! Caches that trust what they obtained.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use origin_domain::bookmark::Pending;
use origin_domain::cart::{CartChange, CartItem, CartRead, CartSource, CartWriter, Carts};
use origin_domain::id::CommandId;
use origin_domain::idempotency::CommandRecord;
use origin_domain::port::{Consistency, PortError, Written};
use origin_functions::cached_carts::CachedCarts;
use origin_functions::clock::Clock;
use tokio::sync::oneshot;

use crate::bug::Bug;

/// How long the wrong cache keeps an item: as long as the right one.
const KEPT_MS: u64 = 5_000;

/// The carts of an instance, perhaps wrongly cached.
#[derive(Clone)]
pub(crate) enum SuspectCarts<S> {
    Right(CachedCarts<S>),
    Wrong(Arc<Trusting<S>>),
}

/// A cache that checks no floor.
pub(crate) struct Trusting<S> {
    source: S,
    clock: Clock,
    is_keeping: bool,
    kept: Mutex<HashMap<String, Kept>>,
    waiting: Mutex<HashMap<String, Vec<oneshot::Sender<Loaded>>>>,
}

struct Kept {
    item: Loaded,
    at_ms: u64,
}

type Loaded = Option<Arc<CartItem>>;

// === impl SuspectCarts ===

impl<S: CartSource> SuspectCarts<S> {
    pub(crate) fn new(source: S, clock: Clock, bug: Option<Bug>) -> Self {
        let is_keeping = bug == Some(Bug::KeptItemUnchecked);
        if !is_keeping && bug != Some(Bug::JoinedLoadUnchecked) {
            return Self::Right(CachedCarts::new(source, clock));
        }
        let (kept, waiting) = (Mutex::default(), Mutex::default());
        Self::Wrong(Arc::new(Trusting { source, clock, is_keeping, kept, waiting }))
    }
}

impl<S: CartSource> Carts for SuspectCarts<S> {
    async fn read(
        &self,
        cart: &str,
        floor: u64,
        pending: &[Pending],
    ) -> Result<CartRead, PortError> {
        match self {
            Self::Right(carts) => carts.read(cart, floor, pending).await,
            Self::Wrong(carts) => carts.read(cart, pending).await,
        }
    }
}

impl<S: CartSource> CartSource for SuspectCarts<S> {
    async fn item(
        &self,
        cart: &str,
        consistency: Consistency,
    ) -> Result<Option<CartItem>, PortError> {
        match self {
            Self::Right(carts) => carts.item(cart, consistency).await,
            Self::Wrong(carts) => carts.source.item(cart, consistency).await,
        }
    }

    async fn item_and_records(
        &self,
        cart: &str,
        ids: &[CommandId],
    ) -> Result<(Option<CartItem>, Vec<CommandRecord>), PortError> {
        match self {
            Self::Right(carts) => carts.item_and_records(cart, ids).await,
            Self::Wrong(carts) => carts.source.item_and_records(cart, ids).await,
        }
    }
}

impl<S: CartWriter> CartWriter for SuspectCarts<S> {
    async fn store(
        &self,
        cart: &str,
        item: &CartItem,
        seen: Option<&CartItem>,
    ) -> Result<Written, PortError> {
        match self {
            Self::Right(carts) => carts.store(cart, item, seen).await,
            Self::Wrong(carts) => carts.source.store(cart, item, seen).await,
        }
    }

    async fn store_both(&self, changes: [CartChange<'_>; 2]) -> Result<Written, PortError> {
        match self {
            Self::Right(carts) => carts.store_both(changes).await,
            Self::Wrong(carts) => carts.source.store_both(changes).await,
        }
    }
}

// === impl Trusting ===

impl<S: CartSource> Trusting<S> {
    async fn read(&self, cart: &str, pending: &[Pending]) -> Result<CartRead, PortError> {
        if !pending.is_empty() {
            let ids: Vec<CommandId> = pending.iter().map(|pending| pending.id).collect();
            let (item, records) = self.source.item_and_records(cart, &ids).await?;
            let item = item.map(Arc::new);
            self.keep(cart, &item);
            return Ok(CartRead { item, records, is_strong: true });
        }
        let item = match self.kept(cart) {
            Some(item) => item,
            None => self.load(cart).await?,
        };
        Ok(CartRead { item, records: Vec::new(), is_strong: false })
    }

    /// Joins whatever load is under way, or begins one.
    async fn load(&self, cart: &str) -> Result<Loaded, PortError> {
        let joined = {
            let mut waiting = lock(&self.waiting);
            if let Some(queue) = waiting.get_mut(cart) {
                let (tell, told) = oneshot::channel();
                queue.push(tell);
                Some(told)
            } else {
                waiting.insert(cart.to_owned(), Vec::new());
                None
            }
        };
        if let Some(told) = joined {
            return told.await.map_err(|_| PortError::Unavailable("the load failed".to_owned()));
        }
        let loaded = self.source.item(cart, Consistency::Strong).await;
        let queue = lock(&self.waiting).remove(cart).unwrap_or_default();
        let item = loaded?.map(Arc::new);
        self.keep(cart, &item);
        for tell in queue {
            // Nobody may be waiting any more.
            let _ = tell.send(item.clone());
        }
        Ok(item)
    }

    fn kept(&self, cart: &str) -> Option<Loaded> {
        let kept = lock(&self.kept);
        let kept = kept.get(cart)?;
        let age_ms = self.clock.now().0.checked_sub(kept.at_ms)?;
        (age_ms < KEPT_MS).then(|| kept.item.clone())
    }

    fn keep(&self, cart: &str, item: &Loaded) {
        if self.is_keeping {
            let kept = Kept { item: item.clone(), at_ms: self.clock.now().0 };
            lock(&self.kept).insert(cart.to_owned(), kept);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

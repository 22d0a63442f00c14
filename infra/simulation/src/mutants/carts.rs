//! Mutants of the cart cache that do not check what they obtain.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain_cart::{CartChange, CartItem, CartWriter};
use domain_core::bookmark::{Bookmark, Pending};
use domain_core::id::CommandId;
use domain_core::port::{Consistency, PortError, Written};
use domain_core::resource::{Read, Reader, Source};
use origin_functions::caches::cached_reader::CachedReader;
use origin_functions::runtime::clock::Clock;
use tokio::sync::oneshot;

use crate::mutant::Mutant;

/// How long the mutant caches an item: as long as the real cache.
const CACHED_MS: u64 = 5_000;

/// The carts of an instance behind the real cache or a mutant.
#[derive(Clone)]
pub(crate) enum MutantCarts<S> {
    Real(CachedReader<CartItem, S>),
    Unchecked(Arc<UncheckedCache<S>>),
}

/// A cache that does not check the floor.
pub(crate) struct UncheckedCache<S> {
    source: S,
    clock: Clock,
    is_caching: bool,
    cached: Mutex<HashMap<String, CachedItem>>,
    waiting: Mutex<HashMap<String, Vec<oneshot::Sender<LoadedItem>>>>,
}

struct CachedItem {
    item: LoadedItem,
    at_ms: u64,
}

type LoadedItem = Option<Arc<CartItem>>;

// === impl MutantCarts ===

impl<S: Source<CartItem>> MutantCarts<S> {
    pub(crate) fn new(source: S, clock: Clock, mutant: Option<Mutant>) -> Self {
        let is_caching = mutant == Some(Mutant::KeptItemUnchecked);
        if !is_caching && mutant != Some(Mutant::JoinedLoadUnchecked) {
            return Self::Real(CachedReader::new(source, &clock));
        }
        let (cached, waiting) = (Mutex::default(), Mutex::default());
        Self::Unchecked(Arc::new(UncheckedCache { source, clock, is_caching, cached, waiting }))
    }
}

impl<S: Source<CartItem>> Reader<CartItem> for MutantCarts<S> {
    async fn read(&self, cart: &str, bookmark: &Bookmark) -> Result<Read<CartItem>, PortError> {
        match self {
            Self::Real(carts) => carts.read(cart, bookmark).await,
            Self::Unchecked(carts) => carts.read(cart, &bookmark.pending).await,
        }
    }
}

impl<S: Source<CartItem>> Source<CartItem> for MutantCarts<S> {
    async fn item(
        &self,
        cart: &str,
        consistency: Consistency,
    ) -> Result<Option<CartItem>, PortError> {
        match self {
            Self::Real(carts) => carts.item(cart, consistency).await,
            Self::Unchecked(carts) => carts.source.item(cart, consistency).await,
        }
    }

    async fn batch(&self, cart: &str, ids: &[CommandId]) -> Result<Read<CartItem>, PortError> {
        match self {
            Self::Real(carts) => carts.batch(cart, ids).await,
            Self::Unchecked(carts) => carts.source.batch(cart, ids).await,
        }
    }
}

impl<S: CartWriter> CartWriter for MutantCarts<S> {
    async fn store(
        &self,
        cart: &str,
        item: &CartItem,
        expected: Option<&CartItem>,
    ) -> Result<Written, PortError> {
        match self {
            Self::Real(carts) => carts.store(cart, item, expected).await,
            Self::Unchecked(carts) => carts.source.store(cart, item, expected).await,
        }
    }

    async fn store_both(&self, changes: [CartChange<'_>; 2]) -> Result<Written, PortError> {
        match self {
            Self::Real(carts) => carts.store_both(changes).await,
            Self::Unchecked(carts) => carts.source.store_both(changes).await,
        }
    }
}

// === impl UncheckedCache ===

impl<S: Source<CartItem>> UncheckedCache<S> {
    async fn read(
        &self,
        cart: &str,
        pending: &BTreeSet<Pending>,
    ) -> Result<Read<CartItem>, PortError> {
        if !pending.is_empty() {
            let ids: Vec<CommandId> = pending.iter().map(|pending| pending.id).collect();
            let read = self.source.batch(cart, &ids).await?;
            self.cache(cart, &read.item);
            return Ok(read);
        }
        let item = match self.cached(cart) {
            Some(item) => item,
            None => self.load(cart).await?,
        };
        Ok(Read { id: cart.to_owned(), item, records: Vec::new() })
    }

    /// Joins a load in progress, or starts one.
    async fn load(&self, cart: &str) -> Result<LoadedItem, PortError> {
        let joined = {
            let mut waiting = lock(&self.waiting);
            if let Some(queue) = waiting.get_mut(cart) {
                let (sender, receiver) = oneshot::channel();
                queue.push(sender);
                Some(receiver)
            } else {
                waiting.insert(cart.to_owned(), Vec::new());
                None
            }
        };
        if let Some(receiver) = joined {
            return receiver
                .await
                .map_err(|_| PortError::Unavailable("the load failed".to_owned()));
        }
        let loaded = self.source.item(cart, Consistency::Strong).await;
        let queue = lock(&self.waiting).remove(cart).unwrap_or_default();
        let item = loaded?.map(Arc::new);
        self.cache(cart, &item);
        for sender in queue {
            // The receiver may be gone.
            let _ = sender.send(item.clone());
        }
        Ok(item)
    }

    fn cached(&self, cart: &str) -> Option<LoadedItem> {
        let cached = lock(&self.cached);
        let cached = cached.get(cart)?;
        let age_ms = self.clock.now().0.checked_sub(cached.at_ms)?;
        (age_ms < CACHED_MS).then(|| cached.item.clone())
    }

    fn cache(&self, cart: &str, item: &LoadedItem) {
        if self.is_caching {
            let cached = CachedItem { item: item.clone(), at_ms: self.clock.now().0 };
            lock(&self.cached).insert(cart.to_owned(), cached);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The ports of an instance as trait objects: on AWS, on a laptop and in the simulation the same
//! code runs on different ones.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use domain_catalog::{EdgeCache, PublicContent};
use domain_core::event::{Event, Events};
use domain_core::port::PortError;
use domain_core::time::Time;
use domain_staff::{DeadLetters, DeadQueue};
use origin_adapters::table::SharedTable;
use origin_adapters::{Aws, DynamoTable, EventBridgeBus};
use origin_shopify::{Installation, ShopTokens, TokenEndpoint, TokenError, TokenStore};

/// What every function and consumer uses.
#[derive(Debug, Clone)]
pub struct Ports {
    /// Both tables.
    pub table: SharedTable,
    /// The event bus.
    pub events: SharedEvents,
}

/// An event bus.
#[derive(Clone)]
pub struct SharedEvents(Arc<dyn DynEvents>);

/// The tokens of the shop.
#[derive(Clone)]
pub struct SharedTokens(Arc<dyn DynTokens>);

/// The dead letters of the queues.
#[derive(Clone)]
pub struct SharedDeadLetters(Arc<dyn DynDeadLetters>);

/// The caches at the edge.
#[derive(Clone)]
pub struct SharedEdgeCache(Arc<dyn DynEdgeCache>);

/// A running call.
type Call<'a> = Pin<Box<dyn Future<Output = Result<(), PortError>> + Send + 'a>>;

/// [`Events`] as a trait object.
trait DynEvents: Send + Sync {
    fn publish<'a>(&'a self, events: &'a [Event]) -> Call<'a>;
}

/// [`ShopTokens`] as a trait object.
trait DynTokens: Send + Sync {
    fn install<'a>(&'a self, id_token: &'a str) -> Installing<'a>;
}

/// A running installation.
type Installing<'a> = Pin<Box<dyn Future<Output = Result<Installation, TokenError>> + Send + 'a>>;

/// [`DeadLetters`] as a trait object.
trait DynDeadLetters: Send + Sync {
    fn queues(&self) -> Reading<'_, Vec<DeadQueue>>;

    fn redrive<'a>(&'a self, queue: &'a str) -> Reading<'a, Option<u64>>;
}

/// A running call with a result.
type Reading<'a, T> = Pin<Box<dyn Future<Output = Result<T, PortError>> + Send + 'a>>;

/// [`EdgeCache`] as a trait object.
trait DynEdgeCache: Send + Sync {
    fn invalidate<'a>(&'a self, contents: &'a [PublicContent]) -> Call<'a>;
}

// === impl Ports ===

impl Ports {
    /// Ports on DynamoDB and EventBridge.
    #[must_use]
    pub fn on_aws(aws: &Aws) -> Self {
        Self {
            table: DynamoTable::shared(aws),
            events: SharedEvents::new(EventBridgeBus::new(aws)),
        }
    }
}

// === impl SharedEvents ===

impl SharedEvents {
    /// Shares a bus.
    pub fn new(events: impl Events + 'static) -> Self {
        Self(Arc::new(events))
    }
}

impl fmt::Debug for SharedEvents {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SharedEvents")
    }
}

impl<E: Events> DynEvents for E {
    fn publish<'a>(&'a self, events: &'a [Event]) -> Call<'a> {
        Box::pin(Events::publish(self, events))
    }
}

impl Events for SharedEvents {
    async fn publish(&self, events: &[Event]) -> Result<(), PortError> {
        self.0.publish(events).await
    }
}

// === impl SharedTokens ===

impl SharedTokens {
    /// Shares the tokens.
    pub fn new<S, E, C>(tokens: Arc<ShopTokens<S, E, C>>) -> Self
    where
        S: TokenStore + 'static,
        E: TokenEndpoint + 'static,
        C: Fn() -> Time + Send + Sync + 'static,
    {
        Self(tokens)
    }

    /// As [`ShopTokens::install`].
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn install(&self, id_token: &str) -> Result<Installation, TokenError> {
        self.0.install(id_token).await
    }
}

impl fmt::Debug for SharedTokens {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SharedTokens")
    }
}

impl<S, E, C> DynTokens for ShopTokens<S, E, C>
where
    S: TokenStore,
    E: TokenEndpoint,
    C: Fn() -> Time + Send + Sync,
{
    fn install<'a>(&'a self, id_token: &'a str) -> Installing<'a> {
        Box::pin(ShopTokens::install(self, id_token))
    }
}

// === impl SharedDeadLetters ===

impl SharedDeadLetters {
    /// Shares the dead letters.
    pub fn new(letters: impl DeadLetters + 'static) -> Self {
        Self(Arc::new(letters))
    }
}

impl fmt::Debug for SharedDeadLetters {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SharedDeadLetters")
    }
}

impl<D: DeadLetters> DynDeadLetters for D {
    fn queues(&self) -> Reading<'_, Vec<DeadQueue>> {
        Box::pin(DeadLetters::queues(self))
    }

    fn redrive<'a>(&'a self, queue: &'a str) -> Reading<'a, Option<u64>> {
        Box::pin(DeadLetters::redrive(self, queue))
    }
}

impl DeadLetters for SharedDeadLetters {
    async fn queues(&self) -> Result<Vec<DeadQueue>, PortError> {
        self.0.queues().await
    }

    async fn redrive(&self, queue: &str) -> Result<Option<u64>, PortError> {
        self.0.redrive(queue).await
    }
}

// === impl SharedEdgeCache ===

impl SharedEdgeCache {
    /// Shares the caches of an edge.
    pub fn new(edge: impl EdgeCache + 'static) -> Self {
        Self(Arc::new(edge))
    }
}

impl fmt::Debug for SharedEdgeCache {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SharedEdgeCache")
    }
}

impl<E: EdgeCache> DynEdgeCache for E {
    fn invalidate<'a>(&'a self, contents: &'a [PublicContent]) -> Call<'a> {
        Box::pin(EdgeCache::invalidate(self, contents))
    }
}

impl EdgeCache for SharedEdgeCache {
    async fn invalidate(&self, contents: &[PublicContent]) -> Result<(), PortError> {
        self.0.invalidate(contents).await
    }
}

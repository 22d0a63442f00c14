//! Sends a delivery: over HTTP, or to an event bus.

use std::sync::Arc;
use std::time::Duration;

use super::delivery::{Delivery, EventBridgeEntry};
use super::outcome::Outcome;
use super::subscription::Target;
use crate::http_client::{BoxFuture, HttpClient, Limits};

/// What Shopify grants a receiver: 1 s to connect, 5 s in total. The body of its answer is ignored.
pub const LIMITS: Limits = Limits {
    connect: Duration::from_secs(1),
    total: Duration::from_secs(5),
    body_bytes: 1024 * 1024,
};

/// Sends a delivery.
pub trait Sender: Send + Sync + 'static {
    /// How the attempt ended. Never longer than [`LIMITS`].
    fn send<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Outcome>;
}

/// Takes the events of a partner event source.
pub trait EventBus: Send + Sync + 'static {
    /// Publishes an event.
    fn put(&self, entry: EventBridgeEntry) -> BoxFuture<'_, Result<(), String>>;
}

/// The real sender.
pub struct Senders {
    /// For HTTP targets.
    pub http: Arc<dyn HttpClient>,
    /// For EventBridge targets; without one their deliveries fail.
    pub bus: Option<Arc<dyn EventBus>>,
}

// === impl Senders ===

impl Senders {
    async fn post(&self, delivery: &Delivery, url: &str) -> Outcome {
        let request = match delivery.request(url) {
            Ok(request) => request,
            Err(part) => return Outcome::Failed(format!("{part:?} can't be sent")),
        };
        match self.http.send(request).await {
            Ok(response) => Outcome::Status(response.status().as_u16()),
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }

    async fn put(&self, delivery: &Delivery, region: &str, source: &str) -> Outcome {
        let Some(bus) = &self.bus else {
            return Outcome::Failed("no event bus is configured".to_owned());
        };
        match tokio::time::timeout(LIMITS.total, bus.put(delivery.entry(region, source))).await {
            Ok(Ok(())) => Outcome::Status(200),
            Ok(Err(error)) => Outcome::Failed(error),
            Err(_) => Outcome::Failed("the event bus did not answer in time".to_owned()),
        }
    }
}

impl Sender for Senders {
    fn send<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            match &delivery.target {
                Target::Http(url) => self.post(delivery, url).await,
                Target::EventBridge { region, source } => self.put(delivery, region, source).await,
            }
        })
    }
}

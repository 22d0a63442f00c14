//! Queue in, effects out: what the consumer Lambdas do with a batch. One bad message never holds
//! up the others: its id is reported, and the queue delivers it again.

mod loyalty;
mod orders;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use lambda_runtime::LambdaEvent;
use origin_domain::cart::{self, Absorbed, CartEvent, CartWriter};
use origin_domain::catalog::{EdgeCache, PublicContent, PublishedEvent};
use origin_domain::event::Kind;
use origin_domain::loyalty::{
    ACTIVATION_LEAD_MS, AbsorbError, DecideError, PayloadError, ProgramEvent,
};
use origin_domain::port::PortError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::cached_catalog::TTL;

pub use loyalty::LoyaltyConsumer;
pub use orders::{Ignored, Orders, Told};

/// A batch as SQS hands it to a Lambda; what is not read is left out.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Batch {
    pub(crate) records: Vec<Message>,
}

/// One message: an EventBridge event as text.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message {
    pub(crate) message_id: String,
    pub(crate) body: String,
}

/// The part of an EventBridge event that a consumer reads.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Envelope<'a> {
    /// What happened.
    #[serde(borrow, default)]
    pub(crate) detail_type: Cow<'a, str>,
    /// When it was published; a replay leaves it as it was.
    #[serde(borrow, default)]
    pub(crate) time: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) detail: &'a RawValue,
    /// The replay that delivers it, if it is told again from the archive.
    pub(crate) replay_name: Option<String>,
}

/// Which messages are to be delivered again.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unfinished {
    batch_item_failures: Vec<Failure>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
    /// For whoever reads the dead letters; Lambda reads the identifier only.
    reason: String,
    /// Whether another attempt is of no use. The local bus then makes none; on AWS the queue's
    /// `maxReceiveCount` has to run out.
    #[serde(rename = "final")]
    is_final: bool,
}

/// Why a message is not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Undone {
    #[error("not an event of ours: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("{0}")]
    Port(#[from] PortError),
    #[error("{0}")]
    Loyalty(#[from] AbsorbError),
    #[error("{0}")]
    Payload(#[from] PayloadError),
    #[error("{0}")]
    Decision(#[from] DecideError),
    #[error("the command is {0}")]
    Late(&'static str),
}

/// Consumes `cart.commanded`, and `shopifyWebhook` for orders. Both come by one queue: a replay of
/// weeks then keeps their order.
#[derive(Debug, Clone)]
pub struct CartConsumer<C> {
    /// Where carts are written.
    pub carts: C,
    /// Which orders are believed.
    pub orders: Orders,
}

/// Consumes `configurator.published` and `program.published`: makes the edge forget what it was
/// given before.
#[derive(Debug, Clone)]
pub struct PublishedConsumer<E> {
    /// The edge's caches.
    pub edge: E,
}

/// What was published.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Published {
    Program(ProgramEvent),
    Product(PublishedEvent),
}

/// A consumer of batches.
pub trait Consumer: Send + Sync + 'static {
    /// Consumes a batch and tells what is unfinished.
    fn consume(&self, batch: Batch) -> impl Future<Output = Unfinished> + Send;
}

// === impl CartConsumer ===

impl<C: CartWriter + 'static> Consumer for CartConsumer<C> {
    async fn consume(&self, batch: Batch) -> Unfinished {
        let mut unfinished = Unfinished::default();
        for message in batch.records {
            let outcome = self.one(&message).await;
            unfinished.note(message.message_id, outcome);
        }
        unfinished
    }
}

impl<C: CartWriter> CartConsumer<C> {
    async fn one(&self, message: &Message) -> Result<(), Undone> {
        let envelope = message.envelope()?;
        let detail = envelope.detail.get();
        let event: CartEvent = if envelope.detail_type == Kind::ShopifyWebhook.detail_type() {
            match self.orders.read(detail)? {
                Told::Bought(event) => event,
                Told::Nothing(reason) => {
                    tracing::info!(message = %message.message_id, %reason, "no cart is concerned");
                    return Ok(());
                }
            }
        } else {
            serde_json::from_str(detail)?
        };
        match cart::absorb(&self.carts, &event).await? {
            Absorbed::Changed | Absorbed::Known => Ok(()),
            Absorbed::Erased => {
                drop_erased(message);
                Ok(())
            }
            Absorbed::TooLate => Err(Undone::Late("too-late")),
            Absorbed::TooOld => Err(Undone::Late("too-old")),
            Absorbed::Elsewhere(_) => Err(Undone::Late("merged-elsewhere")),
        }
    }
}

// === impl PublishedConsumer ===

impl<E: EdgeCache + 'static> Consumer for PublishedConsumer<E> {
    /// Waits until no instance gives the edge what it had kept, then invalidates once for all.
    async fn consume(&self, batch: Batch) -> Unfinished {
        let mut unfinished = Unfinished::default();
        let (mut told, mut wait) = (Vec::new(), TTL);
        for message in batch.records {
            match message.detail::<Published>() {
                Ok(published) => {
                    wait = wait.max(published.known_everywhere_after());
                    told.push((message.message_id, published.content()));
                }
                Err(error) => unfinished.note(message.message_id, Err(error.into())),
            }
        }
        if told.is_empty() {
            return unfinished;
        }
        tokio::time::sleep(wait).await;
        let contents: Vec<PublicContent> = told.iter().map(|(_, one)| one.clone()).collect();
        let outcome = self.edge.invalidate(&contents).await;
        for (message, _) in told {
            unfinished.note(message, outcome.clone().map_err(Undone::Port));
        }
        unfinished
    }
}

// === impl Published ===

impl Published {
    fn content(self) -> PublicContent {
        match self {
            Self::Program(event) => {
                tracing::info!(version = event.version, "a programme applies");
                PublicContent::Program
            }
            Self::Product(event) => PublicContent::Product(event.product),
        }
    }

    /// After how long no instance gives the edge what was before. A programme applies only some
    /// seconds after it was published.
    fn known_everywhere_after(&self) -> Duration {
        match self {
            Self::Program(_) => TTL + Duration::from_millis(ACTIVATION_LEAD_MS),
            Self::Product(_) => TTL,
        }
    }
}

// === impl Message ===

impl Message {
    pub(crate) fn envelope(&self) -> Result<Envelope<'_>, serde_json::Error> {
        serde_json::from_str(&self.body)
    }

    fn detail<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.envelope()?.detail.get())
    }
}

// === impl Undone ===

impl Undone {
    /// Whether the same message may be done later.
    fn is_retryable(&self) -> bool {
        match self {
            Self::Unreadable(_) | Self::Payload(_) | Self::Late(_) => false,
            Self::Port(error) => error.is_retryable(),
            Self::Loyalty(error) => error.is_retryable(),
            Self::Decision(error) => error.is_retryable(),
        }
    }
}

// === impl Unfinished ===

impl Unfinished {
    /// What is unfinished of two parts of a batch.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.batch_item_failures.extend(other.batch_item_failures);
        self
    }

    pub(crate) fn note(&mut self, message: String, outcome: Result<(), Undone>) {
        if let Err(error) = outcome {
            tracing::error!(id = %message, %error, "a message is unfinished");
            self.batch_item_failures.push(Failure {
                item_identifier: message,
                reason: error.to_string(),
                is_final: !error.is_retryable(),
            });
        }
    }
}

/// Tells that a message is dropped because it is older than the erasure of its customer.
pub(crate) fn drop_erased(message: &Message) {
    tracing::warn!(id = message.message_id, reason = "customer-erased", "a message is dropped");
}

/// The handler of a consumer Lambda.
///
/// # Errors
/// None: every failure is a message to be delivered again.
pub async fn handle<C: Consumer>(
    consumer: Arc<C>,
    event: LambdaEvent<Batch>,
) -> Result<Unfinished, lambda_runtime::Error> {
    // Boxed: the SDK's futures are deep, and the compiler follows them only so far.
    Ok(Box::pin(consumer.consume(event.payload)).await)
}

//! Queue in, effects out: what the consumer Lambdas do with a batch. One bad message never blocks
//! the others: the consumer reports its id, and the queue delivers it again.

pub mod claim_check;
pub mod privacy;
pub mod redelivery;
pub mod tombstone_filter;

mod loyalty;
mod orders;
mod reconciliation;
mod rewards;
mod shared;

use std::borrow::Cow;
use std::time::Duration;

use domain_cart::{Absorbed, CartEvent, CartWriter};
use domain_catalog::{EdgeCache, PublicContent, PublishedEvent};
use domain_core::event::Kind;
use domain_core::port::PortError;
use domain_core::time::{SECOND_MS, Time};
use domain_loyalty::{ACTIVATION_LEAD_MS, AbsorbError, DecideError, FillError, ProgramEvent};
use domain_shopify::PayloadError;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::caches::cached_catalog::TTL;
use crate::runtime::clock::Clock;

pub use loyalty::LoyaltyConsumer;
pub use orders::{IgnoreReason, OrderReading, Orders};
pub use reconciliation::ReconciliationConsumer;
pub use rewards::RewardsConsumer;
pub use shared::SharedConsumer;

/// How long an instance may serve what was replaced.
const TTL_MS: u64 = TTL.as_secs() * SECOND_MS;
/// The time of an event is in whole seconds: it may be that much later.
const EVENT_TIME_MS: u64 = SECOND_MS;
/// Longest wait of a batch: that of a program just published.
const WAIT_MS_MAX: u64 = TTL_MS + ACTIVATION_LEAD_MS + EVENT_TIME_MS;

/// A batch as SQS gives it to a Lambda, without the fields that are not read.
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
    #[serde(default)]
    receipt_handle: String,
    #[serde(default, rename = "eventSourceARN")]
    event_source_arn: String,
    #[serde(default)]
    attributes: Attributes,
}

/// What SQS says about a message.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    #[serde(default)]
    approximate_receive_count: String,
}

/// The part of an EventBridge event that a consumer reads.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Envelope<'a> {
    /// What happened.
    #[serde(borrow, default)]
    pub(crate) detail_type: Cow<'a, str>,
    /// When it was published; a replay does not change it.
    #[serde(borrow, default)]
    pub(crate) time: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) detail: &'a RawValue,
    /// The replay that delivers it, if it comes from the archive.
    pub(crate) replay_name: Option<String>,
}

/// The messages that the queue has to deliver again.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unfinished {
    batch_item_failures: Vec<Failure>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
    /// For operators who read the dead letters; Lambda reads the identifier only.
    reason: String,
    /// Whether another attempt is useless: the message is then a dead letter at once.
    #[serde(rename = "final")]
    is_final: bool,
}

/// Why a message failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MessageError {
    #[error("not a known event: {0}")]
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
    #[error("{0}")]
    Fill(#[from] FillError),
}

/// Consumes `cart.commanded`, and `shopifyWebhook` for orders. One queue carries both, so that
/// a replay of weeks retains their order.
#[derive(Debug, Clone)]
pub struct CartConsumer<C> {
    /// The store of carts.
    pub carts: C,
    /// Reads and verifies orders.
    pub orders: Orders,
}

/// Consumes `configurator.published` and `program.published`: removes the earlier content from the
/// edge's caches.
#[derive(Debug, Clone)]
pub struct PublishedConsumer<E> {
    /// The edge's caches.
    pub edge: E,
    /// The clock that says how old an event is.
    pub clock: Clock,
}

/// What the edge must not serve any more.
#[derive(Debug, Default)]
struct Outdated {
    /// When it can be removed for good.
    due: Time,
    contents: Vec<PublicContent>,
    messages: Vec<String>,
}

/// The detail of a publication's event.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Published {
    Program(ProgramEvent),
    Product(PublishedEvent),
}

/// A consumer of batches.
pub trait Consumer: Send + Sync + 'static {
    /// Consumes a batch and returns what is unfinished.
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
    async fn one(&self, message: &Message) -> Result<(), MessageError> {
        let envelope = message.envelope()?;
        let detail = envelope.detail.get();
        let event: CartEvent = if envelope.detail_type == Kind::ShopifyWebhook.detail_type() {
            match self.orders.read(detail)? {
                OrderReading::Bought(event) => event,
                OrderReading::Nothing(reason) => {
                    tracing::info!(message_id = %message.message_id, %reason, "webhook ignored");
                    return Ok(());
                }
            }
        } else {
            serde_json::from_str(detail)?
        };
        match domain_cart::absorb(&self.carts, &event).await? {
            Absorbed::Changed | Absorbed::Known => Ok(()),
            Absorbed::Erased => {
                log_erased(message);
                Ok(())
            }
            Absorbed::TooLate => Err(MessageError::Late("too-late")),
            Absorbed::TooOld => Err(MessageError::Late("too-old")),
            Absorbed::Elsewhere(_) => Err(MessageError::Late("merged-elsewhere")),
        }
    }
}

// === impl PublishedConsumer ===

impl<E: EdgeCache + 'static> Consumer for PublishedConsumer<E> {
    /// Waits until no instance gives the edge a cached earlier version, then invalidates. The queue
    /// delivers an event when most of the wait is over, so that publications in a burst do not wait
    /// for one another. A program takes longer, so products come first.
    async fn consume(&self, batch: Batch) -> Unfinished {
        let mut unfinished = Unfinished::default();
        let (mut products, mut programs) = (Outdated::default(), Outdated::default());
        for message in batch.records {
            match message.published() {
                Ok((publication, due)) => {
                    let outdated = match publication {
                        Published::Program(_) => &mut programs,
                        Published::Product(_) => &mut products,
                    };
                    outdated.due = outdated.due.max(due);
                    outdated.contents.push(publication.content());
                    outdated.messages.push(message.message_id);
                }
                Err(error) => unfinished.note(message.message_id, Err(error.into())),
            }
        }
        for outdated in [products, programs] {
            self.invalidate(outdated, &mut unfinished).await;
        }
        unfinished
    }
}

impl<E: EdgeCache> PublishedConsumer<E> {
    async fn invalidate(&self, outdated: Outdated, unfinished: &mut Unfinished) {
        let Outdated { due, contents, messages } = outdated;
        if contents.is_empty() {
            return;
        }
        // A clock that is behind the bus's does not hold a batch up.
        let wait_ms = due.0.saturating_sub(self.clock.now().0).min(WAIT_MS_MAX);
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        let outcome = self.edge.invalidate(&contents).await;
        for message in messages {
            unfinished.note(message, outcome.clone().map_err(MessageError::Port));
        }
    }
}

// === impl Published ===

impl Published {
    fn content(self) -> PublicContent {
        match self {
            Self::Program(event) => {
                tracing::info!(version = event.version, "a program was published");
                PublicContent::Program
            }
            Self::Product(event) => PublicContent::Product(event.product),
        }
    }

    /// After how long no instance gives the edge the earlier version. A program takes effect only
    /// some seconds after it was published.
    fn known_everywhere_after_ms(&self) -> u64 {
        match self {
            Self::Program(_) => TTL_MS + ACTIVATION_LEAD_MS,
            Self::Product(_) => TTL_MS,
        }
    }
}

// === impl Message ===

impl Message {
    pub(crate) fn envelope(&self) -> Result<Envelope<'_>, serde_json::Error> {
        serde_json::from_str(&self.body)
    }

    /// A publication, and from when on no instance gives the edge what it replaced.
    fn published(&self) -> Result<(Published, Time), serde_json::Error> {
        let envelope = self.envelope()?;
        let published: Published = serde_json::from_str(envelope.detail.get())?;
        let at = Time::from_rfc3339(&envelope.time).unwrap_or_default();
        let due = at.plus_ms(EVENT_TIME_MS + published.known_everywhere_after_ms());
        Ok((published, due))
    }
}

// === impl MessageError ===

impl MessageError {
    /// Whether a later attempt at the same message may succeed.
    fn is_retryable(&self) -> bool {
        match self {
            Self::Unreadable(_) | Self::Payload(_) | Self::Late(_) => false,
            Self::Port(error) => error.is_retryable(),
            Self::Loyalty(error) => error.is_retryable(),
            Self::Decision(error) => error.is_retryable(),
            Self::Fill(error) => error.is_retryable(),
        }
    }
}

// === impl Unfinished ===

impl Unfinished {
    /// The unfinished messages of two parts of a batch.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.batch_item_failures.extend(other.batch_item_failures);
        self
    }

    pub(crate) fn note(&mut self, message: String, outcome: Result<(), MessageError>) {
        if let Err(error) = outcome {
            tracing::error!(message_id = %message, %error, "a message failed");
            self.batch_item_failures.push(Failure {
                item_identifier: message,
                reason: error.to_string(),
                is_final: !error.is_retryable(),
            });
        }
    }
}

/// Logs that a message is dropped because it is older than the erasure of its customer.
pub(crate) fn log_erased(message: &Message) {
    tracing::warn!(
        message_id = message.message_id,
        reason = "customer-erased",
        "a message is dropped"
    );
}

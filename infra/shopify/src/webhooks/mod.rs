//! Webhooks: subscriptions, what a delivery carries, and when it is tried again.

mod decimal;
mod delivery;
mod dispatcher;
mod filter;
mod outcome;
mod payload;
mod queue;
mod sender;
mod subscription;

pub use delivery::{Delivery, Event, EventBridgeEntry};
pub use dispatcher::{CONCURRENCY_MAX, Dispatcher};
pub use filter::{Comparison, Filter, FilterError};
pub use outcome::{Abandoned, Outcome, Stats};
pub use payload::to_bytes;
pub use queue::{
    Faults, LOG_MAX, PAYLOAD_BYTES_MAX, PENDING_BYTES_MAX, PENDING_MAX, PublishError, Queue,
    RETRIES_MAX, RETRY_DELAYS_S,
};
pub use sender::{EventBus, LIMITS, Sender, Senders};
pub use subscription::{MadeBy, Subscription, Target, TargetError};

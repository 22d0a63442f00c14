//! The consumer behind a queue: a Lambda, or anything that answers like one.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;

/// A boxed future that may move between threads.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send + 'static>>;

/// Receives batches of one queue: the SQS event JSON in, the partial batch response out.
pub trait Target: Send + Sync + 'static {
    /// Invokes the target once. An error, or an answer that is no partial batch response, means
    /// that the whole batch failed. Dropping the future abandons the invocation.
    fn invoke(&self, event: Bytes) -> BoxFuture<Result<Bytes, TargetError>>;
}

/// The target of the queues of a bus at rest, which delivers nothing.
pub(crate) struct AtRest;

impl Target for AtRest {
    fn invoke(&self, _: Bytes) -> BoxFuture<Result<Bytes, TargetError>> {
        Box::pin(std::future::ready(Err(TargetError::new("the bus is at rest"))))
    }
}

/// A failed invocation, with the text that becomes the reason of a dead letter.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{reason}")]
pub struct TargetError {
    reason: String,
}

// === impl TargetError ===

impl TargetError {
    /// A failure with its reason as text.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}

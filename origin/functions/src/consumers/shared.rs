//! A consumer as a trait object.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use super::{Batch, Consumer, Unfinished};

/// Any consumer. Clones are the same.
#[derive(Clone)]
pub struct SharedConsumer(Arc<dyn DynConsumer>);

/// [`Consumer`] as a trait object.
trait DynConsumer: Send + Sync {
    fn consume(&self, batch: Batch) -> Pin<Box<dyn Future<Output = Unfinished> + Send + '_>>;
}

// === impl SharedConsumer ===

impl SharedConsumer {
    /// Shares a consumer.
    pub fn new(consumer: impl Consumer) -> Self {
        Self(Arc::new(consumer))
    }
}

impl fmt::Debug for SharedConsumer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SharedConsumer")
    }
}

impl<C: Consumer> DynConsumer for C {
    fn consume(&self, batch: Batch) -> Pin<Box<dyn Future<Output = Unfinished> + Send + '_>> {
        Box::pin(Consumer::consume(self, batch))
    }
}

impl Consumer for SharedConsumer {
    async fn consume(&self, batch: Batch) -> Unfinished {
        self.0.consume(batch).await
    }
}

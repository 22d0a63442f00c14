//! Consumers as the bus's targets: the batch in and the partial batch response out are the bytes a
//! deployed consumer Lambda gets and gives.

use bytes::Bytes;
use infra_bus::{BoxFuture, Target, TargetError};
use origin_functions::consumers::{Batch, Consumer as _, SharedConsumer};

/// A consumer behind a queue.
pub(crate) struct InProcess(pub(crate) SharedConsumer);

impl Target for InProcess {
    fn invoke(&self, event: Bytes) -> BoxFuture<Result<Bytes, TargetError>> {
        let consumer = self.0.clone();
        Box::pin(async move {
            let target_error = |error: serde_json::Error| TargetError::new(error.to_string());
            let batch: Batch = serde_json::from_slice(&event).map_err(target_error)?;
            let unfinished = consumer.consume(batch).await;
            serde_json::to_vec(&unfinished).map(Bytes::from).map_err(target_error)
        })
    }
}

//! The archive's retention: deletes events older than it, page by page.

use std::sync::Arc;
use std::time::Duration;

use crate::delivery::Context;
use crate::error::StoreError;
use crate::store::archive::{TrimmedPage, trim};

/// How often the archive is swept. Retention is in days, so hours do not matter.
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);

/// Deletes events older than `retention`, at once and then periodically, until it is dropped.
pub(crate) async fn sweep(context: Arc<Context>, retention: Duration) {
    loop {
        match sweep_once(&context, retention).await {
            Ok(()) => {}
            Err(StoreError::Closed) => return,
            Err(error) => tracing::warn!(%error, "the archive could not be trimmed"),
        }
        tokio::time::sleep(SWEEP_EVERY).await;
    }
}

async fn sweep_once(context: &Context, retention: Duration) -> Result<(), StoreError> {
    let before_ms = expired_before_ms(context.clock.now_ms(), retention);
    let (mut after, mut deleted) = (0, 0);
    loop {
        let page =
            context.store.run(move |transaction| trim(transaction, after, before_ms)).await?;
        let Some(TrimmedPage { last, events }) = page else { break };
        after = last;
        deleted += events;
    }
    if deleted > 0 {
        tracing::info!(count = deleted, "deleted events older than the archive's retention");
    }
    Ok(())
}

/// Events stored before this moment are older than the retention.
pub(crate) fn expired_before_ms(now_ms: u64, retention: Duration) -> u64 {
    now_ms.saturating_sub(u64::try_from(retention.as_millis()).unwrap_or(u64::MAX))
}

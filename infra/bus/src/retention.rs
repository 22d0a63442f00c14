//! The archive's bound: what is older than the retention is deleted, page by page.

use std::sync::Arc;
use std::time::Duration;

use crate::delivery::World;
use crate::error::StoreError;
use crate::store::archive::{Trimmed, trim};

/// How often the archive is looked through. Days are kept, so hours do not matter.
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);

/// Deletes what has outlived `retention`, at once and then again and again, until it is dropped.
pub(crate) async fn sweep(world: Arc<World>, retention: Duration) {
    loop {
        match sweep_once(&world, retention).await {
            Ok(()) => {}
            Err(StoreError::Closed) => return,
            Err(error) => tracing::warn!(%error, "the archive could not be trimmed"),
        }
        tokio::time::sleep(SWEEP_EVERY).await;
    }
}

async fn sweep_once(world: &World, retention: Duration) -> Result<(), StoreError> {
    let before_ms = expired_before_ms(world.clock.now_ms(), retention);
    let (mut after, mut deleted) = (0, 0);
    loop {
        let page = world.store.run(move |transaction| trim(transaction, after, before_ms)).await?;
        let Some(Trimmed { last, events }) = page else { break };
        after = last;
        deleted += events;
    }
    if deleted > 0 {
        tracing::info!(deleted, "events have outlived the archive's retention");
    }
    Ok(())
}

/// Events stored before this moment have outlived the retention.
pub(crate) fn expired_before_ms(now_ms: u64, retention: Duration) -> u64 {
    now_ms.saturating_sub(u64::try_from(retention.as_millis()).unwrap_or(u64::MAX))
}

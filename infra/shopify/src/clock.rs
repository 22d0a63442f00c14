//! The one source of time: the machine's clock, or a virtual one that stands still until a test or
//! an operator advances it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};
use tokio::sync::Notify;
use tokio::time::Instant;

/// Milliseconds since 1970. Clones share the same time.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Source>);

#[derive(Debug)]
struct Source {
    origin_ms: u64,
    /// When a running clock was read; a virtual clock has none.
    started: Option<Instant>,
    advanced_ms: AtomicU64,
    changed: Notify,
}

// === impl Clock ===

impl Clock {
    /// The machine's wall clock, which can be advanced too.
    #[must_use]
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the only reading of the wall clock")]
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        #[expect(clippy::disallowed_methods, reason = "the anchor: it never goes back")]
        let started = Instant::now();
        Self::new(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX), Some(started))
    }

    /// A virtual clock that stands at `now_ms`.
    #[must_use]
    pub fn virtual_at(now_ms: u64) -> Self {
        Self::new(now_ms, None)
    }

    fn new(origin_ms: u64, started: Option<Instant>) -> Self {
        let advanced_ms = AtomicU64::new(0);
        Self(Arc::new(Source { origin_ms, started, advanced_ms, changed: Notify::new() }))
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        let elapsed = self.0.started.map_or(Duration::ZERO, |started| started.elapsed());
        let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let advanced_ms = self.0.advanced_ms.load(Ordering::Acquire);
        self.0.origin_ms.saturating_add(elapsed_ms).saturating_add(advanced_ms)
    }

    /// Moves the time forward and wakes all who wait for it.
    pub fn advance(&self, ms: u64) {
        let add = |advanced: u64| Some(advanced.saturating_add(ms));
        // The update always has a value, so it can't fail.
        let _ = self.0.advanced_ms.fetch_update(Ordering::AcqRel, Ordering::Acquire, add);
        self.0.changed.notify_waiters();
    }

    /// Waits until the time is `until_ms`.
    pub async fn sleep_until(&self, until_ms: u64) {
        loop {
            // Created before the time is read, so that no advance between the two is missed.
            let changed = self.0.changed.notified();
            let left_ms = until_ms.saturating_sub(self.now_ms());
            if left_ms == 0 {
                return;
            }
            if self.0.started.is_some() {
                // Either outcome means: look at the time again.
                let _ = tokio::time::timeout(Duration::from_millis(left_ms), changed).await;
            } else {
                changed.await;
            }
        }
    }
}

/// A time in UTC as Shopify's headers write it, such as `2026-12-01T09:30:00Z`; with a fraction of a
/// second only if there is one.
#[must_use]
pub fn rfc3339(ms: u64) -> String {
    written(ms, UtcOffset::UTC)
}

/// A time as Shopify's REST resources write it: whole seconds, in the shop's time zone, such as
/// `2026-12-01T10:30:00+01:00`.
#[must_use]
pub fn rfc3339_at(ms: u64, utc_offset_minutes: i16) -> String {
    let offset = UtcOffset::from_whole_seconds(i32::from(utc_offset_minutes) * 60);
    written(ms - ms % 1_000, offset.unwrap_or(UtcOffset::UTC))
}

fn written(ms: u64, offset: UtcOffset) -> String {
    let nanoseconds = i128::from(ms).saturating_mul(1_000_000);
    let time = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok();
    let time = time.and_then(|time| time.checked_to_offset(offset));
    let text = time.and_then(|time| time.format(&Rfc3339).ok());
    text.unwrap_or_else(|| "9999-12-31T23:59:59Z".to_owned())
}

//! The bus's one source of time: a wall clock that advances with tokio's.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Wall time in milliseconds, read once and then advanced by tokio's clock: it never goes back
/// while the process lives, and a test with paused time controls it.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin_ms: u64,
    started: Instant,
}

// === impl Clock ===

impl Clock {
    /// The machine's wall clock.
    #[must_use]
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the only reading of the wall clock")]
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::at(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
    }

    /// A clock that reads `origin_ms` (milliseconds since 1970) now.
    #[must_use]
    pub fn at(origin_ms: u64) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the anchor: tokio's clock, pausable")]
        let started = Instant::now();
        Self { origin_ms, started }
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        let elapsed_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.origin_ms.saturating_add(elapsed_ms)
    }

    /// The instant at which [`Clock::now_ms`] returns `at_ms`; the start of the clock for the past.
    pub(crate) fn instant_of(&self, at_ms: u64) -> Instant {
        self.started + Duration::from_millis(at_ms.saturating_sub(self.origin_ms))
    }
}

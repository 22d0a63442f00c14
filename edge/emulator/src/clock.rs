//! The two clocks: ages and waits are monotonic, only calendar dates come from the wall.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The time for the whole emulator; an argument, so that tests can set it.
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since some fixed moment, never going back: ages, TTLs, durations.
    fn now_ms(&self) -> u64;
    /// Seconds since 1970: only for the headers that carry dates (`Expires`, `Date`).
    fn wall_unix_s(&self) -> u64;
}

/// The machine's clocks.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
}

// === impl SystemClock ===

impl SystemClock {
    /// A clock whose monotonic side starts now.
    #[expect(clippy::disallowed_methods, reason = "the rim's one allowed look at the clock")]
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    #[expect(clippy::disallowed_methods, reason = "the rim's one allowed look at the clock")]
    fn wall_unix_s(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }
}

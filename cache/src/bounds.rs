//! The bounds of a cache: weight and time to live.

use std::time::Duration;

/// The two bounds of a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The maximum total weight, in the unit of [`Versioned::weight`](crate::Versioned::weight).
    /// Above it the least recently used values are evicted. It alone bounds memory: an expired
    /// value stays until it is evicted.
    pub weight_max: u64,
    /// How long a value is fresh, counted from the start of the load that produced it.
    pub ttl: Duration,
}

// === impl Bounds ===

impl Bounds {
    /// The time to live in the clock's unit; saturates.
    pub(crate) fn ttl_ms(&self) -> u64 {
        u64::try_from(self.ttl.as_millis()).unwrap_or(u64::MAX)
    }
}

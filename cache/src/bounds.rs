//! How much a cache may hold, and for how long.

use std::time::Duration;

/// The two bounds of a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The most that all entries may weigh together, in the unit of
    /// [`Versioned::weight`](crate::Versioned::weight); past it those are evicted that were
    /// not used for longest. It alone bounds memory: what is past its `ttl` stays until then.
    pub weight_max: u64,
    /// How long an entry may answer, counted from the start of the load that produced it.
    pub ttl: Duration,
}

// === impl Bounds ===

impl Bounds {
    /// The lifetime in the clock's unit; one too long to count is endless.
    pub(crate) fn ttl_ms(&self) -> u64 {
        u64::try_from(self.ttl.as_millis()).unwrap_or(u64::MAX)
    }
}

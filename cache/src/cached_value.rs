//! Cached values, with the arithmetic of age and precedence. No clock and no I/O here.

use std::any::Any;
use std::sync::Arc;

/// A value with the version of its resource.
pub trait Versioned {
    /// The number of distinct commands the value has absorbed; 0 for a resource never written.
    fn version(&self) -> u64;

    /// The weight of the value; 1 by default, so that the bound counts values.
    fn weight(&self) -> u32 {
        1
    }
}

/// The start of a load. It is taken *before* the table is read, never after the answer: a value may
/// be as old as the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadStart {
    /// Position in the order in which the loads of this cache start: independent of clocks.
    pub(crate) number: u64,
    /// The cache's clock at the start: for the age only.
    pub(crate) at_ms: u64,
}

/// A cached value with the start of its load.
#[derive(Clone, Debug)]
pub(crate) struct CachedValue {
    pub(crate) value: Arc<dyn Any + Send + Sync>,
    pub(crate) version: u64,
    pub(crate) weight: u32,
    pub(crate) start: LoadStart,
}

// === impl LoadStart ===

impl LoadStart {
    /// Whether the value of a load with this start is still fresh. After a clock stepped back the
    /// age is unknown, and the value counts as stale.
    pub(crate) fn is_fresh(&self, now_ms: u64, ttl_ms: u64) -> bool {
        now_ms.checked_sub(self.at_ms).is_some_and(|age_ms| age_ms < ttl_ms)
    }
}

// === impl CachedValue ===

impl CachedValue {
    pub(crate) fn new<V: Versioned + Send + Sync + 'static>(
        value: Arc<V>,
        start: LoadStart,
    ) -> Self {
        let (version, weight) = (value.version(), value.weight());
        Self { value, version, weight, start }
    }

    /// The value; `None` if it has another type.
    pub(crate) fn value<V: Send + Sync + 'static>(self) -> Option<Arc<V>> {
        self.value.downcast().ok()
    }

    /// Whether this value may replace `other`, which is still fresh. An older version never does;
    /// of two equal versions the one loaded later wins, because it stays fresh longer.
    pub(crate) fn supersedes(&self, other: &Self) -> bool {
        let rank = |cached: &Self| (cached.version, cached.start.number);
        rank(self) >= rank(other)
    }
}

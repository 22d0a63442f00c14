//! The clocks of instances and consumers, which are not trusted to agree.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use domain_core::time::Time;
use origin_functions::runtime::clock::Clock;

use crate::engine::{FaultInjector, Timeline};

/// A clock that differs from the true time.
#[derive(Clone)]
pub(crate) struct InstanceClock {
    timeline: Timeline,
    skew_ms: Arc<AtomicI64>,
    latest_ms: Arc<AtomicU64>,
}

// === impl InstanceClock ===

impl InstanceClock {
    pub(crate) fn new(faults: &FaultInjector) -> Self {
        let skew_ms = Arc::new(AtomicI64::new(faults.skew_ms()));
        Self { timeline: faults.timeline.clone(), skew_ms, latest_ms: Arc::default() }
    }

    /// The clock as the shop's code reads it.
    pub(crate) fn to_clock(&self) -> Clock {
        let Self { timeline, skew_ms, latest_ms } = self.clone();
        Clock::new(move || {
            let now_ms = timeline.now_ms().saturating_add_signed(skew_ms.load(Ordering::Relaxed));
            latest_ms.store(now_ms, Ordering::Relaxed);
            Time(now_ms)
        })
    }

    /// The latest time that was read from it.
    pub(crate) fn latest_ms(&self) -> u64 {
        self.latest_ms.load(Ordering::Relaxed)
    }

    /// Adjusts it.
    pub(crate) fn adjust(&self, faults: &FaultInjector) {
        self.skew_ms.store(faults.skew_ms(), Ordering::Relaxed);
    }
}

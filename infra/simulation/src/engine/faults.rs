//! The faults of a world and their rates. Each world draws its own profile, in which most faults
//! are off and some are frequent: faults that occur together hide each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain_core::port::PortError;

use super::executor::TaskGroup;
use super::rng::Rng;
use super::timeline::Timeline;

/// The faults of one world. Rates are per million, delays in milliseconds.
#[derive(Debug, Clone, Default)]
pub(crate) struct FaultProfile {
    pub(crate) network_ms_max: u64,
    pub(crate) table_ms_max: u64,
    pub(crate) bus_ms_max: u64,
    /// Any delay may be [`SPIKE`] times as long.
    pub(crate) spike: u32,
    /// A call is rejected before it has an effect.
    pub(crate) throttled: u32,
    /// A call has its effect and its answer is lost.
    pub(crate) answer_lost: u32,
    /// Table and bus are unavailable for a minute at a time; the offset of the world's start in
    /// that cycle.
    outages_from_ms: Option<u64>,
    /// The instance or the consumer crashes at this step.
    pub(crate) crash: u32,
    /// A request or its answer is lost.
    pub(crate) message_lost: u32,
    /// A replica lags.
    pub(crate) stale: u32,
    /// A write happens between the reads of a batch.
    pub(crate) torn: u32,
    /// An event is delivered twice, soon.
    pub(crate) duplicate: u32,
    /// An event is delivered again within weeks.
    pub(crate) late_duplicate: u32,
    /// An event takes hours.
    pub(crate) straggler: u32,
    /// No consumer can process an event until its defect is fixed.
    pub(crate) poison: u32,
    /// The edge evicts an object early.
    pub(crate) evicted: u32,
    /// An instance's clock differs from the true time by up to this.
    pub(crate) skew_ms_max: u64,
}

/// How much longer a delay in the tail is.
const SPIKE: u64 = 30;
/// The longest delay in the tail, so that a request takes seconds at most.
const SPIKE_MS_MAX: u64 = 4_000;
/// The length of an outage, and the period of outages.
const OUTAGE_MS: u64 = 60_000;
const CYCLE_MS: u64 = 6 * OUTAGE_MS;
/// A queue whose consumers cannot keep up, as in the first minutes of a campaign.
pub(crate) const STALLED_MS: u64 = 600_000;
/// Half of the five seconds that the clocks of two instances may differ.
pub(crate) const SKEW_MS_MAX: u64 = 2_500;

/// A port with faults: slow calls, throttling, lost answers, and callers that crash at any step.
#[derive(Clone)]
pub(crate) struct FaultyPort<P> {
    pub(crate) port: P,
    pub(crate) faults: FaultInjector,
    /// The caller's task group.
    pub(crate) group: TaskGroup,
}

/// Injects the faults of a profile.
#[derive(Clone)]
pub(crate) struct FaultInjector {
    pub(crate) profile: Arc<FaultProfile>,
    pub(crate) rng: Rng,
    pub(crate) timeline: Timeline,
    is_disabled: Arc<AtomicBool>,
    is_table_lost: Arc<AtomicBool>,
}

// === impl FaultProfile ===

impl FaultProfile {
    /// A random profile.
    pub(crate) fn random(rng: &Rng) -> Self {
        let rate = || rng.pick(&[0, 0, 0, 3_000, 30_000, 150_000]);
        Self {
            network_ms_max: rng.pick(&[0, 2, 30, 30, 400]),
            table_ms_max: rng.pick(&[0, 3, 10, 10, 60, 1_500]),
            bus_ms_max: rng.pick(&[0, 5, 60, 500, 500, 3_000, STALLED_MS]),
            spike: rng.pick(&[0, 20_000, 100_000]),
            throttled: rate(),
            answer_lost: rate(),
            outages_from_ms: rng.pick(&[false, false, false, true]).then(|| rng.below(CYCLE_MS)),
            crash: rng.pick(&[0, 0, 0, 1_000, 10_000]),
            message_lost: rate(),
            stale: rng.pick(&[0, 0, 200_000, 700_000]),
            torn: rng.pick(&[0, 0, 100_000, 500_000]),
            duplicate: rng.pick(&[0, 30_000, 300_000]),
            late_duplicate: rng.pick(&[0, 0, 50_000, 300_000]),
            straggler: rng.pick(&[0, 0, 0, 10_000, 100_000]),
            poison: rng.pick(&[0, 0, 10_000, 100_000]),
            evicted: rng.pick(&[0, 0, 200_000]),
            skew_ms_max: rng.pick(&[0, 0, 5, 300, SKEW_MS_MAX]),
        }
    }
}

// === impl FaultInjector ===

impl FaultInjector {
    pub(crate) fn new(profile: FaultProfile, rng: Rng, timeline: Timeline) -> Self {
        let (is_disabled, is_table_lost) = (Arc::default(), Arc::default());
        Self { profile: Arc::new(profile), rng, timeline, is_disabled, is_table_lost }
    }

    /// From now on nothing fails and nothing takes time.
    pub(crate) fn disable(&self) {
        self.is_disabled.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_disabled(&self) -> bool {
        self.is_disabled.load(Ordering::Relaxed)
    }

    /// The table is lost, or available again.
    pub(crate) fn lose_table(&self, is_lost: bool) {
        self.is_table_lost.store(is_lost, Ordering::Relaxed);
    }

    /// Whether table and bus are unavailable now.
    pub(crate) fn is_outage(&self) -> bool {
        let is_part = |from_ms: u64| (self.timeline.now_ms() + from_ms) % CYCLE_MS < OUTAGE_MS;
        let is_outage = !self.is_disabled() && self.profile.outages_from_ms.is_some_and(is_part);
        is_outage || self.is_table_lost.load(Ordering::Relaxed)
    }

    pub(crate) fn occurs(&self, rate: u32) -> bool {
        !self.is_disabled() && self.rng.chance(rate)
    }

    /// Waits for up to `ms_max`, and sometimes longer.
    pub(crate) async fn delay(&self, ms_max: u64) {
        let is_spike = self.occurs(self.profile.spike);
        let spiked = if is_spike { ms_max.max((ms_max * SPIKE).min(SPIKE_MS_MAX)) } else { ms_max };
        self.delay_without_spike(spiked).await;
    }

    /// Waits for up to `ms_max`.
    pub(crate) async fn delay_without_spike(&self, ms_max: u64) {
        if !self.is_disabled() {
            self.timeline.sleep(self.rng.below(ms_max + 1)).await;
        }
    }

    /// A random clock skew.
    pub(crate) fn skew_ms(&self) -> i64 {
        let most = self.profile.skew_ms_max;
        let skew = i64::try_from(self.rng.below(2 * most + 1)).unwrap_or(0);
        skew - i64::try_from(most).unwrap_or(0)
    }

    /// A port with faults, called by a process of this task group.
    pub(crate) fn wrap<P>(&self, group: &TaskGroup, port: P) -> FaultyPort<P> {
        FaultyPort { port, faults: self.clone(), group: group.clone() }
    }

    /// Crashes the caller sometimes: then this never returns.
    async fn may_crash(&self, group: &TaskGroup) {
        if self.occurs(self.profile.crash) {
            group.crash();
            std::future::pending().await
        }
    }
}

// === impl FaultyPort ===

impl<P> FaultyPort<P> {
    /// Calls the port, which may be slow, fail, or answer without being heard.
    pub(crate) async fn call<T, F>(&self, act: impl Fn() -> F) -> Result<T, PortError>
    where
        F: Future<Output = Result<T, PortError>>,
    {
        let profile = &self.faults.profile;
        self.faults.delay(profile.table_ms_max).await;
        self.faults.may_crash(&self.group).await;
        if self.faults.is_outage() || self.faults.occurs(profile.throttled) {
            return Err(PortError::Unavailable("throttled".to_owned()));
        }
        let mut answer = act().await;
        if self.faults.occurs(profile.answer_lost) {
            // The SDK retries, in half of the cases.
            if self.faults.rng.coin() {
                return Err(PortError::Unavailable("timeout".to_owned()));
            }
            self.faults.delay(profile.table_ms_max).await;
            answer = act().await;
        }
        self.faults.may_crash(&self.group).await;
        self.faults.delay(profile.table_ms_max).await;
        answer
    }
}

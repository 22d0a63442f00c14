//! Injected faults between the SDK and the table.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fastrand::Rng;

use crate::operation::Operation;

const MILLION: u32 = 1_000_000;

/// The fault of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// DynamoDB has no capacity. A batch of several items is processed in part, the rest comes back
    /// unprocessed; anything else is a `ProvisionedThroughputExceededException`.
    Throttled,
    /// Another transaction holds an item: nothing is written. Calls that cannot conflict are
    /// skipped.
    Conflict,
    /// The call has its effect and the connection breaks before the answer.
    AnswerLost,
    /// The connection fails: no effect.
    Unreachable,
}

/// How often faults occur, in parts per million of the calls about items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// Of [`Fault::Throttled`].
    pub throttled_ppm: u32,
    /// Of [`Fault::Conflict`], among the calls that can conflict.
    pub conflict_ppm: u32,
    /// Of [`Fault::AnswerLost`].
    pub answer_lost_ppm: u32,
    /// Every call waits between zero and this long before it reaches the table.
    pub latency_ms_max: u32,
}

/// Decides which calls fail. Clones share their state; a change does not affect calls in progress.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<State>);

#[derive(Debug, Default)]
struct State {
    injected: AtomicU64,
    outage: AtomicBool,
    plan: Mutex<Plan>,
}

#[derive(Debug)]
struct Plan {
    rng: Rng,
    rates: Rates,
    /// Bounded by the test that fills it.
    next: VecDeque<Fault>,
}

/// The latency and fault of one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Injection {
    pub(crate) latency: Duration,
    pub(crate) fault: Option<Fault>,
}

// === impl Plan ===

impl Default for Plan {
    fn default() -> Self {
        Self { rng: Rng::with_seed(0), rates: Rates::default(), next: VecDeque::new() }
    }
}

// === impl Faults ===

impl Faults {
    /// No faults yet. The seed decides which calls the rates will hit, in the order of the calls.
    pub fn seeded(seed: u64) -> Self {
        let faults = Self::default();
        faults.plan().rng = Rng::with_seed(seed);
        faults
    }

    /// Sets the rates, from the next call on.
    pub fn set(&self, rates: Rates) {
        self.plan().rates = rates;
    }

    /// Injects this fault into the next call about items that can have it, also if its rate is 0.
    /// Faults of several calls of this method are injected one after the other.
    pub fn hit_next(&self, fault: Fault) {
        self.plan().next.push_back(fault);
    }

    /// While it is on, no call reaches a table.
    pub fn outage(&self, on: bool) {
        self.0.outage.store(on, Ordering::Relaxed);
    }

    /// The number of calls hit so far.
    pub fn injected(&self) -> u64 {
        self.0.injected.load(Ordering::Relaxed)
    }

    /// The latency and fault of this call; a fault is counted as injected.
    pub(crate) fn draw(&self, operation: Operation) -> Injection {
        let injection = self.injection(operation);
        if injection.fault.is_some() {
            self.0.injected.fetch_add(1, Ordering::Relaxed);
        }
        injection
    }

    fn injection(&self, operation: Operation) -> Injection {
        if self.0.outage.load(Ordering::Relaxed) {
            return Injection { fault: Some(Fault::Unreachable), ..Injection::default() };
        }
        if !operation.is_about_items() {
            return Injection::default();
        }
        let mut plan = self.plan();
        let rates = plan.rates;
        let latency = match rates.latency_ms_max {
            0 => Duration::ZERO,
            max => Duration::from_millis(plan.rng.u64(..=u64::from(max))),
        };
        let can_be_hit = |fault: Fault| fault != Fault::Conflict || operation.can_conflict();
        let planned = plan.next.front().is_some_and(|fault| can_be_hit(*fault));
        let fault = if planned {
            plan.next.pop_front()
        } else {
            [
                (Fault::Throttled, rates.throttled_ppm),
                (Fault::Conflict, rates.conflict_ppm),
                (Fault::AnswerLost, rates.answer_lost_ppm),
            ]
            .into_iter()
            .filter(|(fault, ppm)| *ppm > 0 && can_be_hit(*fault))
            .find_map(|(fault, ppm)| (plan.rng.u32(..MILLION) < ppm).then_some(fault))
        };
        Injection { latency, fault }
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        // No code under the lock panics.
        self.0.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

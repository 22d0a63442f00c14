//! The workload of a world: bursts of operations with silences between them, in which the windows
//! of the protocol expire.

use std::cell::{Cell, RefCell};

use domain_core::time::{DAY_MS, HOUR_MS, Time};
use origin_adapters::memory::MemoryTable;

use super::shop::World;
use crate::engine::{Coverage, Rng, RunLog, Timeline};

/// How long the table takes to delete expired items ("within a few days").
const SWEPT_MS_MAX: u64 = 5 * DAY_MS;

/// How long the load is higher after a silence.
const RUSH_MS: u64 = 2_000;

/// The distance of the end of a silence from the ages at which clocks may disagree about what is
/// shown: longer than any stretch of activity.
const MARGIN_MS: u64 = 12 * HOUR_MS;

/// The silences of a world.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Silences {
    /// The maximum in one world.
    pub(crate) count_max: u64,
    /// The length of a silence that begins at a given time.
    pub(crate) ms: fn(&Rng, u64) -> u64,
    /// Ages at which something is no longer shown. No silence ends when an earlier stretch of
    /// activity has such an age: one clock would show its commands and another would not.
    pub(crate) ages_ms: &'static [u64],
}

/// The workload of a world.
pub(crate) struct Workload {
    timeline: Timeline,
    rng: Rng,
    run_log: RunLog,
    table: MemoryTable,
    think_ms_max: u64,
    /// The number of remaining operations.
    remaining: Cell<u64>,
    /// The numbers of remaining operations at which a silence begins, in ascending order.
    pauses_at: RefCell<Vec<u64>>,
    silences: Silences,
    /// The stretches of activity, from and until.
    active: RefCell<Vec<(u64, u64)>>,
    active_from_ms: Cell<u64>,
    quiet_until_ms: Cell<u64>,
}

// === impl Workload ===

impl Workload {
    /// A random workload.
    pub(crate) fn random(operations: u64, world: &World, silences: Silences) -> Self {
        let (faults, table) = (&world.faults, world.table.clone());
        let rng = &faults.rng;
        let count = rng.below(silences.count_max + 1);
        let mut pauses_at: Vec<u64> = (0..count).map(|_| rng.below(operations)).collect();
        pauses_at.sort_unstable();
        Self {
            think_ms_max: rng.pick(&[5, 50, 50, 500, 8_000]),
            timeline: faults.timeline.clone(),
            rng: rng.clone(),
            run_log: world.run_log.clone(),
            table,
            remaining: Cell::new(operations),
            pauses_at: RefCell::new(pauses_at),
            silences,
            active: RefCell::default(),
            active_from_ms: Cell::new(faults.timeline.now_ms()),
            quiet_until_ms: Cell::new(0),
        }
    }

    /// Waits until the next operation; `false` if there is no such operation.
    pub(crate) async fn next(&self) -> bool {
        self.timeline.sleep(self.rng.below(self.think_ms_max + 1)).await;
        while self.timeline.now_ms() < self.quiet_until_ms.get() {
            self.timeline.sleep_until(self.quiet_until_ms.get()).await;
            self.timeline.sleep(self.rng.below(self.think_ms_max + 1)).await;
        }
        if self.remaining.get() == 0 || self.run_log.has_violation() {
            return false;
        }
        self.remaining.set(self.remaining.get() - 1);
        self.run_log.count(Coverage::Operation);
        let is_due = self.pauses_at.borrow().last().is_some_and(|at| *at >= self.remaining.get());
        if is_due {
            self.pauses_at.borrow_mut().pop();
            self.pause((self.silences.ms)(&self.rng, self.timeline.now_ms())).await;
        }
        true
    }

    /// No operation starts until then.
    pub(crate) fn pause_until(&self, ms: u64) {
        self.quiet_until_ms.set(self.quiet_until_ms.get().max(ms));
    }

    /// The number of remaining operations.
    pub(crate) fn remaining(&self) -> u64 {
        self.remaining.get()
    }

    /// Whether a silence has just ended.
    pub(crate) fn is_rush(&self) -> bool {
        let since_ms = self.timeline.now_ms().checked_sub(self.quiet_until_ms.get());
        since_ms.is_some_and(|since_ms| since_ms < RUSH_MS)
    }

    async fn pause(&self, ms: u64) {
        self.run_log.count(Coverage::Silence);
        self.run_log.trace(|| format!("silence of {ms} ms"));
        let now_ms = self.timeline.now_ms();
        self.active.borrow_mut().push((self.active_from_ms.get(), now_ms));
        let ages_ms = self.silences.ages_ms;
        let until_ms = clear_of_ages(now_ms + ms, &self.active.borrow(), ages_ms);
        self.active_from_ms.set(until_ms);
        self.pause_until(until_ms);
        self.timeline.sleep_until(until_ms).await;
        let lag_ms = self.rng.below(SWEPT_MS_MAX + 1);
        self.table.sweep_expired(Time(self.timeline.now_ms()).minus_ms(lag_ms));
    }
}

/// The first moment from `until_ms` on, in steps of a day, at which no stretch of activity has one of
/// the ages that matter. Each stretch and each age rules out a few days at most.
fn clear_of_ages(until_ms: u64, active: &[(u64, u64)], ages_ms: &[u64]) -> u64 {
    let is_close = |ms: &u64| {
        active.iter().any(|(from_ms, to_ms)| {
            let is_at =
                |age: &u64| from_ms + age < *ms + MARGIN_MS && *ms < to_ms + age + MARGIN_MS;
            ages_ms.iter().any(is_at)
        })
    };
    let mut days = (0..).map(|days| until_ms + days * DAY_MS);
    days.find(|ms| !is_close(ms)).expect("a finite number of days is ruled out")
}

#[cfg(test)]
mod tests {
    use domain_core::time::{DAY_MS, HOUR_MS};

    use super::clear_of_ages;

    const START_MS: u64 = 20_000 * DAY_MS;
    const AGES_MS: [u64; 2] = [30 * DAY_MS, 45 * DAY_MS];

    /// The length of a silence that begins an hour after the start of a world.
    fn length_ms(ms: u64) -> u64 {
        let active = [(START_MS, START_MS + HOUR_MS)];
        clear_of_ages(START_MS + HOUR_MS + ms, &active, &AGES_MS) - START_MS - HOUR_MS
    }

    #[test]
    fn a_silence_that_ends_at_no_such_age_has_its_length() {
        for ms in [10_000, 13 * HOUR_MS, 3 * DAY_MS, 16 * DAY_MS, 33 * DAY_MS, 60 * DAY_MS] {
            assert_eq!(length_ms(ms), ms);
        }
    }

    #[test]
    fn a_silence_that_would_end_at_such_an_age_is_a_day_longer() {
        assert_eq!(length_ms(30 * DAY_MS), 31 * DAY_MS);
        assert_eq!(length_ms(45 * DAY_MS), 46 * DAY_MS);
    }
}

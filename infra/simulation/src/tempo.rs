//! When shoppers act: in bursts, with silences between them in which nobody does anything and all
//! windows of the protocol pass by.

use std::cell::{Cell, RefCell};

use origin_domain::time::{DAY_MS, HOUR_MS, Time};

use crate::counts::Occasion;
use crate::dice::Dice;
use crate::minutes::Minutes;
use crate::timeline::Timeline;
use crate::weather::Sky;

/// How long the table takes to delete what has expired ("within a few days").
const SWEPT_MS_MAX: u64 = 5 * DAY_MS;

/// How long after a silence everybody is busier than usual.
const RUSH_MS: u64 = 2_000;

/// How far a silence stays away from the ages at which clocks may differ about what is shown: longer
/// than anybody is active at a stretch.
const MARGIN_MS: u64 = 12 * HOUR_MS;

/// The silences of a world.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Silences {
    /// Most of a world.
    pub(crate) count_max: u64,
    /// How long one is that begins at a moment.
    pub(crate) ms: fn(&Dice, u64) -> u64,
    /// Ages at whose end something is no longer shown, which no silence may end at: what was done
    /// before it, or before one of those before it, would be shown by one clock and not by another.
    pub(crate) ages_ms: &'static [u64],
}

/// The tempo of a world.
pub(crate) struct Tempo {
    timeline: Timeline,
    dice: Dice,
    minutes: Minutes,
    sweep: Sweep,
    think_ms_max: u64,
    /// Operations left.
    left: Cell<u64>,
    /// How many operations are left when a silence begins; the last one first.
    due: RefCell<Vec<u64>>,
    silences: Silences,
    /// When shoppers were active: from when until when.
    active: RefCell<Vec<(u64, u64)>>,
    quiet_until_ms: Cell<u64>,
}

/// Deletes what had expired at a moment.
pub(crate) type Sweep = Box<dyn Fn(Time)>;

// === impl Tempo ===

impl Tempo {
    /// A draw.
    pub(crate) fn drawn(
        operations: u64,
        sky: &Sky,
        minutes: Minutes,
        silences: Silences,
        sweep: Sweep,
    ) -> Self {
        let dice = &sky.dice;
        let count = dice.below(silences.count_max + 1);
        let mut due: Vec<u64> = (0..count).map(|_| dice.below(operations)).collect();
        due.sort_unstable();
        Self {
            think_ms_max: dice.pick(&[5, 50, 50, 500, 8_000]),
            timeline: sky.timeline.clone(),
            dice: dice.clone(),
            minutes,
            sweep,
            left: Cell::new(operations),
            due: RefCell::new(due),
            silences,
            active: RefCell::default(),
            quiet_until_ms: Cell::new(0),
        }
    }

    /// Waits for the moment of the next operation; `false` if there is none.
    pub(crate) async fn next(&self) -> bool {
        self.timeline.sleep(self.dice.below(self.think_ms_max + 1)).await;
        while self.timeline.now_ms() < self.quiet_until_ms.get() {
            self.timeline.sleep_until(self.quiet_until_ms.get()).await;
            self.timeline.sleep(self.dice.below(self.think_ms_max + 1)).await;
        }
        if self.left.get() == 0 || self.minutes.is_done() {
            return false;
        }
        self.left.set(self.left.get() - 1);
        self.minutes.note(Occasion::Operation);
        let is_due = self.due.borrow().last().is_some_and(|due| *due >= self.left.get());
        if is_due {
            self.due.borrow_mut().pop();
            self.be_silent((self.silences.ms)(&self.dice, self.timeline.now_ms())).await;
        }
        true
    }

    /// Nobody begins anything until then.
    pub(crate) fn rest_until(&self, ms: u64) {
        self.quiet_until_ms.set(self.quiet_until_ms.get().max(ms));
    }

    /// How many operations are left.
    pub(crate) fn left(&self) -> u64 {
        self.left.get()
    }

    /// Whether everybody has just come back from a silence.
    pub(crate) fn is_rush(&self) -> bool {
        let since_ms = self.timeline.now_ms().checked_sub(self.quiet_until_ms.get());
        since_ms.is_some_and(|since_ms| since_ms < RUSH_MS)
    }

    async fn be_silent(&self, ms: u64) {
        self.minutes.note(Occasion::Silence);
        self.minutes.trace(|| format!("silence of {ms} ms"));
        let now_ms = self.timeline.now_ms();
        self.active.borrow_mut().push((self.quiet_until_ms.get(), now_ms));
        let until_ms = self.clear_of_ages(now_ms + ms);
        self.rest_until(until_ms);
        self.timeline.sleep_until(until_ms).await;
        let lag_ms = self.dice.below(SWEPT_MS_MAX + 1);
        (self.sweep)(Time(self.timeline.now_ms()).minus_ms(lag_ms));
    }

    /// The first moment from `until_ms` on, by whole days, at which nothing is just as old as the ages
    /// that matter. Each stretch of activity and each age rules out at most two days.
    fn clear_of_ages(&self, until_ms: u64) -> u64 {
        let active = self.active.borrow();
        let is_close = |ms: &u64| {
            active.iter().any(|(from_ms, to_ms)| {
                let is_at = |age: &u64| {
                    (from_ms + age).saturating_sub(MARGIN_MS) < *ms && *ms < to_ms + age + MARGIN_MS
                };
                self.silences.ages_ms.iter().any(is_at)
            })
        };
        let mut days = (0..).map(|days| until_ms + days * DAY_MS);
        days.find(|ms| !is_close(ms)).expect("a finite number of days is ruled out")
    }
}

//! When shoppers act: in bursts, with silences between them in which nobody does anything and all
//! windows of the protocol pass by.

use std::cell::{Cell, RefCell};

use origin_adapters::memory::MemoryTables;
use origin_domain::time::{DAY_MS, HOUR_MS, Time};

use crate::counts::Occasion;
use crate::dice::Dice;
use crate::judge::Bench;
use crate::timeline::Timeline;

/// Most silences of a world: any three together stay an hour and more away from the thirty days at
/// which a cart ends, where clocks may differ about what is to be seen.
const SILENCES_MAX: u64 = 3;

/// How long the table takes to delete what has expired ("within a few days").
const SWEPT_MS_MAX: u64 = 5 * DAY_MS;

/// How long after a silence everybody is busier than usual.
const RUSH_MS: u64 = 2_000;

/// The tempo of a world.
pub(crate) struct Tempo {
    timeline: Timeline,
    dice: Dice,
    bench: Bench,
    tables: MemoryTables,
    think_ms_max: u64,
    /// Operations left.
    left: Cell<u64>,
    /// How many operations are left when a silence begins, and how long it is; the last one first.
    silences: RefCell<Vec<(u64, u64)>>,
    quiet_until_ms: Cell<u64>,
}

// === impl Tempo ===

impl Tempo {
    pub(crate) fn drawn(
        operations: u64,
        timeline: Timeline,
        dice: &Dice,
        bench: Bench,
        tables: MemoryTables,
    ) -> Self {
        let silence_ms = || match dice.below(5) {
            0 => dice.within(10_000..=HOUR_MS),
            1 => 13 * HOUR_MS,
            2 => 3 * DAY_MS,
            3 => 16 * DAY_MS,
            _ => dice.within(33 * DAY_MS..=60 * DAY_MS),
        };
        let count = dice.below(SILENCES_MAX + 1);
        let mut silences: Vec<(u64, u64)> =
            (0..count).map(|_| (dice.below(operations), silence_ms())).collect();
        silences.sort_unstable();
        Self {
            think_ms_max: dice.pick(&[5, 50, 50, 500, 8_000]),
            timeline,
            dice: dice.clone(),
            bench,
            tables,
            left: Cell::new(operations),
            silences: RefCell::new(silences),
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
        if self.left.get() == 0 || self.bench.judge().is_done() {
            return false;
        }
        self.left.set(self.left.get() - 1);
        self.bench.judge().note(Occasion::Operation);
        let due = self.silences.borrow().last().filter(|due| due.0 >= self.left.get()).copied();
        if let Some((_, ms)) = due {
            self.silences.borrow_mut().pop();
            self.be_silent(ms).await;
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
        {
            let mut judge = self.bench.judge();
            judge.note(Occasion::Silence);
            judge.trace(|| format!("silence of {ms} ms"));
        }
        let until_ms = self.timeline.now_ms() + ms;
        self.rest_until(until_ms);
        self.timeline.sleep_until(until_ms).await;
        let lag_ms = self.dice.below(SWEPT_MS_MAX + 1);
        self.tables.sweep_expired(Time(self.timeline.now_ms()).minus_ms(lag_ms));
    }
}

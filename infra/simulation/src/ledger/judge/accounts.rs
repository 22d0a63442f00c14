//! What an account comes to, worked out day by day as one would with paper and pencil: what begins
//! to count today is added, what ends today is crossed out, what is spent today is taken from what
//! ends soonest. What cannot be taken is owed, and paid by what comes next.

use std::collections::BTreeMap;

use super::super::plan::{Plan, TIERS};

const DAY_MS: u64 = 86_400_000;
/// Most expiries that an answer names.
const EXPIRING_MAX: usize = 12;

/// Points with their dates, in days since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lot {
    pub(super) dates: Dates,
    /// The day it happened on: for points taken back not that of the order.
    pub(super) on: u64,
    pub(super) points: i64,
}

/// From when until when points count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Dates {
    pub(super) earned: u64,
    /// `None`: at once.
    pub(super) from: Option<u64>,
    /// `None`: for ever.
    pub(super) until: Option<u64>,
}

/// Everything on one sheet of paper.
#[derive(Debug, Clone, Default)]
pub(super) struct Sheet {
    pub(super) lots: Vec<Lot>,
    /// Day and points.
    pub(super) spent: Vec<(u64, i64)>,
    pub(super) held: i64,
    /// Points of every entry of the ledger, by its id; those about nothing are left out.
    pub(super) entries: BTreeMap<String, i64>,
}

/// What a customer is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) available: i64,
    pub(super) pending: i64,
    pub(super) held: i64,
    pub(super) tier: &'static str,
    pub(super) next: Option<(&'static str, i64)>,
    pub(super) expiring: Vec<(i64, u64)>,
}

/// What is left at the end of a day.
struct Rest {
    /// By the day they end.
    live: BTreeMap<u64, i64>,
    owed: i64,
    /// What was owed at the end of each day.
    by_day: BTreeMap<u64, i64>,
}

pub(super) fn day(ms: u64) -> u64 {
    ms / DAY_MS
}

/// The first day that begins then or later.
pub(super) fn next_day(ms: u64) -> u64 {
    ms.div_ceil(DAY_MS)
}

// === impl Sheet ===

impl Sheet {
    /// What a customer is told on a day.
    pub(super) fn sum(&self, plan: &Plan, today: u64) -> Sum {
        let Rest { live, owed, .. } = self.rest(today);
        let pending = self.pending(today);
        let mut ending = live.clone();
        for (until, points) in &pending {
            *ending.entry(*until).or_default() += points;
        }
        let ending = ending.into_iter().filter(|(until, points)| *until != u64::MAX && *points > 0);
        let reached = self.figures(plan.window_days, today, |_| true);
        let earlier = (1..=plan.keep_days).map(|ago| {
            let then = today - ago;
            self.figures(plan.window_days, then, |on| on <= then)
        });
        let rung = earlier.chain([reached]).map(|points| rung(plan, points)).max().unwrap_or(0);
        let next = (rung < 2).then(|| (TIERS[rung + 1], plan.thresholds[rung] - reached.max(0)));
        Sum {
            available: live.values().sum::<i64>() - owed,
            pending: pending.values().sum(),
            held: self.held,
            tier: TIERS[rung],
            next,
            expiring: ending
                .map(|(until, points)| (points, until * DAY_MS))
                .take(EXPIRING_MAX)
                .collect(),
        }
    }

    /// Whether so many points could be spent on a day, so that nobody owes more for it.
    pub(super) fn covers(&self, on: u64, points: i64) -> bool {
        let last = self.spent.iter().map(|(day, _)| *day).max().unwrap_or(on).max(on);
        let mut with = self.clone();
        with.spent.push((on, points));
        let (before, after) = (self.rest(last).by_day, with.rest(last).by_day);
        let owed = |by_day: &BTreeMap<u64, i64>, day: u64| by_day.get(&day).copied().unwrap_or(0);
        owed(&after, on) == 0 && (on..=last).all(|day| owed(&after, day) <= owed(&before, day))
    }

    /// Points that count towards a tier on a day: earned within the window, of what happened on the
    /// days that `counts`.
    pub(super) fn figures(&self, window: u64, today: u64, counts: impl Fn(u64) -> bool) -> i64 {
        let lots = self.lots.iter();
        let lots = lots.filter(|lot| counts(lot.on) && today < lot.dates.earned + window);
        lots.map(|lot| lot.points).sum()
    }

    /// What begins to count later, by the day it ends.
    fn pending(&self, today: u64) -> BTreeMap<u64, i64> {
        let mut pending = BTreeMap::new();
        for (dates, points) in self.alike() {
            if dates.from.is_some_and(|from| from > today) && points > 0 {
                *pending.entry(dates.until.unwrap_or(u64::MAX)).or_default() += points;
            }
        }
        pending
    }

    /// What is left at the end of a day; what was spent on later ones counts as spent today.
    fn rest(&self, today: u64) -> Rest {
        let alike = self.alike();
        let begins = |dates: &Dates| dates.from.unwrap_or(dates.earned.min(today));
        let firsts = alike.keys().map(begins).chain(self.spent.iter().map(|(day, _)| *day));
        let first = firsts.min().unwrap_or(today).min(today);
        let mut rest = Rest { live: BTreeMap::new(), owed: 0, by_day: BTreeMap::new() };
        for day in first..=today {
            rest.live.retain(|until, _| *until > day);
            for (dates, points) in &alike {
                let until = dates.until.unwrap_or(u64::MAX);
                if begins(dates) == day && *points > 0 && until > day {
                    *rest.live.entry(until).or_default() += points;
                }
            }
            let spent = self.spent.iter().filter(|(on, _)| (*on).min(today) == day);
            rest.owed += spent.map(|(_, points)| points).sum::<i64>();
            rest.pay();
            rest.by_day.insert(day, rest.owed);
        }
        rest
    }

    /// Points with the same dates are alike, whenever they were earned or taken back.
    fn alike(&self) -> BTreeMap<Dates, i64> {
        let mut alike = BTreeMap::new();
        for lot in &self.lots {
            *alike.entry(lot.dates).or_default() += lot.points;
        }
        alike
    }
}

/// Which tier so many points are.
pub(super) fn rung(plan: &Plan, points: i64) -> usize {
    plan.thresholds.iter().filter(|threshold| **threshold <= points.max(0)).count()
}

// === impl Rest ===

impl Rest {
    /// Takes what is owed from what ends soonest.
    fn pay(&mut self) {
        while self.owed > 0 {
            let Some((until, points)) = self.live.pop_first() else { return };
            let taken = points.min(self.owed);
            self.owed -= taken;
            if points > taken {
                self.live.insert(until, points - taken);
            }
        }
    }
}

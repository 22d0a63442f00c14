//! The reference account: computed day by day. Points that begin to count on a day are added,
//! points that expire on it are removed, and points spent on it are taken from those that expire
//! soonest. The remainder is debt, which later points pay.

use std::collections::BTreeMap;

use super::super::plan::{Plan, TIERS};

const DAY_MS: u64 = 86_400_000;
/// The maximum number of expiries in an answer.
const EXPIRING_MAX: usize = 12;

/// Points with their dates, in days since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lot {
    pub(super) dates: Dates,
    /// The day of the fact: for reversed points not the day of the order.
    pub(super) on: u64,
    pub(super) points: i64,
}

/// The days between which points count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Dates {
    pub(super) earned: u64,
    /// `None`: immediately.
    pub(super) from: Option<u64>,
    /// `None`: without an end.
    pub(super) until: Option<u64>,
}

/// The facts of one account.
#[derive(Debug, Clone, Default)]
pub(super) struct ReferenceAccount {
    pub(super) lots: Vec<Lot>,
    /// Day and points.
    pub(super) spent: Vec<(u64, i64)>,
    pub(super) held: i64,
    /// The points of every entry of the ledger, by its id, without entries of zero points for
    /// orders.
    pub(super) entries: BTreeMap<String, i64>,
}

/// The account as a customer sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AccountView {
    pub(super) available: i64,
    pub(super) pending: i64,
    pub(super) held: i64,
    pub(super) tier: &'static str,
    pub(super) next: Option<(&'static str, i64)>,
    pub(super) expiring: Vec<(i64, u64)>,
}

/// The points at the end of a day.
struct DailyBalance {
    /// By the day of their expiry.
    live: BTreeMap<u64, i64>,
    owed: i64,
    /// The debt at the end of each day.
    by_day: BTreeMap<u64, i64>,
}

pub(super) fn day(ms: u64) -> u64 {
    ms / DAY_MS
}

/// The first day that begins at this time or later.
pub(super) fn next_day(ms: u64) -> u64 {
    ms.div_ceil(DAY_MS)
}

// === impl ReferenceAccount ===

impl ReferenceAccount {
    /// The account as a customer sees it on a day.
    pub(super) fn view(&self, plan: &Plan, today: u64) -> AccountView {
        let DailyBalance { live, owed, .. } = self.balance(today);
        let pending = self.pending(today);
        let mut ending = live.clone();
        for (until, points) in &pending {
            *ending.entry(*until).or_default() += points;
        }
        let ending = ending.into_iter().filter(|(until, points)| *until != u64::MAX && *points > 0);
        let reached = self.figures(plan.window_days, today, |_| true);
        let earlier_days = (1..=plan.keep_days).map(|ago| {
            let then = today - ago;
            self.figures(plan.window_days, then, |on| on <= then)
        });
        let tier_index =
            earlier_days.chain([reached]).map(|points| tier_index(plan, points)).max().unwrap_or(0);
        let next = (tier_index < 2)
            .then(|| (TIERS[tier_index + 1], plan.thresholds[tier_index] - reached.max(0)));
        AccountView {
            available: live.values().sum::<i64>() - owed,
            pending: pending.values().sum(),
            held: self.held,
            tier: TIERS[tier_index],
            next,
            expiring: ending
                .map(|(until, points)| (points, until * DAY_MS))
                .take(EXPIRING_MAX)
                .collect(),
        }
    }

    /// Whether so many points can be spent on a day without more debt on any later day.
    pub(super) fn covers(&self, on: u64, points: i64) -> bool {
        let last = self.spent.iter().map(|(day, _)| *day).max().unwrap_or(on).max(on);
        let mut with = self.clone();
        with.spent.push((on, points));
        let (before, after) = (self.balance(last).by_day, with.balance(last).by_day);
        let owed = |by_day: &BTreeMap<u64, i64>, day: u64| by_day.get(&day).copied().unwrap_or(0);
        owed(&after, on) == 0 && (on..=last).all(|day| owed(&after, day) <= owed(&before, day))
    }

    /// Points that count towards a tier on a day: earned within the window, from facts of the days
    /// that `counts` accepts.
    pub(super) fn figures(&self, window: u64, today: u64, counts: impl Fn(u64) -> bool) -> i64 {
        let lots = self.lots.iter();
        let lots = lots.filter(|lot| counts(lot.on) && today < lot.dates.earned + window);
        lots.map(|lot| lot.points).sum()
    }

    /// Points that begin to count later, by the day of their expiry.
    fn pending(&self, today: u64) -> BTreeMap<u64, i64> {
        let mut pending = BTreeMap::new();
        for (dates, points) in self.points_by_dates() {
            if dates.from.is_some_and(|from| from > today) && points > 0 {
                *pending.entry(dates.until.unwrap_or(u64::MAX)).or_default() += points;
            }
        }
        pending
    }

    /// The points at the end of a day; what was spent on later days counts as spent on this one.
    fn balance(&self, today: u64) -> DailyBalance {
        let points_by_dates = self.points_by_dates();
        let begins = |dates: &Dates| dates.from.unwrap_or(dates.earned.min(today));
        let firsts =
            points_by_dates.keys().map(begins).chain(self.spent.iter().map(|(day, _)| *day));
        let first = firsts.min().unwrap_or(today).min(today);
        let mut balance = DailyBalance { live: BTreeMap::new(), owed: 0, by_day: BTreeMap::new() };
        for day in first..=today {
            balance.live.retain(|until, _| *until > day);
            for (dates, points) in &points_by_dates {
                let until = dates.until.unwrap_or(u64::MAX);
                if begins(dates) == day && *points > 0 && until > day {
                    *balance.live.entry(until).or_default() += points;
                }
            }
            let spent = self.spent.iter().filter(|(on, _)| (*on).min(today) == day);
            balance.owed += spent.map(|(_, points)| points).sum::<i64>();
            balance.pay();
            balance.by_day.insert(day, balance.owed);
        }
        balance
    }

    /// The sum of points with the same dates, earned or reversed at any time.
    fn points_by_dates(&self) -> BTreeMap<Dates, i64> {
        let mut points_by_dates = BTreeMap::new();
        for lot in &self.lots {
            *points_by_dates.entry(lot.dates).or_default() += lot.points;
        }
        points_by_dates
    }
}

/// The index of the tier for so many points.
pub(super) fn tier_index(plan: &Plan, points: i64) -> usize {
    plan.thresholds.iter().filter(|threshold| **threshold <= points.max(0)).count()
}

// === impl DailyBalance ===

impl DailyBalance {
    /// Pays the debt with the points that expire soonest.
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

//! Standing: balance and tier of an account at a moment. Points become available and expire, and
//! tiers change, by reading the clock here and nowhere else.

use std::collections::BTreeMap;

use domain_core::time::{MINUTE_MS, Time};

use super::account::{Account, Lot};
use super::spending::Remaining;
use crate::day::Day;
use crate::points::Points;
use crate::program::definition::{NextTier, Program, Tier};
use crate::program::figures::Figures;

/// How far an account's newest fact may be ahead of the reader's clock and still set the moment of
/// the reading. Instances' clocks are within five seconds of each other, and Shopify's is within
/// seconds of ours; a fact dated further ahead is a mistake of its author (an imported order, say)
/// and must not move the account's calendar.
pub const FACT_LEAD_MS_MAX: u64 = MINUTE_MS;

/// Most future expiries a standing lists, soonest first. Customers don't plan further, and the
/// response stays small for a customer who orders daily.
pub const EXPIRING_MAX: usize = 12;

/// What decides the moment of a reading, besides the account itself.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// The time of the reader's clock.
    pub clock: Time,
    /// The latest moment that the viewer has already seen (the bookmark's): a slower clock takes
    /// nothing back.
    pub seen: Time,
}

/// Balance and tier of an account at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The version of the account.
    pub version: u64,
    /// Its points.
    pub balance: Balance,
    /// The tier reached.
    pub tier: Tier,
    /// The tier above, if there is one.
    pub next_tier: Option<NextTier>,
    /// The points that expire by day, soonest first; at most [`EXPIRING_MAX`] days.
    pub expiring: Vec<Expiring>,
    /// The latest moment that counts here: of availability, expiry, or points leaving the window
    /// of the tiers. At least what the viewer has seen; the bookmark carries it.
    pub moment: Time,
    /// The newest fact or moment that counts; `None` while nothing has happened.
    pub as_of: Option<Time>,
}

/// Points by availability.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Balance {
    /// They can be redeemed.
    pub available: Points,
    /// They are earned, but not available yet.
    pub pending: Points,
    /// They are held for redemptions not yet settled.
    pub held: Points,
}

/// Points that expire together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiring {
    /// How many.
    pub points: Points,
    /// When.
    pub at: Time,
}

// === impl Reading ===

impl Reading {
    /// The moment an account is read for: the latest of the clock, what the viewer has seen, and
    /// the account's newest fact, if that is at most [`FACT_LEAD_MS_MAX`] ahead of the clock.
    ///
    /// Without the newest fact, one version of an account would have two readings around midnight:
    /// for a clock still before it, points earned after it would pay for points spent before it,
    /// and the tier of the day that ends would be lost.
    #[must_use]
    pub fn moment_of(self, account: &Account) -> Time {
        let newest = account.newest.unwrap_or_default();
        let is_plausible = newest <= self.clock.plus_ms(FACT_LEAD_MS_MAX);
        let newest = if is_plausible { newest } else { Time::default() };
        self.clock.max(self.seen).max(newest)
    }
}

// === impl Standing ===

impl Standing {
    /// Reads an account under the program in effect.
    #[must_use]
    pub fn of(account: &Account, program: &Program, reading: Reading) -> Self {
        let now = reading.moment_of(account);
        let remaining = Remaining::on(account, Day::of(now));
        let figures = account.figures_at(now, program.window_days);
        let tier = retained_tier(account, program, Day::of(now), figures);
        let changes = account.all_lots().flat_map(|lot| changes(lot, program));
        let changed_at = changes.filter(|at| *at <= now).max();
        let moment = changed_at.unwrap_or_default().max(reading.seen);
        Self {
            version: account.version,
            balance: Balance {
                available: remaining.redeemable(),
                pending: remaining.pending.values().copied().sum(),
                held: account.held(),
            },
            tier: tier.clone(),
            next_tier: program.next_tier(tier, &figures),
            expiring: expiring(&remaining),
            moment,
            as_of: account.newest.max((moment > Time::default()).then_some(moment)),
        }
    }
}

/// The tier of today's figures, or the highest of the days for which a tier is retained.
fn retained_tier<'p>(
    account: &Account,
    program: &'p Program,
    today: Day,
    figures: Figures,
) -> &'p Tier {
    let days = (1..=program.tier_keep_days).map(|ago| today.minus(ago));
    let earlier = days.map(|day| account.figures_on(day, program.window_days));
    program.highest_tier(std::iter::once(figures).chain(earlier))
}

/// When a lot changes a standing: it becomes available, expires, leaves the window of the tiers, or
/// the time for which a tier is retained after that.
fn changes(lot: &Lot, program: &Program) -> impl Iterator<Item = Time> {
    let terms = lot.terms;
    let leaves_on = terms.earned_on.plus(program.window_days);
    let lapses_on = [lot.on, leaves_on].map(|day| day.plus(program.tier_keep_days));
    let days = [terms.available_on, terms.expires_on, Some(leaves_on)];
    let lapses = lapses_on.into_iter().filter(|_| program.tier_keep_days > 0);
    days.into_iter().flatten().chain(lapses).map(Day::start)
}

fn expiring(remaining: &Remaining) -> Vec<Expiring> {
    let mut by_day: BTreeMap<Day, Points> = BTreeMap::new();
    for (terms, points) in remaining.available.iter().chain(&remaining.pending) {
        if let Some(day) = terms.expires_on {
            let sum = by_day.entry(day).or_default();
            *sum = sum.plus(*points);
        }
    }
    let expiring = by_day.into_iter().map(|(day, points)| Expiring { points, at: day.start() });
    expiring.take(EXPIRING_MAX).collect()
}

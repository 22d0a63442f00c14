//! Standing: what an account amounts to at a moment. Points become available and expire, and tiers
//! change, by reading the clock here and nowhere else.

use super::account::{Account, Lot};
use super::day::Day;
use super::points::Points;
use super::program::{Program, Tier};
use crate::time::Time;

/// Most future expiries a standing names, soonest first. Nobody plans further, and the answer
/// stays small for somebody who orders daily.
pub const EXPIRING_MAX: usize = 12;

/// The moment of a reading.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// What the reader's clock says.
    pub clock: Time,
    /// The latest moment its viewer has already been shown (the bookmark's): a clock that is
    /// behind another's takes nothing back.
    pub seen: Time,
}

/// What an account amounts to at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The version of the account.
    pub version: u64,
    /// Its points.
    pub balance: Balance,
    /// The tier reached.
    pub tier: Tier,
    /// The tier above, unless there is none.
    pub next_tier: Option<NextTier>,
    /// What expires when, soonest first; at most [`EXPIRING_MAX`] days of it.
    pub expiring: Vec<Expiring>,
    /// The latest moment that counts here: of availability, expiry, or points leaving the window
    /// of the tiers. At least what the viewer had seen; it belongs into the bookmark.
    pub moment: Time,
    /// The newest fact or moment that counts; `None` while nothing has happened.
    pub as_of: Option<Time>,
}

/// Points by what can be done with them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Balance {
    /// They can be redeemed.
    pub available: Points,
    /// They are earned, but not available yet.
    pub pending: Points,
    /// They are held for redemptions not yet settled.
    pub held: Points,
}

/// The way to a tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextTier {
    /// Its id.
    pub id: String,
    /// What customers know it as.
    pub title: String,
    /// Points still to be earned.
    pub remaining: Points,
}

/// Points that expire together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiring {
    /// How many.
    pub points: Points,
    /// When.
    pub at: Time,
}

/// A lot, looked at from one moment under one programme.
struct View {
    points: Points,
    is_available: bool,
    is_expired: bool,
    qualifies: bool,
    expires_at: Option<Time>,
    /// The latest change of this lot that has happened.
    changed_at: Option<Time>,
}

// === impl Reading ===

impl Reading {
    /// The moment it is made for.
    #[must_use]
    pub fn now(self) -> Time {
        self.clock.max(self.seen)
    }
}

// === impl Standing ===

impl Standing {
    /// Reads an account under the programme in effect.
    #[must_use]
    pub fn of(account: &Account, program: &Program, reading: Reading) -> Self {
        let now = reading.now();
        let views: Vec<View> =
            account.lots.iter().map(|lot| View::of(lot, program.window_days, now)).collect();
        let qualifying: Points =
            views.iter().filter(|view| view.qualifies).map(|view| view.points).sum();
        let changed_at = views.iter().filter_map(|view| view.changed_at).max();
        let moment = changed_at.unwrap_or_default().max(reading.seen);
        Self {
            version: account.version,
            balance: Balance::of(&views),
            tier: program.tier(qualifying).clone(),
            next_tier: program.next_tier(qualifying).map(|next| NextTier {
                id: next.id.clone(),
                title: next.title.clone(),
                remaining: next.threshold.minus(qualifying),
            }),
            expiring: expiring(&views),
            moment,
            as_of: account.newest.max((moment > Time::default()).then_some(moment)),
        }
    }
}

// === impl Balance ===

impl Balance {
    fn of(views: &[View]) -> Self {
        let live = views.iter().filter(|view| !view.is_expired);
        live.fold(Self::default(), |balance, view| {
            if view.is_available {
                Self { available: balance.available.plus(view.points), ..balance }
            } else {
                Self { pending: balance.pending.plus(view.points), ..balance }
            }
        })
    }
}

// === impl View ===

impl View {
    fn of(lot: &Lot, window_days: u32, now: Time) -> Self {
        let terms = lot.terms;
        let available_at = terms.available_on.map(Day::start);
        let expires_at = terms.expires_on.map(Day::start);
        let leaves_window_at = terms.earned_on.plus(window_days).start();
        let changes = [available_at, expires_at, Some(leaves_window_at)];
        Self {
            points: lot.points,
            is_available: available_at.is_none_or(|at| at <= now),
            is_expired: expires_at.is_some_and(|at| at <= now),
            qualifies: now < leaves_window_at,
            expires_at,
            changed_at: changes.into_iter().flatten().filter(|at| *at <= now).max(),
        }
    }
}

fn expiring(views: &[View]) -> Vec<Expiring> {
    let mut by_day: std::collections::BTreeMap<Time, Points> = std::collections::BTreeMap::new();
    for view in views.iter().filter(|view| !view.is_expired) {
        if let Some(at) = view.expires_at {
            let points = by_day.entry(at).or_default();
            *points = points.plus(view.points);
        }
    }
    by_day.into_iter().map(|(at, points)| Expiring { points, at }).take(EXPIRING_MAX).collect()
}

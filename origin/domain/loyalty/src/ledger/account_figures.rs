//! The figures of an account.

use domain_core::money::Money;
use domain_core::time::Time;

use super::account::{Account, Lot};
use crate::day::Day;
use crate::program::figures::Figures;

// === impl Account ===

impl Account {
    /// The figures of a customer as of the midnight before `at`: only whole days that have ended count,
    /// and a refund counts on its own day. Those of other customers of the account count if they were
    /// merged by then.
    #[must_use]
    pub fn figures_before(&self, customer: &str, at: Time, window_days: u32) -> Figures {
        let today = Day::of(at);
        figures(self.lots_as_of(customer, at), today, window_days, |on| on < today)
    }

    /// The figures on the day of `now`, of all lots.
    #[must_use]
    pub fn figures_at(&self, now: Time, window_days: u32) -> Figures {
        figures(self.all_lots(), Day::of(now), window_days, |_| true)
    }

    /// The figures as they were at the end of a day.
    #[must_use]
    pub fn figures_on(&self, day: Day, window_days: u32) -> Figures {
        figures(self.all_lots(), day, window_days, |on| on <= day)
    }
}

fn figures<'a>(
    lots: impl Iterator<Item = &'a Lot>,
    today: Day,
    window_days: u32,
    counts: impl Fn(Day) -> bool,
) -> Figures {
    let is_within = |earned_on: Day| today < earned_on.plus(window_days);
    let lots = lots.filter(|lot| counts(lot.on) && is_within(lot.terms.earned_on));
    lots.fold(Figures::default(), |sum, lot| Figures {
        points: sum.points.plus(lot.points),
        spend: Money(sum.spend.0.saturating_add(lot.spend.0)),
        orders: sum.orders.saturating_add(lot.orders),
    })
}

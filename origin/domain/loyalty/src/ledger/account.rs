//! Accounts: the sum of a customer's ledger, so that reading a balance reads no entries.
//!
//! The order in which entries arrive does not change the bytes of an account. A lot is the sum of
//! the points earned and taken back under the same [`Terms`] on the same day; spent points are
//! summed by day. Reading the clock turns both into a balance: nothing is written when points
//! become available, expire, or leave a tier's window.

use domain_core::money::Money;
use domain_core::time::Time;
use serde::{Deserialize, Serialize};

use super::entry::LedgerEntry;
use super::merge::{MERGED_MAX, MERGED_REDEMPTIONS_MAX, Merged};
use super::spending::Remaining;
use super::terms::Terms;
use crate::day::Day;
use crate::points::Points;
use crate::redemption::lifecycle::Redemption;

/// Most lots of an account. There is one for each day with points earned, and one for each day on
/// which some of those were taken back: enough for six years of daily orders, and at up to 115
/// bytes each within the 400 KB of a DynamoDB item together with the days of spending.
pub const LOTS_MAX: usize = 2_200;
/// Most days of spending: as many years, at up to 25 bytes each.
pub const SPENT_DAYS_MAX: usize = 2_200;

/// The stored form of a customer's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Shopify's customer id.
    pub customer: String,
    /// The number of distinct causes absorbed, whether they moved points or not.
    pub version: u64,
    /// The latest time of a fact absorbed.
    pub newest: Option<Time>,
    /// The points earned, by terms and then by day, without empty lots. Those of customers who were
    /// merged are in [`Self::merged`].
    pub lots: Vec<Lot>,
    /// The points spent, by day, without empty days.
    #[serde(default)]
    pub spent: Vec<Spent>,
    /// Up to when everything was erased: older events are dropped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<Time>,
    /// The highest time of a redemption absorbed.
    #[serde(default)]
    pub highest: Time,
    /// The redemptions of the 15 days before that, and all held ones, in (time, id) order.
    #[serde(default)]
    pub redemptions: Vec<Redemption>,
    /// The customers who were merged into this one, in the order of their ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<Merged>,
    /// The customer into whom this one was merged. Then the account is only a mark: everything is in
    /// the other one's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
}

/// All points of a customer that have the same terms and were earned, or taken back, on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    /// From when until when they count.
    pub terms: Terms,
    /// The day of the events: not that of the terms if points were taken back.
    #[serde(default)]
    pub on: Day,
    /// How many; negative if taken back.
    pub points: Points,
    /// The money spent on goods.
    #[serde(default)]
    pub spend: Money,
    /// The orders.
    #[serde(default)]
    pub orders: i64,
}

/// All points of a customer that were spent on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// The day.
    pub on: Day,
    /// How many.
    pub points: Points,
}

/// The part of a change that concerns an account.
#[derive(Debug, Clone, Copy)]
pub struct Addition<'a> {
    /// The customer whose entries they are: the account's, or one who was merged.
    pub customer: &'a str,
    /// How many causes it adds.
    pub causes: u64,
    /// The time of the newest fact.
    pub at: Option<Time>,
    /// The entries it takes out of the ledger.
    pub gone: &'a [LedgerEntry],
    /// The entries it puts into the ledger.
    pub put: &'a [LedgerEntry],
}

/// The account would hold more than [`LOTS_MAX`] lots, [`SPENT_DAYS_MAX`] days of spending,
/// [`MERGED_MAX`] merged customers or, by a merge, [`MERGED_REDEMPTIONS_MAX`] redemptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the account has more than {LOTS_MAX} lots, {SPENT_DAYS_MAX} days of spending, {MERGED_MAX} merged \
    customers or {MERGED_REDEMPTIONS_MAX} redemptions"
)]
pub struct AccountFull;

// === impl Account ===

impl Account {
    /// The account of a customer without events.
    #[must_use]
    pub fn empty(customer: &str) -> Self {
        Self {
            customer: customer.to_owned(),
            version: 0,
            newest: None,
            lots: Vec::new(),
            spent: Vec::new(),
            erased_at: None,
            highest: Time::default(),
            redemptions: Vec::new(),
            merged: Vec::new(),
            merged_into: None,
        }
    }

    /// Whether an event of this customer at `at` is erased, or dropped if it arrives later. An erasure
    /// from before a merge concerns only the customer who was erased.
    #[must_use]
    pub fn is_erased_at(&self, customer: &str, at: Time) -> bool {
        let erased_at = self.merged(customer).map_or(self.erased_at, |merged| merged.erased_at);
        erased_at.is_some_and(|erased_at| at <= erased_at)
    }

    /// The same account with everything up to `at` erased, that of merged customers included.
    #[must_use]
    pub fn erased(mut self, at: Time) -> Self {
        self.redemptions.retain(|one| one.time > at);
        for merged in &mut self.merged {
            merged.erased_at = merged.erased_at.max(Some(at));
        }
        Self { erased_at: self.erased_at.max(Some(at)), ..self }
    }

    /// The account with a change absorbed.
    ///
    /// # Errors
    /// It would grow past its bound.
    pub fn with(mut self, addition: Addition<'_>) -> Result<Self, AccountFull> {
        self.version += addition.causes;
        self.newest = self.newest.max(addition.at);
        for entry in addition.put {
            self.add(addition.customer, entry, 1);
        }
        for entry in addition.gone {
            self.add(addition.customer, entry, -1);
        }
        self.bounded()
    }

    /// The account as if an order had no entries: what it earns does not depend on what an earlier
    /// statement of it has earned.
    pub(super) fn without(&self, (customer, entries): (Option<&str>, &[LedgerEntry])) -> Self {
        let mut account = self.clone();
        if let Some(customer) = customer {
            entries.iter().for_each(|entry| account.add(customer, entry, -1));
        }
        account
    }

    /// The account, if it keeps its bounds.
    pub(super) fn bounded(self) -> Result<Self, AccountFull> {
        let is_full = self.all_lots().count() > LOTS_MAX
            || self.spent.len() > SPENT_DAYS_MAX
            || self.merged.len() > MERGED_MAX;
        if is_full { Err(AccountFull) } else { Ok(self) }
    }

    /// The points that can be redeemed at `now`.
    #[must_use]
    pub fn available_at(&self, now: Time) -> Points {
        Remaining::on(self, Day::of(now)).redeemable()
    }

    /// The points at `now`: those that can be redeemed, and those that are not available yet.
    #[must_use]
    pub fn points_at(&self, now: Time) -> Points {
        let remaining = Remaining::on(self, Day::of(now));
        let pending: Points = remaining.pending.values().copied().sum();
        remaining.redeemable().plus(pending)
    }

    /// The points held for redemptions.
    #[must_use]
    pub fn held(&self) -> Points {
        self.redemptions.iter().filter(|one| one.is_held()).map(|one| one.points).sum()
    }

    /// Adds an entry so many times, or takes it out. Sums of zero are removed: the bytes must not
    /// depend on entries that are gone.
    fn add(&mut self, customer: &str, entry: &LedgerEntry, times: i64) {
        let more = |sum: i64, one: i64| sum.saturating_add(one.saturating_mul(times));
        if entry.is_spending() {
            let points = Points(more(0, entry.points.0.saturating_neg()));
            self.spend(Spent { on: entry.terms.earned_on, points });
            return;
        }
        let (terms, on) = (entry.terms, Day::of(entry.at));
        let lots = self.lots_of(customer);
        let position = lots.binary_search_by_key(&(terms, on), |lot| (lot.terms, lot.on));
        let at = position.unwrap_or_else(|at| {
            let (points, spend, orders) = (Points::ZERO, Money::ZERO, 0);
            lots.insert(at, Lot { terms, on, points, spend, orders });
            at
        });
        let lot = &mut lots[at];
        lot.points = Points(more(lot.points.0, entry.points.0));
        lot.spend = Money(more(lot.spend.0, entry.spend.0));
        lot.orders = more(lot.orders, entry.orders());
        if (lot.points, lot.spend, lot.orders) == (Points::ZERO, Money::ZERO, 0) {
            lots.remove(at);
        }
    }

    /// Adds the spending of a day; the points are negative if they came back.
    pub(super) fn spend(&mut self, more: Spent) {
        let position = self.spent.binary_search_by_key(&more.on, |spent| spent.on);
        let at = position.unwrap_or_else(|at| {
            self.spent.insert(at, Spent { points: Points::ZERO, ..more });
            at
        });
        let spent = &mut self.spent[at];
        spent.points = spent.points.plus(more.points);
        if spent.points == Points::ZERO {
            self.spent.remove(at);
        }
    }
}

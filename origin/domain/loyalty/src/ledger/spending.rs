//! Spending: which points remain, earliest expiry first. A pure function of an account and a day,
//! so that an order that arrives late has the same effect as one that arrives in time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::account::{Account, Spent};
use super::terms::Terms;
use crate::day::Day;
use crate::points::Points;

/// The points that remain of an account at the start of a day, its spending included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remaining {
    /// Points that can be spent, by their terms.
    pub(crate) available: BTreeMap<Terms, Points>,
    /// Points that become available later, by their terms.
    pub(crate) pending: BTreeMap<Terms, Points>,
    /// Points that were spent and then taken back with the order that had earned them: the points
    /// earned next pay for them.
    pub(crate) debt: Points,
    /// The debt at the end of each day with spending.
    debts: Vec<(Day, Points)>,
}

/// The points of a lot that can be spent, in the order in which they are: earliest expiry first.
type Spendable = BinaryHeap<Reverse<(Day, Terms, Points)>>;

impl Remaining {
    /// The points that remain on `today`. Spending of later days counts as today's: it has
    /// happened.
    pub(crate) fn on(account: &Account, today: Day) -> Self {
        Self::after(account, &account.spent, today)
    }

    /// The points that can be redeemed; negative while more are spent than available.
    pub(crate) fn redeemable(&self) -> Points {
        let available: Points = self.available.values().copied().sum();
        available.minus(self.debt)
    }

    /// Whether `points` more can be spent on a day: it ends without debt, and no later day with
    /// spending ends with more debt than it does without these points.
    pub(crate) fn covers(account: &Account, on: Day, points: Points) -> bool {
        let last = account.spent.last().map_or(on, |spent| spent.on.max(on));
        let mut spent = account.spent.clone();
        match spent.binary_search_by_key(&on, |spent| spent.on) {
            Ok(at) => spent[at].points = spent[at].points.plus(points),
            Err(at) => spent.insert(at, Spent { on, points }),
        }
        let before: BTreeMap<Day, Points> = Self::on(account, last).debts.into_iter().collect();
        let after = Self::after(account, &spent, last);
        let owed_before = |day: &Day| before.get(day).copied().unwrap_or_default();
        after
            .debts
            .iter()
            .filter(|(day, _)| *day >= on)
            .all(|(day, debt)| *debt == Points::ZERO || (*day > on && *debt <= owed_before(day)))
    }

    fn after(account: &Account, spent: &[Spent], today: Day) -> Self {
        let mut coming: BTreeMap<Day, Vec<(Terms, Points)>> = BTreeMap::new();
        let mut pending = BTreeMap::new();
        for (terms, points) in sums(account) {
            // Points available at once are available by a slow clock, too.
            if terms.available_on.is_none_or(|on| on <= today) {
                let on = terms.starts_on().min(today);
                coming.entry(on).or_default().push((terms, points));
            } else if points > Points::ZERO {
                pending.insert(terms, points);
            }
        }
        let mut spending: BTreeMap<Day, Points> = BTreeMap::new();
        for one in spent {
            let sum = spending.entry(one.on.min(today)).or_default();
            *sum = sum.plus(one.points);
        }
        let mut days: Vec<Day> = coming.keys().chain(spending.keys()).copied().collect();
        days.sort_unstable();
        days.dedup();
        let (mut spendable, mut debt) = (Spendable::new(), Points::ZERO);
        let mut debts = Vec::with_capacity(spending.len());
        for day in days {
            for (terms, points) in coming.remove(&day).unwrap_or_default() {
                if points > Points::ZERO {
                    spendable.push(Reverse((terms.ends_on(), terms, points)));
                }
            }
            let taken = spending.get(&day).copied();
            debt = take(&mut spendable, day, debt.plus(taken.unwrap_or_default()));
            if taken.is_some() {
                debts.push((day, debt));
            }
        }
        let live = spendable.into_iter().filter(|Reverse((ends_on, ..))| today < *ends_on);
        let available = live.map(|Reverse((_, terms, points))| (terms, points)).collect();
        Self { available, pending, debt, debts }
    }
}

/// Takes points from those that can be spent on a day, and returns how many are missing.
fn take(spendable: &mut Spendable, day: Day, mut needed: Points) -> Points {
    while needed > Points::ZERO {
        let Some(Reverse((ends_on, terms, points))) = spendable.pop() else { break };
        if ends_on <= day {
            continue;
        }
        let taken = needed.min(points);
        needed = needed.minus(taken);
        if taken < points {
            spendable.push(Reverse((ends_on, terms, points.minus(taken))));
        }
    }
    needed
}

/// The points by terms, over all days.
fn sums(account: &Account) -> BTreeMap<Terms, Points> {
    let mut sums: BTreeMap<Terms, Points> = BTreeMap::new();
    for lot in account.all_lots() {
        let sum = sums.entry(lot.terms).or_default();
        *sum = sum.plus(lot.points);
    }
    sums
}

// === impl Terms ===

impl Terms {
    /// The first day on which the points can be spent.
    fn starts_on(&self) -> Day {
        self.available_on.unwrap_or(self.earned_on)
    }

    /// The first day on which they no longer can.
    fn ends_on(&self) -> Day {
        self.expires_on.unwrap_or(Day(u32::MAX))
    }
}

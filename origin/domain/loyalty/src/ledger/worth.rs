//! The value of an order, or of what its customer keeps of it. The points of each rule are those of
//! the remaining goods, rounded down once, so that it does not matter which lines came back. Money
//! refunded beyond goods takes its share of their price, taxes included.

use std::collections::BTreeMap;

use domain_core::money::Money;

use super::facts::OrderEarning;
use super::paid::{Paid, PaidLine};
use super::refund::Refund;
use super::remaining_goods::RemainingGoods;
use crate::points::Points;

/// The returns of an order so far.
#[derive(Default)]
pub(super) struct Returns<'a> {
    /// How many, by line item id.
    lines: BTreeMap<&'a str, u64>,
    /// The money refunded beyond that.
    goodwill: i64,
}

/// The value of an order, or of its remaining goods, to its customer.
#[derive(Clone, Copy, Default)]
pub(super) struct Worth {
    pub(super) points: Points,
    pub(super) spend: Money,
}

// === impl Returns ===

impl<'a> Returns<'a> {
    pub(super) fn add(&mut self, refund: &'a Refund, paid: &Paid) {
        for (line, quantity) in &refund.lines {
            *self.lines.entry(line).or_default() += u64::from(*quantity);
        }
        self.goodwill = self.goodwill.saturating_add(refund.goodwill_of(paid).0);
    }
}

// === impl Worth ===

impl Worth {
    /// The value that remains after these returns.
    pub(super) fn of(paid: &Paid, earning: &OrderEarning, returns: &Returns<'_>) -> Self {
        let earned = &earning.earned;
        if earned.shares.is_empty() && !earned.lines.is_empty() {
            return by_line(paid, earning, returns);
        }
        let money = (returns.goodwill > 0).then(|| Money(untaxed(paid, returns.goodwill)));
        let remaining = RemainingGoods::of(paid, &returns.lines, money);
        let spend = paid.lines.iter().map(|line| spend_of(paid, line).unsigned_abs());
        Self {
            points: earned.shares.iter().map(|shares| shares.points(&remaining)).sum(),
            spend: Money(remaining.reduced(remaining.part(spend), &[], &[])),
        }
    }

    pub(super) fn minus(self, other: Self) -> Self {
        let spend = Money(self.spend.0.saturating_sub(other.spend.0));
        Self { points: self.points.minus(other.points), spend }
    }

    /// The value that remains after `refunded` of the goods' `cost`.
    fn less(self, refunded: i64, cost: i64) -> Self {
        let remaining = i128::from(cost.saturating_sub(refunded).max(0));
        let cost = i128::from(cost);
        Self {
            points: Points(part(self.points.0, remaining, cost)),
            spend: Money(part(self.spend.0, remaining, cost)),
        }
    }
}

/// The part of a line's price that counts as spent.
fn spend_of(paid: &Paid, line: &PaidLine) -> i64 {
    if paid.is_test || line.is_gift_card { 0 } else { line.amount.0 }
}

/// The part of this money that paid for goods; the rest paid for the taxes on top of them.
fn untaxed(paid: &Paid, money: i64) -> i64 {
    let goods = paid.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.amount.0));
    part(money, i128::from(goods), i128::from(goods) + i128::from(paid.tax.0))
}

/// The value of an order whose payment was absorbed before shares were stored: each line keeps its
/// part of its own whole points, rounded down. Its refunds must take what they took before.
fn by_line(paid: &Paid, earning: &OrderEarning, returns: &Returns<'_>) -> Worth {
    let earned = earning.earned.lines.iter();
    let earned: BTreeMap<&str, Points> =
        earned.map(|earned| (earned.line.as_str(), earned.points)).collect();
    let (mut remaining, mut cost) = (Worth::default(), 0_i64);
    for line in &paid.lines {
        let returned = returns.lines.get(line.id.as_str()).copied().unwrap_or(0);
        let points = earned.get(line.id.as_str()).copied().unwrap_or_default();
        let spend = share(line, returned, spend_of(paid, line));
        remaining.points = remaining.points.plus(Points(share(line, returned, points.0)));
        remaining.spend = Money(remaining.spend.0.saturating_add(spend));
        cost = cost.saturating_add(share(line, returned, line.amount.0));
    }
    match returns.goodwill {
        0 => remaining,
        goodwill => remaining.less(untaxed(paid, goodwill), cost),
    }
}

/// `whole` times `some` divided by `all`, rounded down; 0 if `all` is 0.
///
/// No product is over 2^126: each factor was an `i64`.
fn part(whole: i64, some: i128, all: i128) -> i64 {
    let part = if all == 0 { 0 } else { i128::from(whole) * some / all };
    i64::try_from(part).expect("a part of a number is within its range")
}

/// The share of a line's `whole` that remains after `returned` of its items; rounded down.
fn share(line: &PaidLine, returned: u64, whole: i64) -> i64 {
    let quantity = u64::from(line.quantity);
    if returned == 0 {
        return whole;
    }
    part(whole, i128::from(quantity.saturating_sub(returned)), i128::from(quantity))
}

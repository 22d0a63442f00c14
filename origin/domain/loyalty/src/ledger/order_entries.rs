//! The ledger entries of an order: a pure function of its facts in event-time order. A returned
//! item takes its share of its line's points back, the last one all that remain. Money refunded
//! beyond that takes its share of the price of the remaining goods, taxes included; a cancellation
//! takes the rest.

use std::collections::BTreeMap;

use domain_core::money::Money;
use domain_core::time::Time;

use super::cause::{Cause, CauseKind};
use super::entry::{EntryKind, LedgerEntry};
use super::facts::{OrderEarning, OrderFacts};
use super::paid::{Paid, PaidLine};
use super::refund::Refund;
use crate::points::Points;

/// An event that takes points back, in event-time order; at equal times refunds come first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Reversal<'a> {
    Refund(&'a str),
    Cancellation,
}

/// The returns of an order so far.
#[derive(Default)]
struct Returns<'a> {
    /// How many, by line item id.
    lines: BTreeMap<&'a str, u64>,
    /// The money refunded beyond that.
    goodwill: i64,
}

/// The value of an order, or of its remaining goods, to its customer.
#[derive(Clone, Copy, Default)]
struct Worth {
    points: Points,
    spend: Money,
}

/// The ledger entries of an order, in event-time order. A guest's order and an order worth nothing
/// have none.
#[must_use]
pub fn order_entries(facts: &OrderFacts, earning: &OrderEarning) -> Vec<LedgerEntry> {
    let (Some(paid), Some(_)) = (&facts.paid, facts.account()) else { return Vec::new() };
    let entry = |kind, cause: Cause, at: Time, change: Worth| LedgerEntry {
        id: LedgerEntry::id_of(kind, &cause),
        kind,
        points: change.points,
        spend: change.spend,
        at,
        terms: earning.terms,
        cause,
        program_version: earning.program_version,
        failures: match kind {
            EntryKind::Earn => earning.earned.failures.clone(),
            _ => Vec::new(),
        },
    };
    let mut returns = Returns::default();
    let mut before = worth(paid, earning, &returns);
    let mut entries = vec![entry(EntryKind::Earn, Cause::order(&facts.order), paid.at, before)];
    for (at, reversal) in reversals(facts) {
        let (cause, after) = match reversal {
            Reversal::Cancellation => (Cause::cancellation(&facts.order), Worth::default()),
            Reversal::Refund(id) => {
                returns.add(&facts.refunds[id], paid);
                (Cause::refund(id), worth(paid, earning, &returns))
            }
        };
        let is_cancelled = facts.cancelled.is_some_and(|cancelled| cancelled < at);
        let after = if is_cancelled { Worth::default() } else { after };
        entries.push(entry(EntryKind::Reverse, cause, at, after.minus(before)));
        before = after;
    }
    entries.retain(|entry| entry.points != Points::ZERO || entry.spend != Money::ZERO);
    entries
}

fn reversals(facts: &OrderFacts) -> Vec<(Time, Reversal<'_>)> {
    let OrderFacts { order: _, customer: _, paid: _, refunds, cancelled } = facts;
    let refunds = refunds.iter().map(|(id, refund)| (refund.at, Reversal::Refund(id)));
    let cancelled = cancelled.map(|at| (at, Reversal::Cancellation));
    let mut reversals: Vec<_> = refunds.chain(cancelled).collect();
    reversals.sort();
    reversals
}

/// The value that remains after these returns.
fn worth(paid: &Paid, earning: &OrderEarning, returns: &Returns<'_>) -> Worth {
    let earned = earning.earned.lines.iter();
    let earned: BTreeMap<&str, Points> =
        earned.map(|earned| (earned.line.as_str(), earned.points)).collect();
    let (mut remaining, mut cost) = (Worth::default(), 0_i64);
    for line in &paid.lines {
        let returned = returns.lines.get(line.id.as_str()).copied().unwrap_or(0);
        let points = earned.get(line.id.as_str()).copied().unwrap_or_default();
        let is_spend = !paid.is_test && !line.is_gift_card;
        let spend = if is_spend { line.amount } else { Money::ZERO };
        remaining.points = remaining.points.plus(Points(share(line, returned, points.0)));
        remaining.spend = Money(remaining.spend.0.saturating_add(share(line, returned, spend.0)));
        cost = cost.saturating_add(share(line, returned, line.amount.0));
    }
    match returns.goodwill {
        0 => remaining,
        goodwill => remaining.less(untaxed(paid, goodwill), cost),
    }
}

/// The part of this money that paid for goods; the rest paid for the taxes on top of them.
fn untaxed(paid: &Paid, money: i64) -> i64 {
    let goods = paid.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.amount.0));
    part(money, i128::from(goods), i128::from(goods) + i128::from(paid.tax.0))
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

// === impl Returns ===

impl<'a> Returns<'a> {
    fn add(&mut self, refund: &'a Refund, paid: &Paid) {
        for (line, quantity) in &refund.lines {
            *self.lines.entry(line).or_default() += u64::from(*quantity);
        }
        let goodwill = refund.goodwill.as_ref().filter(|it| it.currency == paid.currency);
        let amount = goodwill.map_or(0, |goodwill| goodwill.amount.0);
        self.goodwill = self.goodwill.saturating_add(amount);
    }
}

// === impl Worth ===

impl Worth {
    /// The value that remains after `refunded` of the goods' `cost`.
    fn less(self, refunded: i64, cost: i64) -> Self {
        let remaining = i128::from(cost.saturating_sub(refunded).max(0));
        let cost = i128::from(cost);
        Self {
            points: Points(part(self.points.0, remaining, cost)),
            spend: Money(part(self.spend.0, remaining, cost)),
        }
    }

    fn minus(self, other: Self) -> Self {
        let spend = Money(self.spend.0.saturating_sub(other.spend.0));
        Self { points: self.points.minus(other.points), spend }
    }
}

// === impl LedgerEntry ===

impl LedgerEntry {
    /// By how much it changes the number of the customer's orders.
    #[must_use]
    pub fn orders(&self) -> i64 {
        match (self.kind, self.cause.kind) {
            (EntryKind::Earn, _) => 1,
            (_, CauseKind::Cancellation) => -1,
            _ => 0,
        }
    }
}

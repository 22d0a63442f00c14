//! The ledger entries of an order: a pure function of its facts in event-time order. What is given
//! back takes its share of what its line earned, the last piece whatever is left of it. Money given
//! back beyond that takes its share in what the goods that are kept were paid with, taxes included;
//! a cancellation takes the rest.

use std::collections::BTreeMap;

use super::cause::{Cause, CauseKind};
use super::entry::{EntryKind, LedgerEntry};
use super::facts::{OrderFacts, Paid, PaidLine, Reckoning};
use super::points::Points;
use super::refund::Refund;
use crate::money::Money;
use crate::time::Time;

/// What takes points of an order back, in event-time order; at one time refunds come first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Taking<'a> {
    Refund(&'a str),
    Cancellation,
}

/// What was given back of an order so far.
#[derive(Default)]
struct Returned<'a> {
    /// How many, by line item id.
    lines: BTreeMap<&'a str, u64>,
    /// The money beyond that.
    goodwill: i64,
}

/// What an order, or what is kept of it, is worth to its customer.
#[derive(Clone, Copy, Default)]
struct Worth {
    points: Points,
    spend: Money,
}

/// The ledger entries an order amounts to, in event-time order. A guest's order has none, and
/// what is worth nothing leaves none.
#[must_use]
pub fn order_entries(facts: &OrderFacts, reckoning: &Reckoning) -> Vec<LedgerEntry> {
    let (Some(paid), Some(_)) = (&facts.paid, facts.account()) else { return Vec::new() };
    let entry = |kind, cause: Cause, at: Time, change: Worth| LedgerEntry {
        id: LedgerEntry::id_of(kind, &cause),
        kind,
        points: change.points,
        spend: change.spend,
        at,
        terms: reckoning.terms,
        cause,
        program_version: reckoning.program_version,
        failures: match kind {
            EntryKind::Earn => reckoning.earned.failures.clone(),
            _ => Vec::new(),
        },
    };
    let mut returned = Returned::default();
    let mut kept = worth(paid, reckoning, &returned);
    let mut entries = vec![entry(EntryKind::Earn, Cause::order(&facts.order), paid.at, kept)];
    for (at, taking) in takings(facts) {
        let (cause, left) = match taking {
            Taking::Cancellation => (Cause::cancellation(&facts.order), Worth::default()),
            Taking::Refund(id) => {
                returned.add(&facts.refunds[id], paid);
                (Cause::refund(id), worth(paid, reckoning, &returned))
            }
        };
        let is_cancelled = facts.cancelled.is_some_and(|cancelled| cancelled < at);
        let left = if is_cancelled { Worth::default() } else { left };
        entries.push(entry(EntryKind::Reverse, cause, at, left.minus(kept)));
        kept = left;
    }
    entries.retain(|entry| entry.points != Points::ZERO || entry.spend != Money::ZERO);
    entries
}

fn takings(facts: &OrderFacts) -> Vec<(Time, Taking<'_>)> {
    let refunds = facts.refunds.iter().map(|(id, refund)| (refund.at, Taking::Refund(id)));
    let cancelled = facts.cancelled.map(|at| (at, Taking::Cancellation));
    let mut takings: Vec<_> = refunds.chain(cancelled).collect();
    takings.sort();
    takings
}

/// What is kept once this was given back.
fn worth(paid: &Paid, reckoning: &Reckoning, returned: &Returned<'_>) -> Worth {
    let earned = reckoning.earned.lines.iter();
    let earned: BTreeMap<&str, Points> =
        earned.map(|earned| (earned.line.as_str(), earned.points)).collect();
    let (mut kept, mut cost) = (Worth::default(), 0_i64);
    for line in &paid.lines {
        let gone = returned.lines.get(line.id.as_str()).copied().unwrap_or(0);
        let points = earned.get(line.id.as_str()).copied().unwrap_or_default();
        let is_spend = !paid.is_test && !line.is_gift_card;
        let spend = if is_spend { line.amount } else { Money::ZERO };
        kept.points = kept.points.plus(Points(share(line, gone, points.0)));
        kept.spend = Money(kept.spend.0.saturating_add(share(line, gone, spend.0)));
        cost = cost.saturating_add(share(line, gone, line.amount.0));
    }
    match returned.goodwill {
        0 => kept,
        goodwill => kept.less(untaxed(paid, goodwill), cost),
    }
}

/// What of this money paid for goods; the rest paid for the taxes on top of them.
fn untaxed(paid: &Paid, money: i64) -> i64 {
    let goods = paid.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.amount.0));
    part(money, i128::from(goods), i128::from(goods) + i128::from(paid.tax.0))
}

/// `whole` times `some` in `all`, rounded down; of nothing, nothing.
///
/// No product is over 2^126: each factor was an `i64`.
fn part(whole: i64, some: i128, all: i128) -> i64 {
    let part = if all == 0 { 0 } else { i128::from(whole) * some / all };
    i64::try_from(part).expect("a part of a number is within its range")
}

/// The share of a line's `whole` that is kept once `gone` of it were given back; rounded down.
fn share(line: &PaidLine, gone: u64, whole: i64) -> i64 {
    let quantity = u64::from(line.quantity);
    if gone == 0 {
        return whole;
    }
    part(whole, i128::from(quantity.saturating_sub(gone)), i128::from(quantity))
}

// === impl Returned ===

impl<'a> Returned<'a> {
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
    /// What is left when this money came back of what the goods cost.
    fn less(self, back: i64, cost: i64) -> Self {
        let (left, cost) = (i128::from(cost.saturating_sub(back).max(0)), i128::from(cost));
        Self {
            points: Points(part(self.points.0, left, cost)),
            spend: Money(part(self.spend.0, left, cost)),
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

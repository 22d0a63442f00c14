//! The ledger entries of an order: a pure function of its facts in event-time order. What is given
//! back takes its share of what its line earned, the last piece whatever is left of it; a
//! cancellation takes the rest.

use std::collections::BTreeMap;

use super::cause::{Cause, CauseKind};
use super::entry::{EntryKind, LedgerEntry};
use super::facts::{OrderFacts, PaidLine, Reckoning};
use super::points::Points;
use crate::money::Money;
use crate::time::Time;

/// What takes points of an order back, in event-time order; at one time refunds come first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Taking<'a> {
    Refund(&'a str),
    Cancellation,
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
    let mut returned: BTreeMap<&str, u64> = BTreeMap::new();
    let mut kept = worth(facts, reckoning, &returned);
    let mut entries = vec![entry(EntryKind::Earn, Cause::order(&facts.order), paid.at, kept)];
    for (at, taking) in takings(facts) {
        let (cause, left) = match taking {
            Taking::Cancellation => (Cause::cancellation(&facts.order), Worth::default()),
            Taking::Refund(id) => {
                for (line, quantity) in &facts.refunds[id].lines {
                    *returned.entry(line).or_default() += u64::from(*quantity);
                }
                (Cause::refund(id), worth(facts, reckoning, &returned))
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

/// What is kept once so many of each line were given back.
fn worth(facts: &OrderFacts, reckoning: &Reckoning, returned: &BTreeMap<&str, u64>) -> Worth {
    let Some(paid) = &facts.paid else { return Worth::default() };
    let earned = reckoning.earned.lines.iter();
    let earned: BTreeMap<&str, Points> =
        earned.map(|earned| (earned.line.as_str(), earned.points)).collect();
    paid.lines.iter().fold(Worth::default(), |sum, line| {
        let gone = returned.get(line.id.as_str()).copied().unwrap_or(0);
        let points = earned.get(line.id.as_str()).copied().unwrap_or_default();
        let is_spend = !paid.is_test && !line.is_gift_card;
        let spend = if is_spend { line.amount } else { Money::ZERO };
        Worth {
            points: sum.points.plus(Points(share(line, gone, points.0))),
            spend: Money(sum.spend.0.saturating_add(share(line, gone, spend.0))),
        }
    })
}

/// The share of a line's `whole` that is kept once `gone` of it were given back; rounded down.
fn share(line: &PaidLine, gone: u64, whole: i64) -> i64 {
    let quantity = u64::from(line.quantity);
    if gone == 0 {
        return whole;
    }
    let kept = quantity.saturating_sub(gone);
    let share = i128::from(whole) * i128::from(kept) / i128::from(quantity.max(1));
    i64::try_from(share).expect("a part of a number is within its range")
}

// === impl Worth ===

impl Worth {
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

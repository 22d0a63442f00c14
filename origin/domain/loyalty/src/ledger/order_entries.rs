//! The ledger entries of an order: a pure function of its facts in event-time order. Each refund
//! takes what the order is worth less after it; a cancellation takes the rest.

use domain_core::money::Money;
use domain_core::time::Time;

use super::cause::{Cause, CauseKind};
use super::entry::{EntryKind, LedgerEntry};
use super::facts::{OrderEarning, OrderFacts};
use super::worth::{Returns, Worth};
use crate::points::Points;

/// An event that takes points back, in event-time order; at equal times refunds come first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Reversal<'a> {
    Refund(&'a str),
    Cancellation,
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
    let mut before = Worth::of(paid, earning, &returns);
    let mut entries = vec![entry(EntryKind::Earn, Cause::order(&facts.order), paid.at, before)];
    for (at, reversal) in reversals(facts) {
        let (cause, after) = match reversal {
            Reversal::Cancellation => (Cause::cancellation(&facts.order), Worth::default()),
            Reversal::Refund(id) => {
                returns.add(&facts.refunds[id], paid);
                (Cause::refund(id), Worth::of(paid, earning, &returns))
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
    let OrderFacts { order: _, customer: _, paid: _, statements: _, refunds, cancelled } = facts;
    let refunds = refunds.iter().map(|(id, refund)| (refund.at, Reversal::Refund(id)));
    let cancelled = cancelled.map(|at| (at, Reversal::Cancellation));
    let mut reversals: Vec<_> = refunds.chain(cancelled).collect();
    reversals.sort();
    reversals
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

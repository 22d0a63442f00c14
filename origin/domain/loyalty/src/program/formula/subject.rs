//! What an expression is evaluated over: one order and its customer.

use crate::ledger::paid::{Paid, PaidLine};
use crate::program::figures::Figures;

/// An order and its customer, as expressions see them.
#[derive(Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) lines: Vec<&'a PaidLine>,
    pub(super) amount: i64,
    pub(super) quantity: i64,
    pub(super) source: &'a str,
    pub(super) discount_codes: &'a [String],
    /// `2026-11-21`, by the shop's clock.
    pub(super) date: String,
    /// Monday is 1.
    pub(super) weekday: i64,
    pub(super) tags: &'a [String],
    pub(super) tier: &'a str,
    pub(super) figures: Figures,
}

/// Day 0, 1 January 1970, was a Thursday.
const WEEKDAY_OF_DAY_0: u64 = 4;

// === impl Subject ===

impl<'a> Subject<'a> {
    /// The counted lines of an order, by a customer with these figures.
    pub(crate) fn of(
        paid: &'a Paid,
        lines: Vec<&'a PaidLine>,
        tier: &'a str,
        figures: Figures,
    ) -> Self {
        let local_time = paid.local_time();
        let days = local_time.0 / domain_core::time::DAY_MS;
        let mut date = local_time.to_rfc3339();
        date.truncate(10);
        Self {
            amount: lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.amount.0)),
            quantity: lines.iter().map(|line| i64::from(line.quantity)).sum(),
            lines,
            source: paid.source.as_deref().unwrap_or_default(),
            discount_codes: &paid.discount_codes,
            date,
            weekday: i64::try_from((days + WEEKDAY_OF_DAY_0 - 1) % 7 + 1).unwrap_or_default(),
            tags: &paid.customer_tags,
            tier,
            figures,
        }
    }

    /// The figures alone, without an order.
    pub(crate) fn of_figures(figures: Figures) -> Self {
        Self {
            lines: Vec::new(),
            amount: 0,
            quantity: 0,
            source: "",
            discount_codes: &[],
            date: String::new(),
            weekday: 0,
            tags: &[],
            tier: "",
            figures,
        }
    }

    /// `11`: the month of the date.
    pub(super) fn month(&self) -> &str {
        self.date.get(5..7).unwrap_or_default()
    }
}

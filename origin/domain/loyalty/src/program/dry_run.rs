//! Dry runs of a program on past orders: the points each customer would have got instead. Nothing
//! is written, and no ledger changes.

use std::collections::BTreeMap;

use domain_core::port::PortError;
use domain_core::time::Time;

use super::definition::Program;
use super::earning::EarningError;
use super::figures::FIGURES_LAG_MS;
use crate::ledger::account::Account;
use crate::ledger::facts::{OrderEarning, OrderFacts, OrderItem};
use crate::ledger::order_entries::order_entries;
use crate::ledger::paid::Paid;
use crate::points::Points;

/// Most orders of one dry run; the next one continues from there.
pub const DRY_RUN_ORDERS_MAX: usize = 200;
/// Most days that one dry run goes back; the next one continues from there.
pub const DRY_RUN_DAYS_MAX: u32 = 31;
/// How far all of them together go back.
pub const DRY_RUN_HORIZON_DAYS: u32 = 366;

/// The place of an order among the past ones: by the time it was placed, then by id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PastOrder {
    /// When it was placed.
    pub at: Time,
    /// Its id.
    pub order: String,
}

/// Some past orders, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastOrders {
    /// The orders, each with its customer's account; a guest has none.
    pub orders: Vec<(OrderItem, Option<Account>)>,
    /// Where the next dry run continues.
    pub next: PastOrder,
}

/// Reads past orders.
pub trait OrderHistory: Send + Sync {
    /// Orders placed before this one: at most [`DRY_RUN_ORDERS_MAX`] of its day and those before
    /// it, [`DRY_RUN_DAYS_MAX`] in all. Orders of the last seconds may be missing.
    fn past_orders(
        &self,
        before: &PastOrder,
    ) -> impl Future<Output = Result<PastOrders, PortError>> + Send;
}

/// The points a program would have given a customer instead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Difference {
    /// The number of orders.
    pub orders: u64,
    /// The points they gave the customer, less refunds.
    pub given: Points,
    /// The points they would have given.
    pub instead: Points,
    /// Of these orders, those on which a rule fails.
    pub failures: u64,
}

// === impl PastOrder ===

impl PastOrder {
    /// The place of an order, once it is known to be paid.
    #[must_use]
    pub fn of(facts: &OrderFacts) -> Option<Self> {
        facts.paid.as_ref().map(|paid| Self { at: paid.at, order: facts.order.clone() })
    }
}

// === impl Program ===

impl Program {
    /// The points it would have given for these orders, by customer.
    ///
    /// # Errors
    /// It can't turn an order into points at all: publishing it would be a mistake.
    pub fn instead(
        &self,
        past: &[(OrderItem, Option<Account>)],
    ) -> Result<BTreeMap<String, Difference>, EarningError> {
        let mut differences: BTreeMap<String, Difference> = BTreeMap::new();
        for (item, account) in past {
            let (Some(customer), Some(paid)) = (item.facts.account(), &item.facts.paid) else {
                continue;
            };
            let earning = self.order_earning(paid, customer, account.as_ref())?;
            let sum = differences.entry(customer.to_owned()).or_default();
            let entries = order_entries(&item.facts, &earning);
            sum.orders += 1;
            sum.failures += u64::from(!earning.earned.failures.is_empty());
            sum.given = item.entries.iter().fold(sum.given, |sum, entry| sum.plus(entry.points));
            sum.instead = entries.iter().fold(sum.instead, |sum, entry| sum.plus(entry.points));
        }
        Ok(differences)
    }

    fn order_earning(
        &self,
        paid: &Paid,
        customer: &str,
        account: Option<&Account>,
    ) -> Result<OrderEarning, EarningError> {
        let (as_of, days) = (paid.at.minus_ms(FIGURES_LAG_MS), self.window_days);
        let figures = account.map(|account| account.figures_before(customer, as_of, days));
        let earned = self.earned(paid, &figures.unwrap_or_default())?;
        Ok(OrderEarning { program_version: 0, terms: self.terms(paid.at), earned })
    }
}

//! The facts of an order, from webhooks in any order. No fact depends on a clock or a delivery, so
//! the same facts in any order have the same bytes.

use std::collections::BTreeMap;

use domain_core::time::Time;
use domain_shopify::ORDER_LINES_MAX;
use serde::{Deserialize, Serialize};

use super::cause::Cause;
use super::entry::LedgerEntry;
use super::paid::Paid;
use super::refund::Refund;
use super::statement::{STATEMENTS_MAX, Statement};
use super::terms::Terms;
use crate::program::earning::Earned;

/// Most refunds of an order: with payment and cancellation all their entries fit one transaction.
pub const ORDER_REFUNDS_MAX: usize = 90;
/// Most lines of all refunds of an order together: 110 KB encoded.
pub const REFUNDED_LINES_MAX: usize = 4_000;
/// Most tags and most discount codes that are stored, the first ones; Shopify stops at 250 tags.
pub const TEXTS_MAX: usize = 250;
/// Most bytes that are stored of a text of an order, the first ones: no SKU, vendor or tag that a
/// program tests is longer.
pub const TEXT_BYTES_MAX: usize = 64;
/// Most bytes of all SKUs and vendors of an order together; later ones are left out. Enough
/// for any order of 200 lines at their longest, and for 1,000 lines of ordinary ones.
pub const LINE_TEXTS_BYTES_MAX: usize = 25_600;

/// The stored form of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderItem {
    /// How often it was written: once for each distinct fact, and once for its erasure.
    pub version: u64,
    /// The facts themselves.
    pub facts: OrderFacts,
    /// What it earned when its payment was absorbed; `None` before that, and without a program.
    #[serde(default, rename = "reckoning")]
    pub earning: Option<OrderEarning>,
    /// The entries of these facts: exactly those in the ledger.
    #[serde(default)]
    pub entries: Vec<LedgerEntry>,
}

/// The points that the program gave for an order. They are computed once: neither later orders of
/// the customer nor later versions of the program change what refunds take back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderEarning {
    /// The version that was in effect.
    pub program_version: u64,
    /// From when until when the points count.
    pub terms: Terms,
    /// The points, line by line.
    pub earned: Earned,
}

/// Everything known of one order that can move points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderFacts {
    /// Shopify's order id.
    pub order: String,
    /// Shopify's customer id, as the payment states it; a guest has none. The first customer an
    /// order names stays.
    pub customer: Option<String>,
    /// Its payment, unless only other facts have arrived so far.
    pub paid: Option<Paid>,
    /// All statements of the payment, if there is more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<Statement>,
    /// Its refunds by their ids.
    #[serde(default)]
    pub refunds: BTreeMap<String, Refund>,
    /// When it was cancelled.
    #[serde(default)]
    pub cancelled: Option<Time>,
}

/// One thing that happened to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// It was paid; again with what an edit added, or with the customer it was given to.
    Paid {
        /// Shopify's customer id; a guest has none.
        customer: Option<String>,
        /// The order as it was paid.
        paid: Paid,
    },
    /// Part of it was refunded.
    Refunded {
        /// Shopify's refund id.
        id: String,
        /// The refund.
        refund: Refund,
    },
    /// It was cancelled.
    Cancelled {
        /// When.
        at: Time,
    },
}

/// The order has more refunds or statements than its item holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the order has over {ORDER_REFUNDS_MAX} refunds, {REFUNDED_LINES_MAX} refunded lines, \
    {STATEMENTS_MAX} edits or {ORDER_LINES_MAX} lines"
)]
pub struct OrderFull;

// === impl OrderItem ===

impl OrderItem {
    /// An order without facts.
    #[must_use]
    pub fn of(order: &str) -> Self {
        let facts = OrderFacts {
            order: order.to_owned(),
            customer: None,
            paid: None,
            statements: Vec::new(),
            refunds: BTreeMap::new(),
            cancelled: None,
        };
        Self { version: 0, facts, earning: None, entries: Vec::new() }
    }

    /// The same order without its customer, points and tags.
    #[must_use]
    pub fn anonymous(self) -> Self {
        let paid = self.facts.paid.map(|paid| Paid { customer_tags: Vec::new(), ..paid });
        let facts = OrderFacts { customer: None, paid, ..self.facts };
        Self { version: self.version + 1, facts, earning: None, entries: Vec::new() }
    }
}

// === impl OrderFacts ===

impl OrderFacts {
    /// These facts and one more.
    ///
    /// # Errors
    /// The order is at its bound.
    pub fn with(mut self, fact: Fact) -> Result<Self, OrderFull> {
        match fact {
            Fact::Paid { customer, paid } => self.state(customer, paid),
            Fact::Refunded { id, refund } => {
                self.refunds.insert(id, refund);
            }
            Fact::Cancelled { at } => self.cancelled = Some(at),
        }
        let lines: usize = self.refunds.values().map(|refund| refund.lines.len()).sum();
        let is_full = self.refunds.len() > ORDER_REFUNDS_MAX
            || lines > REFUNDED_LINES_MAX
            || self.statements.len() > STATEMENTS_MAX
            || self.paid.as_ref().is_some_and(|paid| paid.lines.len() > ORDER_LINES_MAX);
        if is_full { Err(OrderFull) } else { Ok(self) }
    }

    /// Whether the payment as these facts know it includes this statement of it.
    #[must_use]
    pub fn states(&self, customer: Option<&str>, paid: &Paid) -> bool {
        let statement = Statement::of(customer, paid);
        self.statements().contains(&statement)
    }

    /// Whether the shop itself has stated the payment.
    #[must_use]
    pub fn is_paid_in_shop(&self) -> bool {
        self.paid.as_ref().is_some_and(|paid| !paid.is_imported)
    }

    fn statements(&self) -> Vec<Statement> {
        match &self.paid {
            Some(paid) if self.statements.is_empty() => {
                vec![Statement::of(self.customer.as_deref(), paid)]
            }
            _ => self.statements.clone(),
        }
    }

    fn state(&mut self, customer: Option<String>, paid: Paid) {
        let statement = Statement::of(customer.as_deref(), &paid);
        let mut statements = self.statements();
        let Err(at) = statements.binary_search(&statement) else { return };
        statements.insert(at, statement);
        self.paid = Some(match self.paid.take() {
            None => paid,
            Some(known) if at == 0 => paid.joined(known),
            Some(known) => known.joined(paid),
        });
        self.customer = self.customer.take().or(customer);
        self.statements = if statements.len() > 1 { statements } else { Vec::new() };
    }

    /// How many causes they hold.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.times().count() as u64
    }

    /// The customer whose ledger has their entries: only a payment names the customer.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        self.paid.as_ref().and(self.customer.as_deref())
    }

    /// The time of the newest of them.
    #[must_use]
    pub fn newest(&self) -> Option<Time> {
        self.times().max()
    }

    /// The time of each of them. A statement of the payment has the payment's, an import's its own.
    fn times(&self) -> impl Iterator<Item = Time> {
        let Self { order: _, customer: _, paid, statements, refunds, cancelled } = self;
        let only = paid.iter().filter(|_| statements.is_empty()).map(|paid| paid.at);
        let stated = paid.iter().flat_map(|paid| {
            statements.iter().map(|statement| statement.imported_at.unwrap_or(paid.at))
        });
        only.chain(stated).chain(refunds.values().map(|refund| refund.at)).chain(*cancelled)
    }
}

// === impl Fact ===

impl Fact {
    /// The cause that it claims, for this order.
    #[must_use]
    pub fn cause(&self, order: &str) -> Cause {
        match self {
            Self::Paid { .. } => Cause::order(order),
            Self::Refunded { id, .. } => Cause::refund(id),
            Self::Cancelled { .. } => Cause::cancellation(order),
        }
    }
}

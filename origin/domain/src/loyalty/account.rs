//! Accounts: what a customer's ledger adds up to, so that a balance is read without its entries.
//!
//! A lot is the sum of all entries with the same [`Terms`], so an account is a sum over its
//! entries: whatever order they came in, it has the same bytes. Reading the clock turns lots into a
//! balance; nothing is written when points become available, expire, or leave a tier's window.

use serde::{Deserialize, Serialize};

use super::entry::{LedgerEntry, Terms};
use super::points::Points;
use crate::time::Time;

/// Most lots of an account. There is one for each day something was earned on (and one more where
/// a new programme changed the terms that day): enough for thirteen years of daily orders, and at
/// up to 70 bytes each within the 400 KB of a DynamoDB item.
pub const LOTS_MAX: usize = 5_000;

/// The stored form of a customer's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Shopify's customer id.
    pub customer: String,
    /// The number of distinct causes absorbed, whether they moved points or not.
    pub version: u64,
    /// The latest time of a fact absorbed.
    pub newest: Option<Time>,
    /// The points, by their terms, in order of those.
    pub lots: Vec<Lot>,
}

/// All points of a customer that have the same terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    /// From when until when they count.
    pub terms: Terms,
    /// How many there are.
    pub points: Points,
}

/// What one more cause brings to an account.
#[derive(Debug, Clone, Copy)]
pub struct Addition<'a> {
    /// The time of the fact.
    pub at: Time,
    /// The entries it adds.
    pub entries: &'a [LedgerEntry],
}

/// The account would hold more than [`LOTS_MAX`] lots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the account has more than {LOTS_MAX} lots")]
pub struct AccountFull;

// === impl Account ===

impl Account {
    /// The account of a customer nothing has happened to yet.
    #[must_use]
    pub fn empty(customer: &str) -> Self {
        Self { customer: customer.to_owned(), version: 0, newest: None, lots: Vec::new() }
    }

    /// The account with one more cause absorbed.
    ///
    /// # Errors
    /// It would grow past its bound.
    pub fn with(mut self, addition: Addition<'_>) -> Result<Self, AccountFull> {
        self.version += 1;
        self.newest = self.newest.max(Some(addition.at));
        for entry in addition.entries {
            self.add(entry.terms, entry.points);
        }
        if self.lots.len() > LOTS_MAX { Err(AccountFull) } else { Ok(self) }
    }

    fn add(&mut self, terms: Terms, points: Points) {
        match self.lots.binary_search_by_key(&terms, |lot| lot.terms) {
            Ok(at) => self.lots[at].points = self.lots[at].points.plus(points),
            Err(at) => self.lots.insert(at, Lot { terms, points }),
        }
    }
}

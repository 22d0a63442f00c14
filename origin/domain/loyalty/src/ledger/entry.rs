//! Ledger entries: the movements of a customer's points.

use domain_core::money::Money;
use domain_core::time::Time;
use serde::{Deserialize, Serialize};

use super::cause::Cause;
use super::terms::Terms;
use crate::day::Day;
use crate::points::Points;
use crate::program::earning::RuleFailure;

/// One line of a customer's ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Its id: the same fact always makes the same entry.
    pub id: String,
    /// The kind of movement.
    pub kind: EntryKind,
    /// How many; negative if taken.
    pub points: Points,
    /// The money they were earned for; negative if refunded.
    #[serde(default)]
    pub spend: Money,
    /// When it happened, by the payload.
    pub at: Time,
    /// From when until when they count.
    pub terms: Terms,
    /// Why it happened.
    pub cause: Cause,
    /// The version of the program that was in effect.
    pub program_version: u64,
    /// The rules and multipliers that failed on the order and so gave nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<RuleFailure>,
}

/// An entry with the customer under whom it is stored: the one its cause names, even if that customer
/// was merged into another one before or since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedEntry {
    /// Shopify's customer id.
    pub customer: String,
    /// The entry.
    pub entry: LedgerEntry,
}

/// The kinds of movements of points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// They were earned by an order.
    Earn,
    /// They were taken back with the goods that had earned them.
    Reverse,
    /// They are held for a redemption.
    Hold,
    /// They were requested, but the account had too few.
    Reject,
    /// Held points are spent.
    Settle,
    /// Held points are back: the reward was withdrawn.
    Release,
    /// Held points are back: nothing settled them in time.
    TimeOut,
    /// Staff gave or took them.
    Adjust,
}

/// The place of an entry in its ledger: by time, then by id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EntryKey {
    /// When it happened.
    pub at: Time,
    /// Its id.
    pub id: String,
}

// === impl LedgerEntry ===

impl LedgerEntry {
    /// The id of the only entry of this kind and cause.
    #[must_use]
    pub fn id_of(kind: EntryKind, cause: &Cause) -> String {
        format!("{}/{cause}", kind.name())
    }

    /// The same, stored under this customer.
    #[must_use]
    pub fn of(self, customer: &str) -> OwnedEntry {
        OwnedEntry { customer: customer.to_owned(), entry: self }
    }

    /// Its place in its ledger.
    #[must_use]
    pub fn key(&self) -> EntryKey {
        EntryKey { at: self.at, id: self.id.clone() }
    }

    /// Whether it spends points earned before, rather than earning or taking back points.
    #[must_use]
    pub fn is_spending(&self) -> bool {
        match self.kind {
            EntryKind::Earn | EntryKind::Reverse => false,
            EntryKind::Adjust => self.points < Points::ZERO,
            EntryKind::Hold
            | EntryKind::Reject
            | EntryKind::Settle
            | EntryKind::Release
            | EntryKind::TimeOut => true,
        }
    }

    /// When its points become available.
    #[must_use]
    pub fn available_at(&self) -> Time {
        self.terms.available_on.map_or(self.at, Day::start)
    }

    /// When its points expire, if ever.
    #[must_use]
    pub fn expires_at(&self) -> Option<Time> {
        self.terms.expires_on.map(Day::start)
    }
}

// === impl EntryKind ===

impl EntryKind {
    /// Its name in keys, ids and answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Earn => "earn",
            Self::Reverse => "reverse",
            Self::Hold => "hold",
            Self::Reject => "reject",
            Self::Settle => "settle",
            Self::Release => "release",
            Self::TimeOut => "time_out",
            Self::Adjust => "adjust",
        }
    }
}

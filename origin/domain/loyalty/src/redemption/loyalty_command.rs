//! Commands on accounts: a customer redeems points, staff adjust them. A command carries everything
//! that applying it needs.

use domain_core::bookmark::Pending;
use domain_core::event::Kind;
use domain_core::id::CommandId;
use domain_core::money::Money;
use domain_core::resource::CommandEvent;
use domain_core::time::Time;
use serde::{Deserialize, Serialize};

use super::lifecycle::{Redemption, State};
use crate::ledger::cause::Cause;
use crate::ledger::entry::{EntryKind, LedgerEntry};
use crate::ledger::terms::Terms;
use crate::points::Points;

/// One command with its place in the order: (time, id).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoyaltyCommand {
    /// Its hybrid logical clock time, given once at acceptance.
    pub time: Time,
    /// Its id.
    pub id: CommandId,
    /// The version of the program it was accepted under; 0 before the first.
    pub program_version: u64,
    /// Its action.
    pub action: LoyaltyAction,
}

/// The action of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoyaltyAction {
    /// Takes points for a reward, if the account has them.
    Redeem {
        /// The reward's id.
        reward: String,
        /// Its cost.
        points: Points,
        /// Until when the points are held at the longest.
        until: Time,
    },
    /// Gives points, or takes them if negative, even more than the account has.
    Adjust {
        /// How many.
        points: Points,
        /// The reason, in the words of the staff.
        reason: String,
        /// From when until when given points count.
        terms: Terms,
    },
}

/// The detail of a `loyalty.commanded` event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoyaltyEvent {
    /// Shopify's customer id.
    pub customer: String,
    /// The whole command.
    pub command: LoyaltyCommand,
}

// === impl LoyaltyCommand ===

impl LoyaltyCommand {
    /// Its place in the order; bookmarks name a command by it.
    #[must_use]
    pub fn place(&self) -> Pending {
        Pending { time: self.time, id: self.id }
    }

    /// The redemption that it requests, if any.
    #[must_use]
    pub fn redemption(&self) -> Option<Redemption> {
        match &self.action {
            LoyaltyAction::Adjust { .. } => None,
            LoyaltyAction::Redeem { reward, points, until } => Some(Redemption {
                id: self.id,
                time: self.time,
                reward: reward.clone(),
                points: *points,
                until: *until,
                program_version: self.program_version,
                state: State::Requested,
                slot: None,
            }),
        }
    }

    /// The ledger entry of an adjustment; a redemption's entries depend on the decision.
    #[must_use]
    pub fn adjustment(&self) -> Option<LedgerEntry> {
        let LoyaltyAction::Adjust { points, terms, .. } = &self.action else { return None };
        let cause = Cause::adjustment(self.id);
        Some(LedgerEntry {
            id: LedgerEntry::id_of(EntryKind::Adjust, &cause),
            kind: EntryKind::Adjust,
            points: *points,
            spend: Money::ZERO,
            at: self.time,
            terms: *terms,
            cause,
            program_version: self.program_version,
            failures: Vec::new(),
        })
    }
}

// === impl LoyaltyEvent ===

impl CommandEvent for LoyaltyEvent {
    const KIND: Kind = Kind::LoyaltyCommanded;
    const RESOURCE_FIELD: &'static str = "customer";

    fn resource(&self) -> &str {
        &self.customer
    }

    fn place(&self) -> Pending {
        self.command.place()
    }
}

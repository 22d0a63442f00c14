//! Redemptions: points held for a reward, and their outcome. The first transaction that applies a
//! request decides whether it is covered. Each decision is an event that carries the whole
//! redemption, and states only move forward.
//!
//! ```text
//! requested ─► rejected
//!           └► held ─► settled | released | timed out
//! ```

use domain_core::id::CommandId;
use domain_core::idempotency::ID_WINDOW_MS;
use domain_core::memory;
use domain_core::money::Money;
use domain_core::time::Time;
use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::ledger::account::{Account, AccountFull, Addition};
use crate::ledger::cause::Cause;
use crate::ledger::entry::{EntryKind, LedgerEntry};
use crate::ledger::spending::Remaining;
use crate::ledger::terms::Terms;
use crate::points::Points;
use crate::pool::{PoolSlot, SlotClaim};

/// Most holds that one decision times out: each takes two of the hundred items of a transaction. A
/// hold ends within seconds; this many overdue ones mean that nothing is settled at all.
pub const OVERDUE_MAX: usize = 40;

/// One redemption with its decisions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redemption {
    /// Its id: that of the command that requested it.
    pub id: CommandId,
    /// The command's time.
    pub time: Time,
    /// The reward's id.
    pub reward: String,
    /// Its cost.
    pub points: Points,
    /// Until when the points are held at the longest.
    pub until: Time,
    /// The version of the program it was requested under.
    pub program_version: u64,
    /// Its state.
    pub state: State,
    /// The slot whose code the reward is used with, once it is settled. Without one the code is
    /// [`crate::RewardCode::of`] its id, which only this shop recognises.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<PoolSlot>,
}

/// The state of a redemption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Requested; nothing is decided yet.
    Requested,
    /// The account had too few points.
    Rejected,
    /// The points are held.
    Held,
    /// The points are spent and the reward is the customer's.
    Settled {
        /// Since when.
        at: Time,
    },
    /// The reward was withdrawn; the points are back.
    Released {
        /// Since when.
        at: Time,
    },
    /// Nothing settled it in time; the points are back.
    TimedOut {
        /// Since when.
        at: Time,
    },
}

/// The stored form of a redemption; also the detail of the events about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedemptionItem {
    /// The number of decisions in it.
    pub version: u64,
    /// Shopify's customer id.
    pub customer: String,
    /// The redemption.
    pub redemption: Redemption,
}

/// The decision on a request in an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ruling {
    /// The account afterwards.
    pub(super) account: Account,
    /// The overdue holds it had to end, then the redemption itself.
    pub(super) decided: Vec<Redemption>,
}

// === impl Redemption ===

impl Redemption {
    /// The bytes it refers to.
    pub(super) fn bytes(&self) -> usize {
        let pool = self.slot.as_ref().map_or(0, |slot| memory::of_text(slot.pool.as_str()));
        memory::of_text(&self.reward) + pool
    }

    /// Its ledger entries. All have the command's day, so that the points that come back are the
    /// ones that were held.
    #[must_use]
    pub fn entries(&self) -> Vec<LedgerEntry> {
        let cause = Cause::redemption(self.id);
        let entry = |kind, points, at| LedgerEntry {
            id: LedgerEntry::id_of(kind, &cause),
            kind,
            points,
            spend: Money::ZERO,
            at,
            terms: Terms::without_expiry(self.time),
            cause: cause.clone(),
            program_version: self.program_version,
            failures: Vec::new(),
        };
        let hold = || entry(EntryKind::Hold, Points::ZERO.minus(self.points), self.time);
        match self.state {
            State::Requested => vec![],
            State::Rejected => vec![entry(EntryKind::Reject, Points::ZERO, self.time)],
            State::Held => vec![hold()],
            State::Settled { at } => vec![hold(), entry(EntryKind::Settle, Points::ZERO, at)],
            State::Released { at } => vec![hold(), entry(EntryKind::Release, self.points, at)],
            State::TimedOut { at } => vec![hold(), entry(EntryKind::TimeOut, self.points, at)],
        }
    }

    /// Whether its points are held.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.state == State::Held
    }

    /// Whether its hold is overdue at `now`.
    #[must_use]
    pub fn is_overdue_at(&self, now: Time) -> bool {
        self.is_held() && self.until <= now
    }

    /// The same redemption in this state, without a slot.
    #[must_use]
    pub fn at(&self, state: State) -> Self {
        Self { state, slot: None, ..self.clone() }
    }

    /// Settled with the code of a slot.
    #[must_use]
    pub fn settled(&self, at: Time, slot: PoolSlot) -> Self {
        Self { slot: Some(slot), ..self.at(State::Settled { at }) }
    }

    /// The claim on its slot, if it has one.
    pub(super) fn claim(&self) -> Option<SlotClaim> {
        let slot = self.slot.clone()?;
        Some(SlotClaim { slot, redemption: self.id })
    }

    /// Timed out at the time it was due, not when a consumer noticed.
    #[must_use]
    pub fn timed_out(&self) -> Self {
        self.at(State::TimedOut { at: self.until })
    }

    /// How many decisions are in it.
    #[must_use]
    pub fn version(&self) -> u64 {
        match self.state {
            State::Requested => 0,
            State::Rejected | State::Held => 1,
            State::Settled { .. } | State::Released { .. } | State::TimedOut { .. } => 2,
        }
    }

    fn newest(&self) -> Time {
        match self.state {
            State::Requested | State::Rejected | State::Held => self.time,
            State::Settled { at } | State::Released { at } | State::TimedOut { at } => {
                at.max(self.time)
            }
        }
    }

    fn place(&self) -> (Time, CommandId) {
        (self.time, self.id)
    }
}

// === impl RedemptionItem ===

impl RedemptionItem {
    /// The item of a redemption in its present state.
    #[must_use]
    pub fn of(customer: &str, redemption: Redemption) -> Self {
        Self { version: redemption.version(), customer: customer.to_owned(), redemption }
    }

    /// The same without its customer. A hold is ended, so that no consumer continues it.
    #[must_use]
    pub fn anonymous(self) -> Self {
        let redemption =
            if self.redemption.is_held() { self.redemption.timed_out() } else { self.redemption };
        Self::of("", redemption)
    }
}

// === impl Account ===

impl Account {
    /// The account with a redemption moved from `before` to `after`, and the entries this adds.
    ///
    /// # Errors
    /// The account would grow past its bound.
    pub(super) fn turned(
        mut self,
        before: Option<&Redemption>,
        after: &Redemption,
    ) -> Result<(Self, Vec<LedgerEntry>), AccountFull> {
        let known = before.map(Redemption::entries).unwrap_or_default();
        let mut put = after.entries();
        put.retain(|entry| !known.contains(entry));
        let causes = after.version() - before.map_or(0, Redemption::version);
        // Spending is summed up for all customers of the account together.
        let customer = &self.customer.clone();
        let at = Some(after.newest());
        let added = Addition { customer, causes, at, gone: &[], put: &put };
        self = self.with(added)?;
        match self.redemptions.binary_search_by_key(&after.place(), Redemption::place) {
            Ok(at) => self.redemptions[at] = after.clone(),
            Err(at) => self.redemptions.insert(at, after.clone()),
        }
        self.highest = self.highest.max(after.time);
        let bound = self.highest.minus_ms(ID_WINDOW_MS);
        self.redemptions.retain(|one| one.time > bound || one.is_held());
        Ok((self, put))
    }

    /// Decides a request: held if the account has the points at its time, after ending as few and
    /// as old overdue holds as it takes; otherwise rejected.
    pub(super) fn rule(&self, requested: &Redemption) -> Result<Ruling, AccountFull> {
        let on = Day::of(requested.time);
        let overdue = self.redemptions.iter().filter(|one| one.is_overdue_at(requested.time));
        let mut overdue = overdue.take(OVERDUE_MAX);
        let (mut account, mut decided) = (self.clone(), Vec::new());
        while !Remaining::covers(&account, on, requested.points) {
            let Some(hold) = overdue.next() else {
                let rejected = requested.at(State::Rejected);
                let (account, _) = self.clone().turned(None, &rejected)?;
                return Ok(Ruling { account, decided: vec![rejected] });
            };
            let ended = hold.timed_out();
            (account, _) = account.turned(Some(hold), &ended)?;
            decided.push(ended);
        }
        let held = requested.at(State::Held);
        (account, _) = account.turned(None, &held)?;
        decided.push(held);
        Ok(Ruling { account, decided })
    }

    /// A redemption of the last 15 days.
    #[must_use]
    pub fn redemption(&self, id: CommandId) -> Option<&Redemption> {
        self.redemptions.iter().find(|one| one.id == id)
    }
}

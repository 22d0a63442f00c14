//! Deciding: what the consumers do with commands and with what was decided of redemptions.
//! Delivered any number of times in any order, each decision is made once, stored with its
//! account in one transaction, and published before its message is deleted. What is older than an
//! erasure of its customer is dropped: the tombstone in the account says so, and so does the answer.

use super::account::{Account, AccountFull, Addition};
use super::cause::Cause;
use super::loyalty_command::{LoyaltyAction, LoyaltyCommand, LoyaltyEvent};
use super::ports::{Guarded, LedgerChange, LedgerStore, Loaded, Programs, RewardCodes, Wanted};
use super::redemption::{Redemption, RedemptionItem, RewardCode, State};
use crate::event::{Event, Events, Kind};
use crate::id::CommandId;
use crate::port::{CONFLICT_ROUNDS_MAX, Consistency, PortError, Written};
use crate::time::Time;

/// Why a command or a decision could not be absorbed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecideError {
    /// The account is at its bound.
    #[error(transparent)]
    AccountFull(#[from] AccountFull),
    /// The world failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Whether a message was published now, or is told again from the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It is for deciding.
    Live,
    /// Everything was decided long ago, and is told again, too.
    Replayed,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is done, now or long ago.
    Done,
    /// It is older than the erasure of its customer, and stays out.
    Erased,
}

/// Decides, with what it needs.
#[derive(Debug, Clone, Copy)]
pub struct Decider<'a, L, P, E, C> {
    /// Where ledgers are kept.
    pub ledger: &'a L,
    /// Where the programme is kept.
    pub programs: &'a P,
    /// Where decisions are published.
    pub events: &'a E,
    /// Where codes are made.
    pub codes: &'a C,
    /// The clock of this instance.
    pub now: Time,
}

// === impl Decider ===

impl<L: LedgerStore, P: Programs, E: Events, C: RewardCodes> Decider<'_, L, P, E, C> {
    /// Absorbs a command: an adjustment is applied, a redemption decided. What was decided before
    /// is published again; a replay decides nothing.
    ///
    /// # Errors
    /// A port failed or every race was lost: the message stays in the queue. The account is full:
    /// it belongs to the dead letters.
    pub async fn command(
        &self,
        event: &LoyaltyEvent,
        delivery: Delivery,
    ) -> Result<Fate, DecideError> {
        let LoyaltyEvent { customer, command } = event;
        match (&command.action, command.redemption()) {
            (LoyaltyAction::Redeem { .. }, Some(requested)) => {
                self.redeem(customer, &requested, delivery).await
            }
            _ => self.adjust(customer, command).await,
        }
    }

    /// Absorbs what was decided of a redemption: known here, unless it is replayed. A live hold is
    /// then brought to its end, and its code made.
    ///
    /// # Errors
    /// As [`Self::command`].
    pub async fn decided(
        &self,
        told: &RedemptionItem,
        delivery: Delivery,
    ) -> Result<Fate, DecideError> {
        let Some(stored) = self.take_over(told).await? else { return Ok(Fate::Erased) };
        if delivery == Delivery::Replayed || !told.redemption.is_held() {
            return Ok(Fate::Done);
        }
        let Some(ended) = self.end(stored).await? else { return Ok(Fate::Erased) };
        self.events.publish(&[ended.to_event()]).await?;
        if let State::Settled { .. } = ended.redemption.state {
            let Redemption { id, reward, .. } = &ended.redemption;
            self.codes.make(&RewardCode::of(*id), reward).await?;
        }
        Ok(Fate::Done)
    }

    async fn redeem(
        &self,
        customer: &str,
        requested: &Redemption,
        delivery: Delivery,
    ) -> Result<Fate, DecideError> {
        if delivery == Delivery::Replayed {
            return Ok(Fate::Done);
        }
        for _ in 0..CONFLICT_ROUNDS_MAX {
            let loaded = self.load(customer, &[requested.id]).await?;
            if is_erased(&loaded, requested.time) {
                return Ok(Fate::Erased);
            }
            if let Some(stored) = loaded.redemptions.first() {
                self.events.publish(&[stored.decision().to_event()]).await?;
                return Ok(Fate::Done);
            }
            let account = loaded.account.unwrap_or_else(|| Account::empty(customer));
            let decided = account.rule(requested)?.decided;
            // A hold it has to end has a version of its own.
            let overdue: Vec<CommandId> =
                decided.iter().filter(|one| one.id != requested.id).map(|one| one.id).collect();
            let stored = match overdue.as_slice() {
                [] => Vec::new(),
                overdue => self.load(customer, overdue).await?.redemptions,
            };
            let Some(change) = change(account, &stored, &decided)? else { continue };
            if self.ledger.commit(&change).await? == Written::Done {
                let events = decided.into_iter().map(|one| RedemptionItem::of(customer, one));
                let events: Vec<Event> = events.map(|item| item.to_event()).collect();
                self.events.publish(&events).await?;
                return Ok(Fate::Done);
            }
        }
        Err(lost().into())
    }

    async fn adjust(&self, customer: &str, command: &LoyaltyCommand) -> Result<Fate, DecideError> {
        let cause = Cause::adjustment(command.id);
        let put: Vec<_> = command.adjustment().into_iter().collect();
        for _ in 0..CONFLICT_ROUNDS_MAX {
            let customer_only = Wanted { customer: Some(customer), ..Wanted::default() };
            let wanted = Wanted { cause: Some(&cause), ..customer_only };
            let loaded = self.ledger.load(wanted).await?;
            if is_erased(&loaded, command.time) {
                return Ok(Fate::Erased);
            }
            if loaded.is_claimed {
                return Ok(Fate::Done);
            }
            let seen = loaded.account.as_ref().map(|account| account.version);
            let account = loaded.account.unwrap_or_else(|| Account::empty(customer));
            let added = Addition { causes: 1, at: Some(command.time), gone: &[], put: &put };
            let change = LedgerChange {
                cause: Some(cause.clone()),
                account: Some(Guarded { seen, item: account.with(added)? }),
                put: put.clone(),
                ..LedgerChange::default()
            };
            if self.ledger.commit(&change).await? == Written::Done {
                return Ok(Fate::Done);
            }
        }
        Err(lost().into())
    }

    /// The redemption as it is stored, which is at least as far as it was told; `None` if whoever it
    /// was about asked to be forgotten.
    async fn take_over(
        &self,
        told: &RedemptionItem,
    ) -> Result<Option<RedemptionItem>, DecideError> {
        for _ in 0..CONFLICT_ROUNDS_MAX {
            let loaded = self.load(&told.customer, &[told.redemption.id]).await?;
            if is_erased(&loaded, told.redemption.time) {
                return Ok(None);
            }
            match loaded.redemptions.first() {
                Some(stored) if stored.version >= told.version => return Ok(Some(stored.clone())),
                _ => {}
            }
            if self.go_on(loaded, told).await? == Written::Done {
                return Ok(Some(told.clone()));
            }
        }
        Err(lost().into())
    }

    /// Brings a hold to its end, unless somebody else did; `None` as above.
    async fn end(&self, mut item: RedemptionItem) -> Result<Option<RedemptionItem>, DecideError> {
        for _ in 0..CONFLICT_ROUNDS_MAX {
            if !item.redemption.is_held() {
                return Ok(Some(item));
            }
            let state = self.ending(&item.redemption).await?;
            let ended = RedemptionItem::of(&item.customer, item.redemption.at(state));
            let loaded = self.load(&item.customer, &[item.redemption.id]).await?;
            if is_erased(&loaded, item.redemption.time) {
                return Ok(None);
            }
            if let Some(stored) = loaded.redemptions.first().filter(|one| one.version > 1) {
                return Ok(Some(stored.clone()));
            }
            if self.go_on(loaded, &ended).await? == Written::Done {
                return Ok(Some(ended));
            }
            let Some(stored) = self.take_over(&item).await? else { return Ok(None) };
            item = stored;
        }
        Err(lost().into())
    }

    /// How a hold ends now: overdue, its reward withdrawn, or settled.
    async fn ending(&self, held: &Redemption) -> Result<State, PortError> {
        if held.is_overdue_at(self.now) {
            return Ok(held.timed_out().state);
        }
        let at = self.now.max(held.time);
        let program = self.programs.in_effect(at, Consistency::Strong).await?;
        let is_offered =
            program.is_some_and(|version| version.program.reward(&held.reward).is_some());
        Ok(if is_offered { State::Settled { at } } else { State::Released { at } })
    }

    /// Writes one step of one redemption.
    async fn go_on(&self, loaded: Loaded, to: &RedemptionItem) -> Result<Written, DecideError> {
        let account = loaded.account.unwrap_or_else(|| Account::empty(&to.customer));
        let decided = std::slice::from_ref(&to.redemption);
        match change(account, &loaded.redemptions, decided)? {
            Some(change) => Ok(self.ledger.commit(&change).await?),
            None => Ok(Written::Conflict),
        }
    }

    async fn load(&self, customer: &str, redemptions: &[CommandId]) -> Result<Loaded, PortError> {
        let customer = Some(customer);
        self.ledger.load(Wanted { customer, redemptions, ..Wanted::default() }).await
    }
}

/// Whether what happened at `at` was erased since.
fn is_erased(loaded: &Loaded, at: Time) -> bool {
    loaded.account.as_ref().is_some_and(|account| account.is_erased_at(at))
}

/// The transaction that brings redemptions from what is stored of them to what was decided; `None`
/// if what is stored is further already.
fn change(
    account: Account,
    stored: &[RedemptionItem],
    decided: &[Redemption],
) -> Result<Option<LedgerChange>, AccountFull> {
    let seen = (account.version > 0).then_some(account.version);
    let customer = account.customer.clone();
    let (mut account, mut put, mut redemptions) = (account, Vec::new(), Vec::new());
    for after in decided {
        let before = stored.iter().find(|item| item.redemption.id == after.id);
        if before.is_some_and(|before| before.version >= after.version()) {
            return Ok(None);
        }
        let entries;
        (account, entries) = account.turned(before.map(|item| &item.redemption), after)?;
        put.extend(entries);
        let seen = before.map(|item| item.version);
        let item = RedemptionItem::of(&customer, after.clone());
        redemptions.push(Guarded { seen, item });
    }
    let account = Some(Guarded { seen, item: account });
    Ok(Some(LedgerChange { redemptions, account, put, ..LedgerChange::default() }))
}

fn lost() -> PortError {
    PortError::Unavailable("the ledger changed under every attempt".to_owned())
}

// === impl RedemptionItem ===

impl RedemptionItem {
    /// What was decided first, whatever came of it.
    #[must_use]
    pub fn decision(&self) -> Self {
        let state = match self.redemption.state {
            State::Requested | State::Rejected => self.redemption.state,
            _ => State::Held,
        };
        Self::of(&self.customer, self.redemption.at(state))
    }

    /// The event that tells it: equal decisions travel as equal bytes.
    ///
    /// # Panics
    /// Never: a redemption always has a JSON form.
    #[must_use]
    pub fn to_event(&self) -> Event {
        let kind = match self.redemption.state {
            State::Requested | State::Rejected => Kind::RedemptionRejected,
            State::Held => Kind::RedemptionHeld,
            State::Settled { .. } => Kind::RedemptionSettled,
            State::Released { .. } => Kind::RedemptionReleased,
            State::TimedOut { .. } => Kind::RedemptionTimedOut,
        };
        let detail = serde_json::to_string(self).expect("a redemption always has a JSON form");
        Event { kind, detail }
    }
}

// === impl DecideError ===

impl DecideError {
    /// Whether the same message may be absorbed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Port(error) if error.is_retryable())
    }
}

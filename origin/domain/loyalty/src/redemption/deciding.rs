//! Deciding: how the consumers handle commands and decisions about redemptions. However often and
//! in whichever order messages arrive, each decision is made once, stored with its account in one
//! transaction, and published before the consumer deletes its message. A message older than the
//! erasure of its customer is dropped: the tombstone in the account and the returned fate say so.

use domain_core::event::{Event, Events, Kind};
use domain_core::id::CommandId;
use domain_core::port::{CONFLICT_ROUNDS_MAX, Consistency, PortError, Written};
use domain_core::time::Time;

use super::lifecycle::{Redemption, RedemptionItem, State};
use super::loyalty_command::{LoyaltyAction, LoyaltyCommand, LoyaltyEvent};
use crate::ledger::account::{Account, AccountFull, Addition};
use crate::ledger::cause::Cause;
use crate::pool::claiming::choose;
use crate::pool::{CodesRanLow, Discount, LOW_WATER, PoolSlot, Supply};
use crate::ports::{
    CodePools, Guarded, LedgerChange, LedgerStore, LoadRequest, LoadedLedger, Programs,
};

/// Why a command or a decision could not be absorbed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecideError {
    /// The account is at its bound.
    #[error(transparent)]
    AccountFull(#[from] AccountFull),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The pool of the reward has no ready code. The pool is being filled.
    #[error("reward {0} has no ready code")]
    NoCode(String),
}

/// Whether a message is new or a replay from the archive, which says who decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The consumer decides it.
    Live,
    /// Its decision was made before, and is replayed, too.
    Replayed,
    /// It is new, but a replay of the archive into a restored table is under way. What it needs a
    /// decision for waits in its queue: the replay may still bring the decision that was published
    /// before the restore, or one that spent the same points.
    DuringReplay,
}

/// The result of absorbing a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is done, now or before.
    Done,
    /// It is older than the erasure of its customer, and is dropped.
    Erased,
}

/// The consumer of commands and decisions.
#[derive(Debug, Clone, Copy)]
pub struct Decider<'a, L, P, E, C> {
    /// Stores ledgers.
    pub ledger: &'a L,
    /// Stores the program.
    pub programs: &'a P,
    /// Publishes decisions.
    pub events: &'a E,
    /// The pools of codes.
    pub pools: &'a C,
    /// The clock of this instance.
    pub now: Time,
}

// === impl Decider ===

impl<L: LedgerStore, P: Programs, E: Events, C: CodePools> Decider<'_, L, P, E, C> {
    /// Absorbs a command: applies an adjustment, decides a redemption. An earlier decision is
    /// published again; a replay decides nothing.
    ///
    /// # Errors
    /// A port failed, every race was lost, or it needs a decision during a replay: the message stays
    /// in the queue. The account is full: the message becomes a dead letter.
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

    /// Absorbs a decision about a redemption, which is already stored unless it is replayed. A live
    /// hold is then ended: one transaction settles it and claims its code, which is valid already.
    ///
    /// # Errors
    /// As [`Self::command`], or there is no code: the message stays in the queue, and the hold times
    /// out unless there is one in time.
    pub async fn decided(
        &self,
        decision: &RedemptionItem,
        delivery: Delivery,
    ) -> Result<Fate, DecideError> {
        let Some(stored) = self.adopt(decision).await? else { return Ok(Fate::Erased) };
        if delivery == Delivery::Replayed || !decision.redemption.is_held() {
            return Ok(Fate::Done);
        }
        if delivery == Delivery::DuringReplay && stored.redemption.is_held() {
            return Err(postponed().into());
        }
        let Some(ended) = self.end(stored).await? else { return Ok(Fate::Erased) };
        self.events.publish(&[ended.to_event()]).await?;
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
            if is_erased(&loaded, customer, requested.time) {
                return Ok(Fate::Erased);
            }
            if let Some(stored) = loaded.redemptions.first() {
                self.events.publish(&[stored.decision().to_event()]).await?;
                return Ok(Fate::Done);
            }
            if delivery == Delivery::DuringReplay {
                return Err(postponed().into());
            }
            let account = loaded.account.unwrap_or_else(|| Account::empty(customer));
            let decided = account.rule(requested)?.decided;
            // Each hold that it has to end has its own version.
            let overdue: Vec<CommandId> =
                decided.iter().filter(|one| one.id != requested.id).map(|one| one.id).collect();
            let stored = match overdue.as_slice() {
                [] => Vec::new(),
                overdue => self.load(customer, overdue).await?.redemptions,
            };
            // A hold that it ends may be that of another customer who was merged.
            let decided = decided.into_iter().map(|one| {
                let item = stored.iter().find(|item| item.redemption.id == one.id);
                RedemptionItem::of(item.map_or(customer, |item| &item.customer), one)
            });
            let decided: Vec<RedemptionItem> = decided.collect();
            let Some(change) = change(account, &stored, &decided)? else { continue };
            if self.ledger.commit(&change).await? == Written::Done {
                let events: Vec<Event> = decided.iter().map(RedemptionItem::to_event).collect();
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
            let customer_only = LoadRequest { customer: Some(customer), ..LoadRequest::default() };
            let request = LoadRequest { cause: Some(&cause), ..customer_only };
            let loaded = self.ledger.load(request).await?;
            if is_erased(&loaded, customer, command.time) {
                return Ok(Fate::Erased);
            }
            if loaded.is_claimed {
                return Ok(Fate::Done);
            }
            let seen = loaded.account.as_ref().map(|account| account.version);
            let account = loaded.account.unwrap_or_else(|| Account::empty(customer));
            let at = Some(command.time);
            let added = Addition { customer, causes: 1, at, gone: &[], put: &put };
            let change = LedgerChange {
                cause: Some(cause.clone()),
                account: Some(Guarded { seen, item: account.with(added)? }),
                put: put.iter().map(|entry| entry.clone().of(customer)).collect(),
                ..LedgerChange::default()
            };
            if self.ledger.commit(&change).await? == Written::Done {
                return Ok(Fate::Done);
            }
        }
        Err(lost().into())
    }

    /// The redemption as it is stored, at least as far as this decision; `None` if its customer was
    /// erased.
    async fn adopt(
        &self,
        decision: &RedemptionItem,
    ) -> Result<Option<RedemptionItem>, DecideError> {
        for _ in 0..CONFLICT_ROUNDS_MAX {
            let loaded = self.load(&decision.customer, &[decision.redemption.id]).await?;
            if is_erased(&loaded, &decision.customer, decision.redemption.time) {
                return Ok(None);
            }
            match loaded.redemptions.first() {
                Some(stored) if stored.version >= decision.version => {
                    return Ok(Some(stored.clone()));
                }
                _ => {}
            }
            if self.advance(loaded, decision).await? == Written::Done {
                return Ok(Some(decision.clone()));
            }
        }
        Err(lost().into())
    }

    /// Ends a hold, unless another consumer did; `None` as above.
    async fn end(&self, mut item: RedemptionItem) -> Result<Option<RedemptionItem>, DecideError> {
        for round in 0..CONFLICT_ROUNDS_MAX {
            if !item.redemption.is_held() {
                return Ok(Some(item));
            }
            let ended = RedemptionItem::of(&item.customer, self.ending(&item, round).await?);
            let loaded = self.load(&item.customer, &[item.redemption.id]).await?;
            if is_erased(&loaded, &item.customer, item.redemption.time) {
                return Ok(None);
            }
            if let Some(stored) = loaded.redemptions.first().filter(|one| one.version > 1) {
                return Ok(Some(stored.clone()));
            }
            if self.advance(loaded, &ended).await? == Written::Done {
                return Ok(Some(ended));
            }
            let Some(stored) = self.adopt(&item).await? else { return Ok(None) };
            item = stored;
        }
        Err(lost().into())
    }

    /// How a hold ends now: overdue, its reward withdrawn, or settled.
    async fn ending(&self, item: &RedemptionItem, round: u32) -> Result<Redemption, DecideError> {
        let held = &item.redemption;
        if held.is_overdue_at(self.now) {
            return Ok(held.timed_out());
        }
        let at = self.now.max(held.time);
        let program = self.programs.in_effect(at, Consistency::Strong).await?;
        let program = program.map(|version| version.program);
        let Some((reward, program)) =
            program.as_ref().and_then(|program| Some((program.reward(&held.reward)?, program)))
        else {
            return Ok(held.at(State::Released { at }));
        };
        let Some(discount) = Discount::of(reward, &program.currency, at) else {
            return Ok(held.at(State::Settled { at }));
        };
        match self.pools.supply(&discount.pool).await? {
            Supply::OwnCodes => Ok(held.at(State::Settled { at })),
            Supply::Slots(slots) => {
                let chosen = choose(&slots, held.id, round);
                if slots.len() < LOW_WATER {
                    let reward = Some(held.reward.clone());
                    let waiting = chosen.is_none().then(|| item.clone());
                    let low = CodesRanLow { reward, waiting };
                    self.events.publish(&[low.to_event()]).await?;
                }
                let slot = chosen.ok_or_else(|| DecideError::NoCode(held.reward.clone()))?;
                Ok(held.settled(at, PoolSlot { pool: discount.pool, slot }))
            }
        }
    }

    /// Writes one step of one redemption.
    async fn advance(
        &self,
        loaded: LoadedLedger,
        to: &RedemptionItem,
    ) -> Result<Written, DecideError> {
        let account = loaded.account.unwrap_or_else(|| Account::empty(&to.customer));
        match change(account, &loaded.redemptions, std::slice::from_ref(to))? {
            Some(change) => Ok(self.ledger.commit(&change).await?),
            None => Ok(Written::Conflict),
        }
    }

    async fn load(
        &self,
        customer: &str,
        redemptions: &[CommandId],
    ) -> Result<LoadedLedger, PortError> {
        let customer = Some(customer);
        self.ledger.load(LoadRequest { customer, redemptions, ..LoadRequest::default() }).await
    }
}

/// Whether an event of a customer at `at` was erased since.
fn is_erased(loaded: &LoadedLedger, customer: &str, at: Time) -> bool {
    loaded.account.as_ref().is_some_and(|account| account.is_erased_at(customer, at))
}

/// The transaction that moves redemptions from their stored states to the decided ones; `None` if a
/// stored state is as far already.
fn change(
    account: Account,
    stored: &[RedemptionItem],
    decided: &[RedemptionItem],
) -> Result<Option<LedgerChange>, AccountFull> {
    let seen = (account.version > 0).then_some(account.version);
    let (mut account, mut put, mut redemptions) = (account, Vec::new(), Vec::new());
    let mut claims = Vec::new();
    for after in decided {
        let before = stored.iter().find(|item| item.redemption.id == after.redemption.id);
        if before.is_some_and(|before| before.version >= after.version) {
            return Ok(None);
        }
        let entries;
        (account, entries) =
            account.turned(before.map(|item| &item.redemption), &after.redemption)?;
        put.extend(entries.into_iter().map(|entry| entry.of(&after.customer)));
        let seen = before.map(|item| item.version);
        let is_claimed = before.is_some_and(|before| before.redemption.slot.is_some());
        claims.extend(after.redemption.claim().filter(|_| !is_claimed));
        redemptions.push(Guarded { seen, item: after.clone() });
    }
    let account = Some(Guarded { seen, item: account });
    Ok(Some(LedgerChange { redemptions, claims, account, put, ..LedgerChange::default() }))
}

fn postponed() -> PortError {
    PortError::Unavailable("no redemption is decided while the archive is replayed".to_owned())
}

fn lost() -> PortError {
    PortError::Unavailable("the ledger changed under every attempt".to_owned())
}

// === impl RedemptionItem ===

impl RedemptionItem {
    /// The first decision, without its later end.
    #[must_use]
    pub fn decision(&self) -> Self {
        let state = match self.redemption.state {
            State::Requested | State::Rejected => self.redemption.state,
            _ => State::Held,
        };
        Self::of(&self.customer, self.redemption.at(state))
    }

    /// The event of a decision: equal decisions have equal bytes.
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
        match self {
            Self::Port(error) => error.is_retryable(),
            Self::NoCode(_) => true,
            Self::AccountFull(_) => false,
        }
    }
}

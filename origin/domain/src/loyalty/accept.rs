//! Accepting: from a request to an acknowledged command. Recorded first, then published, and only
//! then answered.

use super::account::Account;
use super::entry::Terms;
use super::loyalty_command::{LoyaltyAction, LoyaltyCommand, LoyaltyRecord};
use super::points::Points;
use super::ports::{AccountRead, Accounts, LoyaltyLog};
use super::program::ProgramVersion;
use super::redemption::Redemption;
use super::standing::Reading;
use super::view::{View, view};
use crate::bookmark::{Bookmark, PENDING_MAX, Pending};
use crate::event::Events;
use crate::id::CommandId;
use crate::idempotency::{Fingerprint, Recorded};
use crate::port::PortError;
use crate::time::Time;

/// Most redemptions of one account that were asked for within 15 days: they stand in the account's
/// item, 200 bytes each.
pub const REDEMPTIONS_MAX: usize = 200;

/// One request, whatever it asks for.
#[derive(Debug, Clone)]
pub struct Request {
    /// Shopify's customer id.
    pub customer: String,
    /// The client's name for it.
    pub key: String,
    /// Hash of method, path and body.
    pub fingerprint: Fingerprint,
    /// Everything the client has seen and asked, merged.
    pub bookmark: Bookmark,
    /// The clock of this instance.
    pub now: Time,
}

/// The reward a customer asks for, and what it should cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanting {
    /// The reward's id.
    pub reward: String,
    /// The points the customer was told.
    pub points: Points,
}

/// Why a command was not accepted. Nothing was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoyaltyRefusal {
    /// The programme has no such reward.
    RewardUnknown,
    /// The reward costs something else.
    OtherPrice(Points),
    /// There are not so many points; so many are available.
    Uncovered(Points),
    /// More redemptions than [`REDEMPTIONS_MAX`] in 15 days.
    TooMany,
    /// More commands pending than a bookmark holds.
    TooManyPending,
    /// The key was used for another command.
    Conflict,
    /// The key was first used too long ago.
    Expired,
    /// The world failed; the client retries with the same key.
    Port(PortError),
}

/// An acknowledged redemption: the account as the client now sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedRedemption {
    /// What the client sees.
    pub view: View,
    /// The redemption in it: as asked for, or as it was decided meanwhile.
    pub redemption: Redemption,
}

/// Where commands on accounts are accepted.
#[derive(Debug, Clone)]
pub struct Counter<A, L, E> {
    /// Reads accounts.
    pub accounts: A,
    /// Records commands.
    pub log: L,
    /// Publishes them.
    pub events: E,
}

// === impl Counter ===

impl<A: Accounts, L: LoyaltyLog, E: Events> Counter<A, L, E> {
    /// Accepts a redemption, or recognises that it was accepted before.
    ///
    /// # Errors
    /// [`LoyaltyRefusal`]; after [`LoyaltyRefusal::Port`] the fate is unknown and the client
    /// retries.
    pub async fn redeem(
        &self,
        request: &Request,
        wanting: &Wanting,
        program: &ProgramVersion,
    ) -> Result<AcceptedRedemption, LoyaltyRefusal> {
        let pending: Vec<Pending> = request.bookmark.pending.iter().copied().collect();
        let floor = request.bookmark.floor;
        let read = self.accounts.read(&request.customer, floor, &pending).await?;
        let id = CommandId::of_key(&format!("loyalty/{}", request.customer), &request.key);
        let record = match stamp(&read, request, id, wanting, program) {
            Ok(command) => self.record(request, command).await?,
            // What a retry would miss may be its own first effect.
            Err(refusal) => match self.log.find(id).await? {
                Some(existing) => honoured(request, existing)?,
                None => return Err(refusal),
            },
        };
        self.events.publish(&[record.to_event()]).await?;
        answer(request, read, record)
    }

    /// Accepts an adjustment by staff, or recognises that it was accepted before.
    ///
    /// # Errors
    /// As [`Self::redeem`].
    pub async fn adjust(
        &self,
        request: &Request,
        points: Points,
        reason: &str,
        program: Option<&ProgramVersion>,
    ) -> Result<LoyaltyCommand, LoyaltyRefusal> {
        let terms = match program {
            Some(version) => version.program.terms_of_gift(request.now),
            None => Terms::for_ever(request.now),
        };
        let action = LoyaltyAction::Adjust { points, reason: reason.to_owned(), terms };
        let command = LoyaltyCommand {
            time: request.now,
            // A customer's key never meets one of the staff's.
            id: CommandId::of_key(&format!("adjustments/{}", request.customer), &request.key),
            program_version: program.map_or(0, |version| version.version),
            action,
        };
        let record = self.record(request, command).await?;
        self.events.publish(&[record.to_event()]).await?;
        Ok(record.command)
    }

    /// The record of a command: its own, or the one found under its id.
    async fn record(
        &self,
        request: &Request,
        command: LoyaltyCommand,
    ) -> Result<LoyaltyRecord, LoyaltyRefusal> {
        let (fingerprint, customer) = (request.fingerprint.clone(), request.customer.clone());
        let record = LoyaltyRecord { fingerprint, customer, command };
        match self.log.record(&record).await? {
            Recorded::First => Ok(record),
            Recorded::Existing(existing) => honoured(request, *existing),
        }
    }
}

fn honoured(request: &Request, existing: LoyaltyRecord) -> Result<LoyaltyRecord, LoyaltyRefusal> {
    if existing.fingerprint != request.fingerprint || existing.customer != request.customer {
        return Err(LoyaltyRefusal::Conflict);
    }
    if !existing.is_honoured_at(request.now) {
        return Err(LoyaltyRefusal::Expired);
    }
    Ok(existing)
}

/// The account with the command pending beside the client's others.
fn answer(
    request: &Request,
    mut read: AccountRead,
    record: LoyaltyRecord,
) -> Result<AcceptedRedemption, LoyaltyRefusal> {
    // Another kind of command under the same id would have another fingerprint.
    let Some(requested) = record.command.redemption() else {
        return Err(LoyaltyRefusal::Conflict);
    };
    let mut bookmark = request.bookmark.clone();
    bookmark.pending.insert(record.command.place());
    read.records.push(record);
    let view = view(&request.customer, &read, &bookmark, request.now);
    let redemption = view.redemption(requested.id).cloned().unwrap_or(requested);
    Ok(AcceptedRedemption { view, redemption })
}

/// Checks the request against what the client sees and gives it its time.
fn stamp(
    read: &AccountRead,
    request: &Request,
    id: CommandId,
    wanting: &Wanting,
    version: &ProgramVersion,
) -> Result<LoyaltyCommand, LoyaltyRefusal> {
    let reward = version.program.reward(&wanting.reward).ok_or(LoyaltyRefusal::RewardUnknown)?;
    if reward.points != wanting.points {
        return Err(LoyaltyRefusal::OtherPrice(reward.points));
    }
    let seen = view(&request.customer, read, &request.bookmark, request.now);
    if seen.pending.len() >= PENDING_MAX {
        return Err(LoyaltyRefusal::TooManyPending);
    }
    if seen.account.redemptions.len() >= REDEMPTIONS_MAX {
        return Err(LoyaltyRefusal::TooMany);
    }
    // Not before the moment that the client is shown the account for, which includes what it has
    // seen: what became available by then is there.
    let reading = Reading { clock: request.now, seen: request.bookmark.moment };
    let newest = request.bookmark.newest_pending().unwrap_or_default().max(seen.account.highest);
    let time = Time(reading.moment_of(&seen.account).max(newest).0 + 1);
    let command = LoyaltyCommand {
        time,
        id,
        program_version: version.version,
        action: LoyaltyAction::Redeem {
            reward: wanting.reward.clone(),
            points: wanting.points,
            until: time.plus_ms(version.program.hold_ms),
        },
    };
    if command.redemption().is_some_and(|requested| is_covered(&seen.account, &requested)) {
        Ok(command)
    } else {
        Err(LoyaltyRefusal::Uncovered(seen.account.available_at(time)))
    }
}

fn is_covered(account: &Account, requested: &Redemption) -> bool {
    let ruling = account.rule(requested);
    ruling.is_ok_and(|ruling| ruling.decided.last().is_some_and(Redemption::is_held))
}

impl From<PortError> for LoyaltyRefusal {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

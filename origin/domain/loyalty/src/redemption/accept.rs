//! Accepting: from a request to an acknowledged command. A command is recorded first, then
//! published, and only then acknowledged.

use domain_core::bookmark::{Bookmark, PENDING_MAX, Pending};
use domain_core::event::Events;
use domain_core::id::CommandId;
use domain_core::idempotency::{Fingerprint, Recorded};
use domain_core::port::PortError;
use domain_core::time::Time;

use super::lifecycle::Redemption;
use super::loyalty_command::{LoyaltyAction, LoyaltyCommand, LoyaltyRecord};
use super::view::{View, view};
use crate::ledger::account::Account;
use crate::ledger::standing::Reading;
use crate::ledger::terms::Terms;
use crate::points::Points;
use crate::ports::{AccountRead, Accounts, LoyaltyLog};
use crate::program::definition::ProgramVersion;

/// Most redemptions of one account requested within 15 days: the account's item holds them, 200
/// bytes each.
pub const REDEMPTIONS_MAX: usize = 200;

/// One request for a command.
#[derive(Debug, Clone)]
pub struct CommandRequest {
    /// Shopify's customer id.
    pub customer: String,
    /// The client's idempotency key.
    pub key: String,
    /// Hash of method, path and body.
    pub fingerprint: Fingerprint,
    /// Everything the client has seen and requested, merged.
    pub bookmark: Bookmark,
    /// The clock of this instance.
    pub now: Time,
}

/// The reward a customer requests, and its expected cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RewardRequest {
    /// The reward's id.
    pub reward: String,
    /// The cost that the customer saw.
    pub points: Points,
}

/// Why a command was not accepted. Nothing was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoyaltyRejection {
    /// The program has no such reward.
    RewardUnknown,
    /// The reward has another cost.
    OtherPrice(Points),
    /// The account has too few points; this many are available.
    Uncovered(Points),
    /// More redemptions than [`REDEMPTIONS_MAX`] in 15 days.
    TooMany,
    /// More commands pending than a bookmark holds.
    TooManyPending,
    /// The key was used for another command.
    Conflict,
    /// The key was first used too long ago.
    Expired,
    /// A port failed; the client retries with the same key.
    Port(PortError),
}

/// An acknowledged redemption: the account as the client now sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedRedemption {
    /// The client's view.
    pub view: View,
    /// The redemption in it: as requested, or as decided meanwhile.
    pub redemption: Redemption,
}

/// Accepts commands on accounts.
#[derive(Debug, Clone)]
pub struct LoyaltyCommands<A, L, E> {
    /// Reads accounts.
    pub accounts: A,
    /// Records commands.
    pub log: L,
    /// Publishes them.
    pub events: E,
}

// === impl LoyaltyCommands ===

impl<A: Accounts, L: LoyaltyLog, E: Events> LoyaltyCommands<A, L, E> {
    /// Accepts a redemption, or recognises that it was accepted before.
    ///
    /// # Errors
    /// [`LoyaltyRejection`]; after [`LoyaltyRejection::Port`] the fate is unknown and the client
    /// retries.
    pub async fn redeem(
        &self,
        request: &CommandRequest,
        reward_request: &RewardRequest,
        program: &ProgramVersion,
    ) -> Result<AcceptedRedemption, LoyaltyRejection> {
        let pending: Vec<Pending> = request.bookmark.pending.iter().copied().collect();
        let floor = request.bookmark.floor;
        let read = self.accounts.read(&request.customer, floor, &pending).await?;
        let id = CommandId::of_key(&format!("loyalty/{}", request.customer), &request.key);
        let record = match stamp(&read, request, id, reward_request, program) {
            Ok(command) => self.record(request, command).await?,
            // The cause of a retry's rejection may be its own first effect.
            Err(rejection) => match self.log.find(id).await? {
                Some(existing) => honoured(request, existing)?,
                None => return Err(rejection),
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
        request: &CommandRequest,
        points: Points,
        reason: &str,
        program: Option<&ProgramVersion>,
    ) -> Result<LoyaltyCommand, LoyaltyRejection> {
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

    /// The record of a command: its own, or the existing one with its id.
    async fn record(
        &self,
        request: &CommandRequest,
        command: LoyaltyCommand,
    ) -> Result<LoyaltyRecord, LoyaltyRejection> {
        let (fingerprint, customer) = (request.fingerprint.clone(), request.customer.clone());
        let record = LoyaltyRecord { fingerprint, customer, command };
        match self.log.record(&record).await? {
            Recorded::First => Ok(record),
            Recorded::Existing(existing) => honoured(request, *existing),
        }
    }
}

fn honoured(
    request: &CommandRequest,
    existing: LoyaltyRecord,
) -> Result<LoyaltyRecord, LoyaltyRejection> {
    if existing.fingerprint != request.fingerprint || existing.customer != request.customer {
        return Err(LoyaltyRejection::Conflict);
    }
    if !existing.is_honoured_at(request.now) {
        return Err(LoyaltyRejection::Expired);
    }
    Ok(existing)
}

/// The account with the command pending besides the client's others.
fn answer(
    request: &CommandRequest,
    mut read: AccountRead,
    record: LoyaltyRecord,
) -> Result<AcceptedRedemption, LoyaltyRejection> {
    // Another kind of command under the same id would have another fingerprint.
    let Some(requested) = record.command.redemption() else {
        return Err(LoyaltyRejection::Conflict);
    };
    let mut bookmark = request.bookmark.clone();
    bookmark.pending.insert(record.command.place());
    read.records.push(record);
    let view = view(&request.customer, &read, &bookmark, request.now);
    let redemption = view.redemption(requested.id).cloned().unwrap_or(requested);
    Ok(AcceptedRedemption { view, redemption })
}

/// Checks the request against the client's view and assigns its time.
fn stamp(
    read: &AccountRead,
    request: &CommandRequest,
    id: CommandId,
    reward_request: &RewardRequest,
    version: &ProgramVersion,
) -> Result<LoyaltyCommand, LoyaltyRejection> {
    let reward =
        version.program.reward(&reward_request.reward).ok_or(LoyaltyRejection::RewardUnknown)?;
    if reward.points != reward_request.points {
        return Err(LoyaltyRejection::OtherPrice(reward.points));
    }
    let client_view = view(&request.customer, read, &request.bookmark, request.now);
    if client_view.pending.len() >= PENDING_MAX {
        return Err(LoyaltyRejection::TooManyPending);
    }
    if client_view.account.redemptions.len() >= REDEMPTIONS_MAX {
        return Err(LoyaltyRejection::TooMany);
    }
    // Not before the moment of the client's view, which includes everything it has seen: points
    // available by then can be redeemed.
    let reading = Reading { clock: request.now, seen: request.bookmark.moment };
    let newest =
        request.bookmark.newest_pending().unwrap_or_default().max(client_view.account.highest);
    let time = Time(reading.moment_of(&client_view.account).max(newest).0 + 1);
    let command = LoyaltyCommand {
        time,
        id,
        program_version: version.version,
        action: LoyaltyAction::Redeem {
            reward: reward_request.reward.clone(),
            points: reward_request.points,
            until: time.plus_ms(version.program.hold_ms),
        },
    };
    if command.redemption().is_some_and(|requested| is_covered(&client_view.account, &requested)) {
        Ok(command)
    } else {
        Err(LoyaltyRejection::Uncovered(client_view.account.available_at(time)))
    }
}

fn is_covered(account: &Account, requested: &Redemption) -> bool {
    let ruling = account.rule(requested);
    ruling.is_ok_and(|ruling| ruling.decided.last().is_some_and(Redemption::is_held))
}

impl From<PortError> for LoyaltyRejection {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

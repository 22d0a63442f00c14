//! Accepts commands on accounts: what a redemption asks of the account and the program, and
//! adjustments. Everything else about accepting is the core's.

use domain_core::event::Events;
use domain_core::id::CommandId;
use domain_core::idempotency::ID_WINDOW_MS;
use domain_core::resource::{
    Answer, CommandLog, CommandRequest, Commands, Draft, Reader, Rejection,
};

use super::lifecycle::{Redemption, State};
use super::loyalty_command::{LoyaltyAction, LoyaltyCommand, LoyaltyEvent};
use crate::ledger::account::Account;
use crate::ledger::standing::Reading;
use crate::ledger::terms::Terms;
use crate::points::Points;
use crate::program::definition::ProgramVersion;

/// Most redemptions of one account requested within 15 days: the account's item holds them, up to
/// 340 bytes each.
pub const REDEMPTIONS_MAX: usize = 200;

/// The reward a customer requests, and its expected cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RewardRequest {
    /// The reward's id.
    pub reward: String,
    /// The cost that the customer saw.
    pub points: Points,
}

/// Why an account rejects a redemption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoyaltyRejection {
    /// The program has no such reward.
    RewardUnknown,
    /// The reward has another cost.
    OtherPrice(Points),
    /// The account has too few points; this many are available.
    Uncovered(Points),
    /// More redemptions than [`REDEMPTIONS_MAX`] in 15 days.
    TooMany {
        /// How long until the oldest of them is older than that.
        wait_ms: u64,
    },
}

/// An acknowledged redemption.
#[derive(Debug, Clone, PartialEq)]
pub struct AcceptedRedemption {
    /// The account as the client now sees it.
    pub answer: Answer<Account>,
    /// The redemption in it: as requested, or as decided meanwhile.
    pub redemption: Redemption,
}

/// Accepts a redemption, or recognises that it was accepted before.
///
/// # Errors
/// As [`Commands::accept`].
pub async fn redeem<C: Reader<Account>, L: CommandLog<LoyaltyEvent>, E: Events>(
    commands: &Commands<C, L, E>,
    request: &CommandRequest,
    reward_request: &RewardRequest,
    program: &ProgramVersion,
) -> Result<AcceptedRedemption, Rejection<LoyaltyRejection>> {
    let accepted = commands.accept(request, |draft| check(draft, reward_request, program)).await?;
    // Another kind of command under the same id would have another fingerprint.
    let requested = accepted.event.command.redemption().ok_or(Rejection::Conflict)?;
    let answer: Answer<Account> = accepted.answer;
    // What the account has absorbed and does not contain was erased with its customer.
    let redemption = answer.view.redemption(requested.id).cloned();
    let redemption = redemption.unwrap_or_else(|| requested.at(State::Rejected));
    Ok(AcceptedRedemption { answer, redemption })
}

/// Accepts an adjustment by staff, or recognises that it was accepted before.
///
/// # Errors
/// As [`Commands::append`].
pub async fn adjust<C, L: CommandLog<LoyaltyEvent>, E: Events>(
    commands: &Commands<C, L, E>,
    request: &CommandRequest,
    (points, reason): (Points, &str),
    program: Option<&ProgramVersion>,
) -> Result<LoyaltyCommand, Rejection<LoyaltyRejection>> {
    let terms = match program {
        Some(version) => version.program.terms_of_gift(request.now),
        None => Terms::without_expiry(request.now),
    };
    let command = LoyaltyCommand {
        time: request.now,
        // A customer's key never meets one of the staff's.
        id: CommandId::of_key(&format!("adjustments/{}", request.resource), &request.key),
        program_version: program.map_or(0, |version| version.version),
        action: LoyaltyAction::Adjust { points, reason: reason.to_owned(), terms },
    };
    let event = LoyaltyEvent { customer: request.resource.clone(), command };
    Ok(commands.append(request, event).await?.command)
}

/// Checks a redemption against the client's view and the program, and assigns its time.
fn check(
    draft: &Draft<'_, Account>,
    reward_request: &RewardRequest,
    version: &ProgramVersion,
) -> Result<LoyaltyEvent, LoyaltyRejection> {
    let reward =
        version.program.reward(&reward_request.reward).ok_or(LoyaltyRejection::RewardUnknown)?;
    if reward.points != reward_request.points {
        return Err(LoyaltyRejection::OtherPrice(reward.points));
    }
    let account = &draft.answer.view.account;
    if account.redemptions.len() >= REDEMPTIONS_MAX {
        let oldest = account.redemptions.first().map_or(draft.request.now, |one| one.time);
        let free_at = oldest.plus_ms(ID_WINDOW_MS);
        return Err(LoyaltyRejection::TooMany {
            wait_ms: free_at.0.saturating_sub(draft.request.now.0),
        });
    }
    // Not before the moment of the client's view, which includes everything it has seen: points
    // available by then can be redeemed.
    let reading = Reading { clock: draft.request.now, seen: draft.request.bookmark.moment };
    let time = draft.time_after(reading.moment_of(account));
    let command = LoyaltyCommand {
        time,
        id: draft.id,
        program_version: version.version,
        action: LoyaltyAction::Redeem {
            reward: reward_request.reward.clone(),
            points: reward_request.points,
            until: time.plus_ms(version.program.hold_ms),
        },
    };
    if command.redemption().is_some_and(|requested| is_covered(account, &requested)) {
        Ok(LoyaltyEvent { customer: draft.request.resource.clone(), command })
    } else {
        Err(LoyaltyRejection::Uncovered(account.available_at(time)))
    }
}

fn is_covered(account: &Account, requested: &Redemption) -> bool {
    let ruling = account.rule(requested);
    ruling.is_ok_and(|ruling| ruling.decided.last().is_some_and(Redemption::is_held))
}

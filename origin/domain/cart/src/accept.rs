//! Accepts cart commands: what a request asks of the cart, and the limits. Everything else about
//! accepting is the core's.

use domain_core::event::Events;
use domain_core::resource::{
    Acceptance, CommandLog, CommandRequest, Commands, Draft, Reader, Rejection,
};

use super::absorb::CartEvent;
use super::command::{Action, CartCommand};
use super::item::CartItem;
use super::limits::{Limit, exceeded_limit};
use super::line::LineId;
use super::offering::NotSold;

/// The action a request contains, before it is checked against the cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestedAction {
    /// An action without preconditions on the cart.
    Act(Action),
    /// An action on a line that must exist; otherwise the command is rejected.
    OnLine(LineId, Action),
    /// An item to be added that is not sold. It is rejected, unless this is a retry of a request that
    /// was accepted when it was.
    NotSold(NotSold),
}

/// Why a cart rejects a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CartRejection {
    /// The line is not in the cart.
    LineUnknown,
    /// The item to be added is not sold.
    NotSold(NotSold),
    /// A limit would be passed.
    Limit(Limit),
    /// Only a guest's cart can be merged into another.
    NotAGuest,
}

/// Accepts a command, or acknowledges again the one accepted before under the same key.
///
/// # Errors
/// As [`Commands::accept`].
pub async fn accept<C: Reader<CartItem>, L: CommandLog<CartEvent>, E: Events>(
    commands: &Commands<C, L, E>,
    request: &CommandRequest,
    requested: RequestedAction,
) -> Result<Acceptance<CartItem>, Rejection<CartRejection>> {
    commands.accept(request, |draft| check(draft, requested)).await
}

fn check(
    draft: &Draft<'_, CartItem>,
    requested: RequestedAction,
) -> Result<CartEvent, CartRejection> {
    let contents = &draft.answer.view;
    let action = match requested {
        RequestedAction::Act(action) => action,
        RequestedAction::OnLine(line, action) if contents.lines.contains_key(&line) => action,
        RequestedAction::OnLine(..) => return Err(CartRejection::LineUnknown),
        RequestedAction::NotSold(reason) => return Err(CartRejection::NotSold(reason)),
    };
    let command = CartCommand { time: draft.time_after(draft.request.now), id: draft.id, action };
    let mut after = contents.clone();
    command.run(&mut after);
    let pending = draft.answer.bookmark.pending.len() + 1;
    match exceeded_limit(draft.item, &after, pending, draft.request.now) {
        Some(limit) => Err(CartRejection::Limit(limit)),
        None => Ok(CartEvent { cart: draft.request.resource.clone(), command }),
    }
}

//! Reissues commands that reached their cart too late, on an operator's request.

use domain_core::port::{Consistency, PortError};
use domain_core::resource::Source;
use domain_core::time::Time;

use super::absorb::{CartEvent, destination};
use super::command::CartCommand;
use super::item::{Applied, CartItem, apply_of};
use super::merge::{Both, Merge, Merged};

/// How to reissue an event from the dead letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reissue {
    /// The event is still too late: publish this one, the same command at a new time.
    Restamped(Box<CartEvent>),
    /// Deliver the same event: the cart absorbs it, has absorbed it, or rejects it again. An erased
    /// command never gets a new time.
    Unchanged,
    /// Don't reissue: the cart no longer stores whether it has absorbed the command.
    TooOld,
}

/// Decides by the cart's current state, not by the dead letter's reason. As long as the cart stores
/// ids of the command's own time, it absorbs an id once, no matter how often the command is
/// reissued.
///
/// # Errors
/// The port's error.
pub async fn reissue(
    carts: &impl Source<CartItem>,
    event: &CartEvent,
    now: Time,
) -> Result<Reissue, PortError> {
    let restamped = |highest: Time| {
        let command = CartCommand { time: Time(now.max(highest).0 + 1), ..event.command.clone() };
        Reissue::Restamped(Box::new(CartEvent { cart: event.cart.clone(), command }))
    };
    if let Some(merge) = Merge::of(event) {
        let guest = carts.item(merge.guest, Consistency::Strong).await?;
        let into = carts.item(merge.into, Consistency::Strong).await?;
        return Ok(match merge.apply(Both { guest: guest.as_ref(), into: into.as_ref() }) {
            Merged::Changed(_) | Merged::Known | Merged::Erased | Merged::Elsewhere(_) => {
                Reissue::Unchanged
            }
            Merged::TooOld => Reissue::TooOld,
            Merged::TooLate => restamped(
                [guest, into].iter().flatten().map(|item| item.highest).max().unwrap_or(now),
            ),
        });
    }
    let (_, item) = destination(carts, event).await?;
    Ok(match apply_of(item.as_ref(), &event.cart, &event.command) {
        Applied::Changed(_) | Applied::Known | Applied::Erased => Reissue::Unchanged,
        Applied::TooOld => Reissue::TooOld,
        Applied::TooLate => restamped(item.map_or(now, |item| item.highest)),
    })
}

//! Issuing anew: what may be done by hand with a command that reached its cart too late.

use super::absorb::{CartEvent, destination};
use super::command::CartCommand;
use super::item::{Applied, apply_of};
use super::merge::{Both, Merge, Merged};
use super::ports::CartSource;
use crate::port::{Consistency, PortError};
use crate::time::Time;

/// What is to be done with an event that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reissue {
    /// It still comes too late as it is: publish this instead, the same command at a new time.
    Anew(Box<CartEvent>),
    /// Deliver it again as it is: the cart takes it, or knows it, or says again why not. What was
    /// erased never gets a new time.
    AsItIs,
    /// Never: the cart no longer remembers whether it has absorbed the command.
    TooOld,
}

/// Decides by what the cart remembers now, not by why the event was once set aside. As long as the
/// cart remembers ids of the command's own time, one id is absorbed once, however often it is
/// issued anew.
///
/// # Errors
/// The port's error.
pub async fn reissue(
    carts: &impl CartSource,
    event: &CartEvent,
    now: Time,
) -> Result<Reissue, PortError> {
    let anew = |highest: Time| {
        let command = CartCommand { time: Time(now.max(highest).0 + 1), ..event.command.clone() };
        Reissue::Anew(Box::new(CartEvent { cart: event.cart.clone(), command }))
    };
    if let Some(merge) = Merge::of(event) {
        let guest = carts.item(merge.guest, Consistency::Strong).await?;
        let into = carts.item(merge.into, Consistency::Strong).await?;
        return Ok(match merge.apply(Both { guest: guest.as_ref(), into: into.as_ref() }) {
            Merged::Changed(_) | Merged::Known | Merged::Erased | Merged::Elsewhere(_) => {
                Reissue::AsItIs
            }
            Merged::TooOld => Reissue::TooOld,
            Merged::TooLate => {
                anew([guest, into].iter().flatten().map(|item| item.highest).max().unwrap_or(now))
            }
        });
    }
    let (_, item) = destination(carts, event).await?;
    Ok(match apply_of(item.as_ref(), &event.cart, &event.command) {
        Applied::Changed(_) | Applied::Known | Applied::Erased => Reissue::AsItIs,
        Applied::TooOld => Reissue::TooOld,
        Applied::TooLate => anew(item.map_or(now, |item| item.highest)),
    })
}

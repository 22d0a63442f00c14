//! Issuing anew: what may be done by hand with a command that reached its cart too late.

use super::absorb::CartEvent;
use super::command::CartCommand;
use super::item::{Applied, apply};
use super::ports::CartSource;
use crate::port::{Consistency, PortError};
use crate::time::Time;

/// What is to be done with an event that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reissue {
    /// It still comes too late as it is: publish this instead, the same command at a new time.
    Anew(Box<CartEvent>),
    /// Deliver it again as it is: the cart takes it, or knows it.
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
    let item = carts.item(&event.cart, Consistency::Strong).await?;
    Ok(match apply(item.as_ref(), &event.command) {
        Applied::Changed(_) | Applied::Known => Reissue::AsItIs,
        Applied::TooOld => Reissue::TooOld,
        Applied::TooLate => {
            let highest = item.map_or(Time::default(), |item| item.highest);
            let command =
                CartCommand { time: Time(now.max(highest).0 + 1), ..event.command.clone() };
            Reissue::Anew(Box::new(CartEvent { cart: event.cart.clone(), command }))
        }
    })
}

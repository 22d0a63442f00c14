//! Absorbing: what the consumer does with an event. Delivered any number of times in any order.

use serde::{Deserialize, Serialize};

use super::command::CartCommand;
use super::item::{Applied, apply};
use super::ports::CartWriter;
use crate::event::{Event, Kind};
use crate::port::{CONFLICT_ROUNDS_MAX, Consistency, PortError, Written};

/// The detail of a `cart.commanded` event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartEvent {
    /// The cart's id.
    pub cart: String,
    /// The whole command.
    pub command: CartCommand,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absorbed {
    /// The item has changed.
    Changed,
    /// The item knew the command.
    Known,
    /// To the dead letters with reason `too-late`.
    TooLate,
    /// To the dead letters with reason `too-old`.
    TooOld,
}

/// Absorbs one event into its cart.
///
/// # Errors
/// The port's error, or [`PortError::Unavailable`] after [`CONFLICT_ROUNDS_MAX`] lost races: the
/// message stays in the queue.
pub async fn absorb(carts: &impl CartWriter, event: &CartEvent) -> Result<Absorbed, PortError> {
    for _ in 0..CONFLICT_ROUNDS_MAX {
        let seen = carts.item(&event.cart, Consistency::Strong).await?;
        let item = match apply(seen.as_ref(), &event.command) {
            Applied::Changed(item) => item,
            Applied::Known => return Ok(Absorbed::Known),
            Applied::TooLate => return Ok(Absorbed::TooLate),
            Applied::TooOld => return Ok(Absorbed::TooOld),
        };
        if carts.store(&event.cart, &item, seen.as_ref()).await? == Written::Done {
            return Ok(Absorbed::Changed);
        }
    }
    Err(PortError::Unavailable("the cart changed under every attempt".to_owned()))
}

// === impl CartEvent ===

impl CartEvent {
    /// The event as it is published: equal commands travel as equal bytes.
    ///
    /// # Panics
    /// Never: a command always has a JSON form.
    #[must_use]
    pub fn to_event(&self) -> Event {
        let detail = serde_json::to_string(self).expect("a command always has a JSON form");
        Event { kind: Kind::CartCommanded, detail }
    }
}

//! Absorbs events: the consumer applies each one to its cart. Events arrive in any order, and some
//! arrive repeatedly.

use domain_core::port::{CONFLICT_ROUNDS_MAX, Consistency, PortError, Written};
use domain_core::resource::{Resource as _, Source};
use serde::{Deserialize, Serialize};

use super::command::CartCommand;
use super::item::{Applied, CartItem, apply_of};
use super::merge::{Both, Merge, Merged};
use super::ports::{CartChange, CartWriter};

/// The detail of a `cart.commanded` event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartEvent {
    /// The cart's id.
    pub cart: String,
    /// The whole command.
    pub command: CartCommand,
}

/// The outcome of absorbing an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Absorbed {
    /// The item has changed.
    Changed,
    /// The item had absorbed the command before.
    Known,
    /// The command is older than the erasure of its cart: dropped with reason `customer-erased`.
    Erased,
    /// Goes to the dead letters with reason `too-late`.
    TooLate,
    /// Goes to the dead letters with reason `too-old`.
    TooOld,
    /// The cart is already merged into another: goes to the dead letters with reason
    /// `merged-elsewhere`.
    Elsewhere(String),
}

/// Absorbs one event into its cart, or into the cart its own was merged into.
///
/// # Errors
/// The port's error, or [`PortError::Unavailable`] after [`CONFLICT_ROUNDS_MAX`] lost races: the
/// message stays in the queue.
pub async fn absorb(carts: &impl CartWriter, event: &CartEvent) -> Result<Absorbed, PortError> {
    for _ in 0..CONFLICT_ROUNDS_MAX {
        let attempt = match Merge::of(event) {
            Some(merge) => merge_once(carts, merge).await?,
            None => absorb_once(carts, event).await?,
        };
        if let Some(absorbed) = attempt {
            return Ok(absorbed);
        }
    }
    Err(PortError::Unavailable("the cart changed under every attempt".to_owned()))
}

/// One attempt; `None` after a write conflict.
async fn absorb_once(
    carts: &impl CartWriter,
    event: &CartEvent,
) -> Result<Option<Absorbed>, PortError> {
    let (cart, stored) = destination(carts, event).await?;
    let item = match apply_of(stored.as_ref(), &event.cart, &event.command) {
        Applied::Changed(item) => item,
        Applied::Known => return Ok(Some(Absorbed::Known)),
        Applied::Erased => return Ok(Some(Absorbed::Erased)),
        Applied::TooLate => return Ok(Some(Absorbed::TooLate)),
        Applied::TooOld => return Ok(Some(Absorbed::TooOld)),
    };
    let written = carts.store(&cart, &item, stored.as_ref()).await?;
    Ok((written == Written::Done).then_some(Absorbed::Changed))
}

/// The cart that an event applies to now, following a merge, and its item.
pub(super) async fn destination(
    carts: &impl Source<CartItem>,
    event: &CartEvent,
) -> Result<(String, Option<CartItem>), PortError> {
    let sent_to = carts.item(&event.cart, Consistency::Strong).await?;
    let merged_into = sent_to.as_ref().and_then(|item| item.merged_into_at(event.command.time));
    Ok(match merged_into.map(str::to_owned) {
        None => (event.cart.clone(), sent_to),
        Some(into) => {
            let item = carts.item(&into, Consistency::Strong).await?;
            (into, item)
        }
    })
}

async fn merge_once(
    carts: &impl CartWriter,
    merge: Merge<'_>,
) -> Result<Option<Absorbed>, PortError> {
    let guest = carts.item(merge.guest, Consistency::Strong).await?;
    let into = carts.item(merge.into, Consistency::Strong).await?;
    let items = match merge.apply(Both { guest: guest.as_ref(), into: into.as_ref() }) {
        Merged::Changed(items) => items,
        Merged::Known => return Ok(Some(Absorbed::Known)),
        Merged::Erased => return Ok(Some(Absorbed::Erased)),
        Merged::Elsewhere(cart) => return Ok(Some(Absorbed::Elsewhere(cart))),
        Merged::TooLate => return Ok(Some(Absorbed::TooLate)),
        Merged::TooOld => return Ok(Some(Absorbed::TooOld)),
    };
    let written = carts
        .store_both([
            CartChange { cart: merge.guest, item: &items.guest, seen: guest.as_ref() },
            CartChange { cart: merge.into, item: &items.into, seen: into.as_ref() },
        ])
        .await?;
    Ok((written == Written::Done).then_some(Absorbed::Changed))
}

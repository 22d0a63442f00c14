//! Accepts merges. A merge is recorded under the guest's cart, independent of the idempotency key,
//! published, and applied before the answer: until then the guest's lines are in the guest's item.

use std::sync::Arc;

use domain_core::bookmark::{Bookmark, PENDING_MAX};
use domain_core::event::Events;
use domain_core::id::CommandId;
use domain_core::idempotency::{Fingerprint, Recorded};
use domain_core::port::{Consistency, PortError};
use domain_core::resource::{
    Answer, CommandEvent as _, CommandLog, CommandRecord, Commands, Read, Rejection, Resource as _,
};
use domain_core::time::Time;

use super::absorb::{Absorbed, CartEvent, absorb};
use super::accept::CartRejection;
use super::command::{Action, CartCommand};
use super::item::CartItem;
use super::limits::exceeded_limit;
use super::merge::{Both, Merge, Merged};
use super::owner::is_guests;
use super::ports::CartWriter;

/// One request for a merge.
#[derive(Debug, Clone)]
pub struct MergeRequest {
    /// The customer's own cart.
    pub cart: String,
    /// The guest's cart.
    pub guest: String,
    /// The merge of all bookmarks the client sent for the customer's cart.
    pub bookmark: Bookmark,
    /// The same for the guest's cart. Commands still pending move to the customer's bookmark.
    pub guest_bookmark: Bookmark,
    /// The clock of this instance.
    pub now: Time,
}

/// Both carts, each from one strongly consistent read.
struct CartPair {
    read: Read<CartItem>,
    guest: Option<CartItem>,
}

/// Merges a guest's cart into the customer's, or acknowledges again the merge done before.
///
/// # Errors
/// [`Rejection`]; after [`Rejection::Port`] the outcome is unknown and the client retries.
pub async fn merge<C: CartWriter, L: CommandLog<CartEvent>, E: Events>(
    commands: &Commands<C, L, E>,
    request: &MergeRequest,
) -> Result<Answer<CartItem>, Rejection<CartRejection>> {
    if !is_guests(&request.guest) {
        return Err(Rejection::Check(CartRejection::NotAGuest));
    }
    let carts = request.read_both(&commands.reader).await?;
    match carts.guest.as_ref().and_then(|guest| guest.merged_into_at(request.now)) {
        Some(into) if into == request.cart => return request.answer(&carts.read),
        Some(into) => return Err(Rejection::Merged { into: into.to_owned(), accepted: None }),
        None => {}
    }
    let CommandRecord { fingerprint, event } = record(&commands.log, request, &carts).await?;
    if fingerprint != request.fingerprint() {
        return Err(Rejection::Merged { into: event.cart, accepted: None });
    }
    request.is_in_time(&event, &carts)?;
    commands.events.publish(&[event.to_event()]).await?;
    match absorb(&commands.reader, &event).await? {
        Absorbed::Changed | Absorbed::Known => {}
        Absorbed::TooLate | Absorbed::TooOld | Absorbed::Erased => return Err(Rejection::Expired),
        Absorbed::Elsewhere(into) => return Err(Rejection::Merged { into, accepted: None }),
    }
    request.answer(&request.read_both(&commands.reader).await?.read)
}

/// The record of the guest's merge. The log is read first: a retry may fail the checks because of
/// its own first effect.
async fn record(
    log: &impl CommandLog<CartEvent>,
    request: &MergeRequest,
    carts: &CartPair,
) -> Result<CommandRecord<CartEvent>, Rejection<CartRejection>> {
    if let Some(existing) = log.find(request.id()).await? {
        return Ok(existing);
    }
    let record = CommandRecord { fingerprint: request.fingerprint(), event: request.stamp(carts)? };
    Ok(match log.record(&record).await? {
        Recorded::First => record,
        Recorded::Existing(existing) => *existing,
    })
}

// === impl MergeRequest ===

impl MergeRequest {
    /// A guest's cart is merged once, independent of the client and its key.
    fn id(&self) -> CommandId {
        CommandId::of_cause("cart", &format!("merge/{}", self.guest))
    }

    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of("merge", &self.guest, self.cart.as_bytes())
    }

    /// The floor is that of the customer's cart: the merge moves the guest's commands there.
    fn merged_bookmark(&self) -> Bookmark {
        let mut bookmark = self.bookmark.clone();
        bookmark.pending.extend(&self.guest_bookmark.pending);
        bookmark
    }

    async fn read_both(&self, carts: &impl CartWriter) -> Result<CartPair, PortError> {
        let pending = self.merged_bookmark().pending;
        let ids: Vec<CommandId> = pending.iter().map(|pending| pending.id).collect();
        let guest = carts.item(&self.guest, Consistency::Strong).await?;
        Ok(CartPair { read: carts.batch(&self.cart, &ids).await?, guest })
    }

    fn answer(&self, read: &Read<CartItem>) -> Result<Answer<CartItem>, Rejection<CartRejection>> {
        Ok(read.answer(&self.merged_bookmark(), self.now)?)
    }

    /// Assigns the merge its time and checks the limits of the merged cart.
    fn stamp(&self, carts: &CartPair) -> Result<CartEvent, Rejection<CartRejection>> {
        let items = [carts.guest.as_ref(), carts.read.item.as_deref()].into_iter().flatten();
        let newest_absorbed = items.map(|item| item.highest).max().unwrap_or_default();
        let newest_pending = self.merged_bookmark().newest_pending().unwrap_or_default();
        let time = Time(self.now.max(newest_absorbed).max(newest_pending).0 + 1);
        let action = Action::Merge { guest: self.guest.clone() };
        let command = CartCommand { time, id: self.id(), action };
        let event = CartEvent { cart: self.cart.clone(), command };
        if let Some(Merged::Changed(merged)) =
            Merge::of(&event).map(|merge| merge.apply(carts.both()))
        {
            let item = Some(Arc::new(merged.into.clone()));
            let after = self.answer(&Read { item, ..carts.read.clone() })?;
            let pending = after.bookmark.pending.len();
            if pending > PENDING_MAX {
                return Err(Rejection::TooManyPending);
            }
            if let Some(limit) = exceeded_limit(&merged.into, &after.view, pending, self.now) {
                return Err(Rejection::Check(CartRejection::Limit(limit)));
            }
        }
        Ok(event)
    }

    /// A merge has no retry window: unlike other commands it is applied while the client waits, so
    /// it is in time as long as both carts accept it. Otherwise nothing is published.
    fn is_in_time(
        &self,
        event: &CartEvent,
        carts: &CartPair,
    ) -> Result<(), Rejection<CartRejection>> {
        match Merge::of(event).map(|merge| merge.apply(carts.both())) {
            Some(Merged::TooLate | Merged::TooOld | Merged::Erased) => Err(Rejection::Expired),
            Some(Merged::Elsewhere(into)) => Err(Rejection::Merged { into, accepted: None }),
            _ => Ok(()),
        }
    }
}

// === impl CartPair ===

impl CartPair {
    fn both(&self) -> Both<'_> {
        Both { guest: self.guest.as_ref(), into: self.read.item.as_deref() }
    }
}

//! Accepts merges. A merge is recorded under the guest's cart, independent of the idempotency key,
//! published, and applied before the answer: until then the guest's lines are in the guest's item.

use std::sync::Arc;

use domain_core::bookmark::Bookmark;
use domain_core::event::Events;
use domain_core::id::CommandId;
use domain_core::idempotency::{Fingerprint, Recorded};
use domain_core::port::{Consistency, PortError};
use domain_core::time::Time;

use super::absorb::{Absorbed, CartEvent, absorb};
use super::accept::{Acceptance, CartCommands, Rejection};
use super::answer::answer;
use super::command::{Action, CartCommand};
use super::item::CartItem;
use super::limits::exceeded_limit;
use super::merge::{Both, Merge, Merged};
use super::owner::is_guests;
use super::ports::{CartRead, CartWriter};
use crate::{CommandLog, CommandRecord};

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
    read: CartRead,
    guest: Option<CartItem>,
}

impl<C: CartWriter, L: CommandLog, E: Events> CartCommands<C, L, E> {
    /// Merges a guest's cart into the customer's, or acknowledges again the merge done before.
    ///
    /// # Errors
    /// [`Rejection`]; after [`Rejection::Port`] the outcome is unknown and the client retries.
    pub async fn merge(&self, request: &MergeRequest) -> Result<Acceptance, Rejection> {
        if !is_guests(&request.guest) {
            return Err(Rejection::NotAGuest);
        }
        let carts = self.read_both(request).await?;
        match carts.guest.as_ref().and_then(|guest| guest.merged_into_at(request.now)) {
            Some(into) if into == request.cart => return request.acceptance(&carts.read, true),
            Some(into) => return Err(Rejection::Merged { into: into.to_owned(), accepted: None }),
            None => {}
        }
        let (record, replayed) = self.record_merge(request, &carts).await?;
        if record.fingerprint != request.fingerprint() {
            return Err(Rejection::Merged { into: record.cart, accepted: None });
        }
        let event = CartEvent { cart: record.cart, command: record.command };
        request.is_in_time(&event, &carts)?;
        self.events.publish(&[event.to_event()]).await?;
        match absorb(&self.carts, &event).await? {
            Absorbed::Changed | Absorbed::Known => {}
            Absorbed::TooLate | Absorbed::TooOld | Absorbed::Erased => {
                return Err(Rejection::Expired);
            }
            Absorbed::Elsewhere(into) => return Err(Rejection::Merged { into, accepted: None }),
        }
        request.acceptance(&self.read_both(request).await?.read, replayed)
    }

    async fn read_both(&self, request: &MergeRequest) -> Result<CartPair, PortError> {
        let ids: Vec<CommandId> =
            request.merged_bookmark().pending.iter().map(|pending| pending.id).collect();
        let guest = self.carts.item(&request.guest, Consistency::Strong).await?;
        let (item, records) = self.carts.item_and_records(&request.cart, &ids).await?;
        let read = CartRead { item: item.map(Arc::new), records, is_strong: true };
        Ok(CartPair { read, guest })
    }

    /// The record of the guest's merge, and whether it existed before. The log is read first: a
    /// retry may fail the checks because of its own first effect.
    async fn record_merge(
        &self,
        request: &MergeRequest,
        carts: &CartPair,
    ) -> Result<(CommandRecord, bool), Rejection> {
        if let Some(existing) = self.log.find(request.id()).await? {
            return Ok((existing, true));
        }
        let record = request.stamp(carts)?;
        Ok(match self.log.record(&record).await? {
            Recorded::First => (record, false),
            Recorded::Existing(existing) => (*existing, true),
        })
    }
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

    fn acceptance(&self, read: &CartRead, replayed: bool) -> Result<Acceptance, Rejection> {
        let answer = answer(read, &self.merged_bookmark(), self.now)?;
        Ok(Acceptance { answer, replayed })
    }

    /// Assigns the merge its time and checks the limits of the merged cart.
    fn stamp(&self, carts: &CartPair) -> Result<CommandRecord, Rejection> {
        let items = [carts.guest.as_ref(), carts.read.item.as_deref()].into_iter().flatten();
        let newest_absorbed = items.map(|item| item.highest).max().unwrap_or_default();
        let newest_pending = self.merged_bookmark().newest_pending().unwrap_or_default();
        let time = Time(self.now.max(newest_absorbed).max(newest_pending).0 + 1);
        let action = Action::Merge { guest: self.guest.clone() };
        let command = CartCommand { time, id: self.id(), action };
        let (fingerprint, cart) = (self.fingerprint(), self.cart.clone());
        let event = CartEvent { cart: cart.clone(), command: command.clone() };
        if let Some(Merged::Changed(merged)) =
            Merge::of(&event).map(|merge| merge.apply(carts.both()))
        {
            let read = CartRead {
                item: Some(Arc::new(merged.into.clone())),
                records: carts.read.records.clone(),
                is_strong: true,
            };
            let after = answer(&read, &self.merged_bookmark(), self.now)?;
            let pending = after.bookmark.pending.len();
            if let Some(limit) = exceeded_limit(&merged.into, &after.contents, pending) {
                return Err(Rejection::Limit(limit));
            }
        }
        Ok(CommandRecord { fingerprint, cart, command })
    }

    /// A merge has no retry window: unlike other commands it is applied while the client waits, so
    /// it is in time as long as both carts accept it. Otherwise nothing is published.
    fn is_in_time(&self, event: &CartEvent, carts: &CartPair) -> Result<(), Rejection> {
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

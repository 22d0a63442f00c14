//! Accepting a merge: recorded under the guest's cart whatever the key, published, and applied
//! before the answer, because what the answer shows of the guest is in the guest's item until then.

use std::sync::Arc;

use super::absorb::{Absorbed, CartEvent, absorb};
use super::accept::{Acceptance, Desk, Refusal};
use super::answer::answer;
use super::command::{Action, CartCommand};
use super::item::CartItem;
use super::limits::passed;
use super::merge::{Both, Merge, Merged};
use super::owner::is_guests;
use super::ports::{CartRead, CartWriter};
use crate::bookmark::Bookmark;
use crate::event::Events;
use crate::id::CommandId;
use crate::idempotency::{CommandLog, CommandRecord, Fingerprint, Recorded};
use crate::port::{Consistency, PortError};
use crate::time::Time;

/// One request for a merge.
#[derive(Debug, Clone)]
pub struct MergeIntent {
    /// The customer's own cart.
    pub cart: String,
    /// The guest's.
    pub guest: String,
    /// Everything the client has seen and asked of the customer's cart, merged.
    pub bookmark: Bookmark,
    /// The same of the guest's. What of it is still missing goes on in the customer's bookmark.
    pub guest_bookmark: Bookmark,
    /// The clock of this instance.
    pub now: Time,
}

/// Both carts as one strongly consistent read each found them.
struct Seen {
    read: CartRead,
    guest: Option<CartItem>,
}

impl<C: CartWriter, L: CommandLog, E: Events> Desk<C, L, E> {
    /// Merges a guest's cart into the customer's, or recognises that it was done before.
    ///
    /// # Errors
    /// [`Refusal`]; after [`Refusal::Port`] the fate is unknown and the client asks again.
    pub async fn merge(&self, intent: &MergeIntent) -> Result<Acceptance, Refusal> {
        if !is_guests(&intent.guest) {
            return Err(Refusal::NotAGuest);
        }
        let seen = self.see(intent).await?;
        match seen.guest.as_ref().and_then(|guest| guest.merged_into_at(intent.now)) {
            Some(into) if into == intent.cart => return intent.show(&seen.read, true),
            Some(into) => return Err(Refusal::Merged { into: into.to_owned(), accepted: None }),
            None => {}
        }
        let (record, replayed) = self.record_merge(intent, &seen).await?;
        if record.fingerprint != intent.fingerprint() {
            return Err(Refusal::Merged { into: record.cart, accepted: None });
        }
        let event = CartEvent { cart: record.cart, command: record.command };
        intent.is_in_time(&event, &seen)?;
        self.events.publish(&[event.to_event()]).await?;
        match absorb(&self.carts, &event).await? {
            Absorbed::Changed | Absorbed::Known => {}
            Absorbed::TooLate | Absorbed::TooOld | Absorbed::Erased => {
                return Err(Refusal::Expired);
            }
            Absorbed::Elsewhere(into) => return Err(Refusal::Merged { into, accepted: None }),
        }
        intent.show(&self.see(intent).await?.read, replayed)
    }

    async fn see(&self, intent: &MergeIntent) -> Result<Seen, PortError> {
        let ids: Vec<CommandId> =
            intent.merged_bookmark().pending.iter().map(|pending| pending.id).collect();
        let guest = self.carts.item(&intent.guest, Consistency::Strong).await?;
        let (item, records) = self.carts.item_and_records(&intent.cart, &ids).await?;
        let read = CartRead { item: item.map(Arc::new), records, is_strong: true };
        Ok(Seen { read, guest })
    }

    /// The record of the guest's merge, and whether it was there. It is looked for first: what a
    /// repetition would find in its way may be its own first effect.
    async fn record_merge(
        &self,
        intent: &MergeIntent,
        seen: &Seen,
    ) -> Result<(CommandRecord, bool), Refusal> {
        if let Some(existing) = self.log.find(intent.id()).await? {
            return Ok((existing, true));
        }
        let record = intent.stamp(seen)?;
        Ok(match self.log.record(&record).await? {
            Recorded::First => (record, false),
            Recorded::Existing(existing) => (*existing, true),
        })
    }
}

// === impl MergeIntent ===

impl MergeIntent {
    /// A guest's cart is merged once, whoever asks and under whichever key.
    fn id(&self) -> CommandId {
        CommandId::of_cause("cart", &format!("merge/{}", self.guest))
    }

    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of("merge", &self.guest, self.cart.as_bytes())
    }

    /// The client's floor is the customer's cart's alone; what the guest's had absorbed is in it.
    fn merged_bookmark(&self) -> Bookmark {
        let mut bookmark = self.bookmark.clone();
        bookmark.pending.extend(&self.guest_bookmark.pending);
        bookmark
    }

    fn show(&self, read: &CartRead, replayed: bool) -> Result<Acceptance, Refusal> {
        let answer = answer(read, &self.merged_bookmark(), self.now)?;
        Ok(Acceptance { answer, replayed })
    }

    /// Gives the merge its time and checks what the customer's cart would hold.
    fn stamp(&self, seen: &Seen) -> Result<CommandRecord, Refusal> {
        let items = [seen.guest.as_ref(), seen.read.item.as_deref()].into_iter().flatten();
        let seen_until = items.map(|item| item.highest).max().unwrap_or_default();
        let asked_until = self.merged_bookmark().newest_pending().unwrap_or_default();
        let time = Time(self.now.max(seen_until).max(asked_until).0 + 1);
        let action = Action::Merge { guest: self.guest.clone() };
        let command = CartCommand { time, id: self.id(), action };
        let (fingerprint, cart) = (self.fingerprint(), self.cart.clone());
        let event = CartEvent { cart: cart.clone(), command: command.clone() };
        if let Some(Merged::Changed(joined)) =
            Merge::of(&event).map(|merge| merge.apply(seen.both()))
        {
            let read = CartRead {
                item: Some(Arc::new(joined.into.clone())),
                records: seen.read.records.clone(),
                is_strong: true,
            };
            let after = answer(&read, &self.merged_bookmark(), self.now)?;
            let pending = after.bookmark.pending.len();
            if let Some(limit) = passed(&joined.into, &after.contents, pending) {
                return Err(Refusal::Limit(limit));
            }
        }
        Ok(CommandRecord { fingerprint, cart, command })
    }

    /// A merge has no window of its own: unlike other commands it is applied while the client
    /// waits, so it is in time as long as both carts take it. Nothing is published otherwise.
    fn is_in_time(&self, event: &CartEvent, seen: &Seen) -> Result<(), Refusal> {
        match Merge::of(event).map(|merge| merge.apply(seen.both())) {
            Some(Merged::TooLate | Merged::TooOld | Merged::Erased) => Err(Refusal::Expired),
            Some(Merged::Elsewhere(into)) => Err(Refusal::Merged { into, accepted: None }),
            _ => Ok(()),
        }
    }
}

// === impl Seen ===

impl Seen {
    fn both(&self) -> Both<'_> {
        Both { guest: self.guest.as_ref(), into: self.read.item.as_deref() }
    }
}

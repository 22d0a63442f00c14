//! Accepting: from a request to an acknowledged command. Recorded first, then published, and only
//! then answered.

use super::absorb::CartEvent;
use super::answer::{Answer, MergedInto, answer};
use super::command::{Action, CartCommand};
use super::item::CartItem;
use super::limits::{Limit, passed};
use super::line::LineId;
use super::ports::{CartRead, Carts};
use crate::bookmark::{Bookmark, Pending};
use crate::event::Events;
use crate::id::CommandId;
use crate::idempotency::{CommandLog, CommandRecord, Fingerprint, Recorded};
use crate::port::PortError;
use crate::time::Time;

/// What a request asks for, before it is checked against the cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// An action whose preconditions are met whatever the cart holds.
    Act(Action),
    /// An action on a line that must be there: otherwise the shopper is told.
    OnLine(LineId, Action),
}

/// One request for a command.
#[derive(Debug, Clone)]
pub struct Intent {
    /// The cart's id.
    pub cart: String,
    /// The client's name for it.
    pub key: String,
    /// Hash of method, path and body.
    pub fingerprint: Fingerprint,
    /// Everything the client has seen and asked, merged.
    pub bookmark: Bookmark,
    /// The clock of this instance.
    pub now: Time,
}

/// Why a command was not accepted. Nothing was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The line is not in the cart.
    LineUnknown,
    /// A limit would be passed.
    Limit(Limit),
    /// The key was used for another command.
    Conflict,
    /// The key was first used too long ago.
    Expired,
    /// The cart was merged into this one. If the request repeats a command that was accepted
    /// before, its bookmark knows it: a merge with that shows its effect.
    Merged {
        /// The cart to go on with.
        into: String,
        /// What the client has seen and asked of the cart that was merged.
        accepted: Option<Box<Bookmark>>,
    },
    /// Only a guest's cart goes into another.
    NotAGuest,
    /// The world failed; the client retries with the same key.
    Port(PortError),
}

/// An acknowledged command: the cart as the client now sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// What the client sees.
    pub answer: Answer,
    /// Whether the key was known and nothing new was stamped.
    pub replayed: bool,
}

/// Where commands are accepted: carts to read, a log to record in, a bus to publish to.
#[derive(Debug, Clone)]
pub struct Desk<C, L, E> {
    /// Reads carts.
    pub carts: C,
    /// Records commands.
    pub log: L,
    /// Publishes them.
    pub events: E,
}

impl<C: Carts, L: CommandLog, E: Events> Desk<C, L, E> {
    /// Accepts a command, or recognises that it was accepted before.
    ///
    /// # Errors
    /// [`Refusal`]; after [`Refusal::Port`] the fate is unknown and the client retries.
    pub async fn accept(&self, intent: &Intent, wish: Wish) -> Result<Acceptance, Refusal> {
        let id = CommandId::of_key(&resource(&intent.cart), &intent.key);
        let read = self.read(intent).await?;
        if let Some(into) = read.item.as_deref().and_then(|item| item.merged_into_at(intent.now)) {
            return Err(self.moved(intent, id, into).await?);
        }
        let command = match stamp(&read, intent, id, wish) {
            Ok(command) => command,
            // What a retry would pass or miss may be its own first effect.
            Err(refusal) => match self.log.find(id).await? {
                Some(existing) => return self.replay(intent, &read, existing).await,
                None => return Err(refusal),
            },
        };
        let record = CommandRecord {
            fingerprint: intent.fingerprint.clone(),
            cart: intent.cart.clone(),
            command,
        };
        if let Recorded::Existing(existing) = self.log.record(&record).await? {
            return self.replay(intent, &read, *existing).await;
        }
        self.acknowledge(intent, read, record, false).await
    }

    async fn read(&self, intent: &Intent) -> Result<CartRead, PortError> {
        let pending: Vec<Pending> = intent.bookmark.pending.iter().copied().collect();
        self.carts.read(&intent.cart, intent.bookmark.floor, &pending).await
    }

    /// The cart is merged into another. A command that was recorded before is published again, so
    /// that it counts there whether or not it was published then.
    async fn moved(
        &self,
        intent: &Intent,
        id: CommandId,
        into: &str,
    ) -> Result<Refusal, PortError> {
        let existing = self.log.find(id).await?.filter(|record| {
            let is_same =
                (&record.fingerprint, &record.cart) == (&intent.fingerprint, &intent.cart);
            is_same && record.is_honoured_at(intent.now)
        });
        let mut accepted = None;
        if let Some(CommandRecord { cart, command, .. }) = existing {
            let mut bookmark = intent.bookmark.clone();
            bookmark.pending.insert(command.place());
            self.events.publish(&[CartEvent { cart, command }.to_event()]).await?;
            accepted = Some(Box::new(bookmark));
        }
        Ok(Refusal::Merged { into: into.to_owned(), accepted })
    }

    async fn replay(
        &self,
        intent: &Intent,
        read: &CartRead,
        existing: CommandRecord,
    ) -> Result<Acceptance, Refusal> {
        if existing.fingerprint != intent.fingerprint || existing.cart != intent.cart {
            return Err(Refusal::Conflict);
        }
        if !existing.is_honoured_at(intent.now) {
            return Err(Refusal::Expired);
        }
        self.acknowledge(intent, read.clone(), existing, true).await
    }

    /// Publishes the stored command and answers with it pending beside the client's others.
    async fn acknowledge(
        &self,
        intent: &Intent,
        mut read: CartRead,
        record: CommandRecord,
        replayed: bool,
    ) -> Result<Acceptance, Refusal> {
        let command = record.command.clone();
        let event = CartEvent { cart: intent.cart.clone(), command };
        self.events.publish(&[event.to_event()]).await?;
        let mut bookmark = intent.bookmark.clone();
        bookmark.pending.insert(record.command.place());
        read.records.push(record);
        let answer = answer(&read, &bookmark, intent.now)?;
        Ok(Acceptance { answer, replayed })
    }
}

impl From<PortError> for Refusal {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl From<MergedInto> for Refusal {
    fn from(MergedInto(into): MergedInto) -> Self {
        Self::Merged { into, accepted: None }
    }
}

/// The resource a cart's bookmarks and keys are about.
fn resource(cart: &str) -> String {
    format!("cart/{cart}")
}

/// Checks the wish against what the client sees and gives it its time.
fn stamp(
    read: &CartRead,
    intent: &Intent,
    id: CommandId,
    wish: Wish,
) -> Result<CartCommand, Refusal> {
    let seen = answer(read, &intent.bookmark, intent.now)?;
    let action = match wish {
        Wish::Act(action) => action,
        Wish::OnLine(line, action) if seen.contents.lines.contains_key(&line) => action,
        Wish::OnLine(..) => return Err(Refusal::LineUnknown),
    };
    let empty = CartItem::default();
    let item = read.present_at(intent.now).unwrap_or(&empty);
    let newest = intent.bookmark.newest_pending().unwrap_or_default().max(item.highest);
    let command = CartCommand { time: Time(intent.now.max(newest).0 + 1), id, action };
    let mut after = seen.contents.clone();
    after.run(&command);
    match passed(item, &after, seen.pending_with_one_more()) {
        Some(limit) => Err(Refusal::Limit(limit)),
        None => Ok(command),
    }
}

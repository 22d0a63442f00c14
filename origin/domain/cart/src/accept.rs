//! Accepts commands. A command is recorded first, then published, and only then acknowledged.

use domain_core::bookmark::{Bookmark, Pending};
use domain_core::event::Events;
use domain_core::id::CommandId;
use domain_core::idempotency::{Fingerprint, Recorded};
use domain_core::port::PortError;
use domain_core::time::Time;

use super::absorb::CartEvent;
use super::answer::{Answer, MergedInto, answer};
use super::command::{Action, CartCommand};
use super::item::CartItem;
use super::limits::{Limit, exceeded_limit};
use super::line::LineId;
use super::ports::{CartRead, Carts};
use crate::{CommandLog, CommandRecord};

/// The action a request contains, before it is checked against the cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestedAction {
    /// An action without preconditions on the cart.
    Act(Action),
    /// An action on a line that must exist; otherwise the command is rejected.
    OnLine(LineId, Action),
}

/// One request for a command.
#[derive(Debug, Clone)]
pub struct CommandRequest {
    /// The cart's id.
    pub cart: String,
    /// The client's idempotency key.
    pub key: String,
    /// Hash of method, path and body.
    pub fingerprint: Fingerprint,
    /// The merge of all bookmarks the client sent.
    pub bookmark: Bookmark,
    /// The clock of this instance.
    pub now: Time,
}

/// Why a command was not accepted. Nothing was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// The line is not in the cart.
    LineUnknown,
    /// A limit would be passed.
    Limit(Limit),
    /// The key was used for another command.
    Conflict,
    /// The key was first used too long ago.
    Expired,
    /// The cart was merged into another. If the request repeats a command that was accepted
    /// before, the bookmark contains it: merging that bookmark shows the command's effect.
    Merged {
        /// The cart to use instead.
        into: String,
        /// The client's bookmark of the merged cart, with the repeated command pending.
        accepted: Option<Box<Bookmark>>,
    },
    /// Only a guest's cart can be merged into another.
    NotAGuest,
    /// A port failed; the client retries with the same key.
    Port(PortError),
}

/// An acknowledged command, with the cart as the client sees it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// The client's view of the cart.
    pub answer: Answer,
    /// Whether the key was known: the stored command is acknowledged again.
    pub replayed: bool,
}

/// Accepts cart commands: reads carts, records commands in a log, publishes them on the bus.
#[derive(Debug, Clone)]
pub struct CartCommands<C, L, E> {
    /// Reads carts.
    pub carts: C,
    /// Records commands.
    pub log: L,
    /// Publishes them.
    pub events: E,
}

impl<C: Carts, L: CommandLog, E: Events> CartCommands<C, L, E> {
    /// Accepts a command, or acknowledges again the one accepted before under the same key.
    ///
    /// # Errors
    /// [`Rejection`]; after [`Rejection::Port`] the outcome is unknown and the client retries.
    pub async fn accept(
        &self,
        request: &CommandRequest,
        requested: RequestedAction,
    ) -> Result<Acceptance, Rejection> {
        let id = CommandId::of_key(&resource(&request.cart), &request.key);
        let read = self.read(request).await?;
        if let Some(into) = read.item.as_deref().and_then(|item| item.merged_into_at(request.now)) {
            return Err(self.reject_merged(request, id, into).await?);
        }
        let command = match stamp(&read, request, id, requested) {
            Ok(command) => command,
            // A retry may fail these checks because of its own first effect.
            Err(rejection) => match self.log.find(id).await? {
                Some(existing) => return self.replay(request, &read, existing).await,
                None => return Err(rejection),
            },
        };
        let record = CommandRecord {
            fingerprint: request.fingerprint.clone(),
            cart: request.cart.clone(),
            command,
        };
        if let Recorded::Existing(existing) = self.log.record(&record).await? {
            return self.replay(request, &read, *existing).await;
        }
        self.acknowledge(request, read, record, false).await
    }

    async fn read(&self, request: &CommandRequest) -> Result<CartRead, PortError> {
        let pending: Vec<Pending> = request.bookmark.pending.iter().copied().collect();
        self.carts.read(&request.cart, request.bookmark.floor, &pending).await
    }

    /// Rejects a request for a merged cart. A command that was recorded before is published again:
    /// it may not have been published then, and it applies to the other cart.
    async fn reject_merged(
        &self,
        request: &CommandRequest,
        id: CommandId,
        into: &str,
    ) -> Result<Rejection, PortError> {
        let existing = self.log.find(id).await?.filter(|record| {
            let is_same =
                (&record.fingerprint, &record.cart) == (&request.fingerprint, &request.cart);
            is_same && record.is_honoured_at(request.now)
        });
        let mut accepted = None;
        if let Some(CommandRecord { cart, command, .. }) = existing {
            let mut bookmark = request.bookmark.clone();
            bookmark.pending.insert(command.place());
            self.events.publish(&[CartEvent { cart, command }.to_event()]).await?;
            accepted = Some(Box::new(bookmark));
        }
        Ok(Rejection::Merged { into: into.to_owned(), accepted })
    }

    async fn replay(
        &self,
        request: &CommandRequest,
        read: &CartRead,
        existing: CommandRecord,
    ) -> Result<Acceptance, Rejection> {
        if existing.fingerprint != request.fingerprint || existing.cart != request.cart {
            return Err(Rejection::Conflict);
        }
        if !existing.is_honoured_at(request.now) {
            return Err(Rejection::Expired);
        }
        self.acknowledge(request, read.clone(), existing, true).await
    }

    /// Publishes the stored command and adds it to the client's pending commands.
    async fn acknowledge(
        &self,
        request: &CommandRequest,
        mut read: CartRead,
        record: CommandRecord,
        replayed: bool,
    ) -> Result<Acceptance, Rejection> {
        let command = record.command.clone();
        let event = CartEvent { cart: request.cart.clone(), command };
        self.events.publish(&[event.to_event()]).await?;
        let mut bookmark = request.bookmark.clone();
        bookmark.pending.insert(record.command.place());
        read.records.push(record);
        let answer = answer(&read, &bookmark, request.now)?;
        Ok(Acceptance { answer, replayed })
    }
}

impl From<PortError> for Rejection {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl From<MergedInto> for Rejection {
    fn from(MergedInto(into): MergedInto) -> Self {
        Self::Merged { into, accepted: None }
    }
}

/// The resource name of a cart, for its bookmarks and idempotency keys.
fn resource(cart: &str) -> String {
    format!("cart/{cart}")
}

/// Checks the requested action against the client's view of the cart and assigns its time.
fn stamp(
    read: &CartRead,
    request: &CommandRequest,
    id: CommandId,
    requested: RequestedAction,
) -> Result<CartCommand, Rejection> {
    let view = answer(read, &request.bookmark, request.now)?;
    let action = match requested {
        RequestedAction::Act(action) => action,
        RequestedAction::OnLine(line, action) if view.contents.lines.contains_key(&line) => action,
        RequestedAction::OnLine(..) => return Err(Rejection::LineUnknown),
    };
    let empty = CartItem::default();
    let item = read.present_at(request.now).unwrap_or(&empty);
    let newest = request.bookmark.newest_pending().unwrap_or_default().max(item.highest);
    let command = CartCommand { time: Time(request.now.max(newest).0 + 1), id, action };
    let mut after = view.contents.clone();
    after.run(&command);
    match exceeded_limit(item, &after, view.pending_with_one_more()) {
        Some(limit) => Err(Rejection::Limit(limit)),
        None => Ok(command),
    }
}

//! Accepting: from a request to an acknowledged command. A command is recorded first, then
//! published, and only then acknowledged.

use super::item::{CommandEvent, Resource};
use super::read::{Answer, MergedInto, Read, Reader};
use super::record::{CommandLog, CommandRecord};
use crate::bookmark::{Bookmark, PENDING_MAX};
use crate::event::Events;
use crate::id::CommandId;
use crate::idempotency::{Fingerprint, Recorded};
use crate::port::PortError;
use crate::time::Time;

/// One request for a command.
#[derive(Debug, Clone)]
pub struct CommandRequest {
    /// The id of the resource.
    pub resource: String,
    /// The client's idempotency key.
    pub key: String,
    /// Hash of method, path and body.
    pub fingerprint: Fingerprint,
    /// The merge of all bookmarks the client sent.
    pub bookmark: Bookmark,
    /// The clock of this instance.
    pub now: Time,
}

/// A command that is being checked, before it is recorded.
#[derive(Debug)]
pub struct Draft<'a, R: Resource> {
    /// The request.
    pub request: &'a CommandRequest,
    /// The command's id.
    pub id: CommandId,
    /// The item, or an empty one.
    pub item: &'a R,
    /// The client's view before the command.
    pub answer: &'a Answer<R>,
}

/// Why a command was not accepted. Nothing was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection<X> {
    /// A precondition or a limit of the resource.
    Check(X),
    /// The client has as many pending commands as a bookmark holds.
    TooManyPending,
    /// The key was used for another command.
    Conflict,
    /// The key was first used too long ago.
    Expired,
    /// The resource was merged into another. If the request repeats a command that was accepted
    /// before, the bookmark contains it: merging that bookmark shows the command's effect.
    Merged {
        /// The resource to use instead.
        into: String,
        /// The client's bookmark of the merged resource, with the repeated command pending.
        accepted: Option<Box<Bookmark>>,
    },
    /// A port failed; the client retries with the same key.
    Port(PortError),
}

/// An acknowledged command, with the resource as the client sees it now.
#[derive(Debug, Clone, PartialEq)]
pub struct Acceptance<R: Resource> {
    /// The command as it was first accepted.
    pub event: R::Event,
    /// The client's view, with the command pending or absorbed.
    pub answer: Answer<R>,
}

/// Accepts commands.
#[derive(Debug, Clone)]
pub struct Commands<C, L, E> {
    /// Reads resources.
    pub reader: C,
    /// Records commands.
    pub log: L,
    /// Publishes them.
    pub events: E,
}

// === impl CommandRequest ===

impl CommandRequest {
    /// The id of the command.
    #[must_use]
    pub fn command_id<R: Resource>(&self) -> CommandId {
        CommandId::of_key(&format!("{}/{}", R::NAME, self.resource), &self.key)
    }

    /// The existing record of this command, if the request may repeat it.
    fn honour<E: CommandEvent, X>(
        &self,
        existing: CommandRecord<E>,
    ) -> Result<CommandRecord<E>, Rejection<X>> {
        if existing.fingerprint != self.fingerprint || existing.event.resource() != self.resource {
            Err(Rejection::Conflict)
        } else if existing.is_honoured_at(self.now) {
            Ok(existing)
        } else {
            Err(Rejection::Expired)
        }
    }
}

// === impl Draft ===

impl<'a, R: Resource> Draft<'a, R> {
    /// The time of the command: after `moment`, and after everything the client has seen.
    #[must_use]
    pub fn time_after(&self, moment: Time) -> Time {
        let newest = self.request.bookmark.newest_pending().unwrap_or_default();
        Time(moment.max(newest).max(self.item.highest()).0 + 1)
    }

    fn check<X>(
        request: &'a CommandRequest,
        read: &Read<R>,
        check: impl FnOnce(&Draft<'_, R>) -> Result<R::Event, X>,
    ) -> Result<R::Event, Rejection<X>> {
        let answer = read.answer(&request.bookmark, request.now)?;
        if answer.bookmark.pending.len() >= PENDING_MAX {
            return Err(Rejection::TooManyPending);
        }
        let id = request.command_id::<R>();
        let item = &*read.present_at(request.now);
        check(&Draft { request, id, item, answer: &answer }).map_err(Rejection::Check)
    }
}

// === impl Commands ===

impl<C, L, E: Events> Commands<C, L, E> {
    /// Accepts a command, or acknowledges again the one accepted before under the same key. `check`
    /// tests the resource's own preconditions and limits, and makes the command.
    ///
    /// # Errors
    /// [`Rejection`]; after [`Rejection::Port`] the outcome is unknown and the client retries.
    pub async fn accept<R, X>(
        &self,
        request: &CommandRequest,
        check: impl FnOnce(&Draft<'_, R>) -> Result<R::Event, X>,
    ) -> Result<Acceptance<R>, Rejection<X>>
    where
        R: Resource,
        C: Reader<R>,
        L: CommandLog<R::Event>,
    {
        let mut read = self.reader.read(&request.resource, &request.bookmark).await?;
        let record = match Draft::check(request, &read, check) {
            Ok(event) => self.record(request, event).await?,
            Err(rejection) => self.repeat::<R, X>(request, rejection).await?,
        };
        self.events.publish(&[record.event.to_event()]).await?;
        let (event, mut bookmark) = (record.event.clone(), request.bookmark.clone());
        bookmark.pending.insert(event.place());
        read.records.push(record);
        match read.answer(&bookmark, request.now) {
            Ok(answer) => Ok(Acceptance { event, answer }),
            Err(MergedInto(into)) => {
                Err(Rejection::Merged { into, accepted: Some(Box::new(bookmark)) })
            }
        }
    }

    /// Records and publishes a command that depends on no view, or publishes again the one accepted
    /// before.
    ///
    /// # Errors
    /// As [`Self::accept`].
    pub async fn append<V, X>(&self, request: &CommandRequest, event: V) -> Result<V, Rejection<X>>
    where
        V: CommandEvent,
        L: CommandLog<V>,
    {
        let record = self.record(request, event).await?;
        self.events.publish(&[record.event.to_event()]).await?;
        Ok(record.event)
    }

    async fn record<V, X>(
        &self,
        request: &CommandRequest,
        event: V,
    ) -> Result<CommandRecord<V>, Rejection<X>>
    where
        V: CommandEvent,
        L: CommandLog<V>,
    {
        let record = CommandRecord { fingerprint: request.fingerprint.clone(), event };
        match self.log.record(&record).await? {
            Recorded::First => Ok(record),
            Recorded::Existing(existing) => request.honour(*existing),
        }
    }

    /// The record of an earlier attempt at a command that was rejected now: a retry may fail the
    /// checks because of its own first effect. A merged resource is reported in any case.
    async fn repeat<R, X>(
        &self,
        request: &CommandRequest,
        rejection: Rejection<X>,
    ) -> Result<CommandRecord<R::Event>, Rejection<X>>
    where
        R: Resource,
        L: CommandLog<R::Event>,
    {
        let Some(existing) = self.log.find(request.command_id::<R>()).await? else {
            return Err(rejection);
        };
        match (request.honour(existing), rejection) {
            (Err(_), merged @ Rejection::Merged { .. }) => Err(merged),
            (honoured, _) => honoured,
        }
    }
}

impl<X> From<PortError> for Rejection<X> {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl<X> From<MergedInto> for Rejection<X> {
    fn from(MergedInto(into): MergedInto) -> Self {
        Self::Merged { into, accepted: None }
    }
}

//! Reading: from a bookmark to the view of its client, and the bookmark that guarantees that the
//! next view is not older.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::item::{CommandEvent as _, Resource};
use super::record::CommandRecord;
use crate::bookmark::{Bookmark, Pending};
use crate::id::CommandId;
use crate::idempotency::RECORD_TTL_MS;
use crate::port::{Consistency, PortError};
use crate::time::{DAY_MS, Time};

/// Oldest pending command that a reset keeps. Older ones belong to a resource that was deleted, or
/// that the restored table does not contain.
const RESET_PENDING_MS_MAX: u64 = DAY_MS;

/// Reads items and records from the table itself.
pub trait Source<R: Resource>: Send + Sync {
    /// Reads the item.
    fn item(
        &self,
        id: &str,
        consistency: Consistency,
    ) -> impl Future<Output = Result<Option<R>, PortError>> + Send;

    /// Reads the item and the records of these commands in one strongly consistent batch; ids
    /// without a record are omitted.
    fn batch(
        &self,
        id: &str,
        commands: &[CommandId],
    ) -> impl Future<Output = Result<Read<R>, PortError>> + Send;
}

/// Reads resources for answers.
pub trait Reader<R: Resource>: Send + Sync {
    /// Returns an item at or above the bookmark's floor, or the result of a strongly consistent
    /// read begun after this call: only such a read proves that a bookmark is ahead of the table or
    /// that a record is gone. If the item lacks any pending command, item and records come from one
    /// strongly consistent batch.
    fn read(
        &self,
        id: &str,
        bookmark: &Bookmark,
    ) -> impl Future<Output = Result<Read<R>, PortError>> + Send;
}

/// The result of a read.
#[derive(Debug, Clone, PartialEq)]
pub struct Read<R: Resource> {
    /// The resource's id.
    pub id: String,
    /// The item, if there is one.
    pub item: Option<Arc<R>>,
    /// The existing records of the pending commands that the item has not absorbed.
    pub records: Vec<CommandRecord<R::Event>>,
}

/// A resource as one client sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer<R: Resource> {
    /// What the client sees.
    pub view: R::View,
    /// The item's version: what the table has absorbed.
    pub version: u64,
    /// The bookmark the client sends with its next request.
    pub bookmark: Bookmark,
    /// Whether the bookmark was ahead of the table: the client continues from this answer.
    pub reset: bool,
}

/// The resource was merged into this one, which the client reads instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedInto(pub String);

// === impl Read ===

impl<R: Resource> Read<R> {
    /// The view of a client with `bookmark` at `now`. The table deletes items and records days
    /// late, so their age is checked here.
    ///
    /// # Errors
    /// [`MergedInto`] another resource.
    pub fn answer(&self, bookmark: &Bookmark, now: Time) -> Result<Answer<R>, MergedInto> {
        if let Some(into) = self.item.as_deref().and_then(|item| item.merged_into_at(now)) {
            return Err(MergedInto(into.to_owned()));
        }
        let item = self.present_at(now);
        let reset = item.version() < bookmark.floor;
        let mut events: BTreeMap<Pending, &R::Event> =
            self.records.iter().map(|record| (record.event.place(), &record.event)).collect();
        events.retain(|place, _| {
            bookmark.pending.contains(place)
                && !item.has_absorbed(place)
                && now <= place.time.plus_ms(RECORD_TTL_MS)
                && !(reset && place.time.plus_ms(RESET_PENDING_MS_MAX) < now)
        });
        let pending: BTreeSet<Pending> = events.keys().copied().collect();
        let events: Vec<&R::Event> = events.into_values().collect();
        let bookmark = Bookmark { floor: item.version(), pending, moment: bookmark.moment };
        Ok(Answer { view: item.fold(&events), version: item.version(), bookmark, reset })
    }

    /// The item; an empty one if it does not exist or its lifetime has ended.
    pub(super) fn present_at(&self, now: Time) -> Cow<'_, R> {
        let present = self.item.as_deref().filter(|item| item.is_present_at(now));
        present.map_or_else(|| Cow::Owned(R::empty(&self.id)), Cow::Borrowed)
    }
}

//! What a type states to be a resource.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bookmark::Pending;
use crate::event::{Event, Kind};
use crate::id::CommandId;
use crate::idempotency::ID_WINDOW_MS;
use crate::time::Time;

/// A resource in its stored form.
pub trait Resource: Debug + Clone + PartialEq + Send + Sync + 'static {
    /// A command with the resource it was sent to.
    type Event: CommandEvent;
    /// What a client sees.
    type View: Debug + Clone + PartialEq;

    /// The kind of resource. An idempotency key names one command of `<NAME>/<id>`.
    const NAME: &'static str;

    /// A resource that was never written: version 0.
    fn empty(id: &str) -> Self;

    /// The number of distinct commands absorbed.
    fn version(&self) -> u64;

    /// The highest command time absorbed.
    fn highest(&self) -> Time;

    /// Whether a command with this id was absorbed, as far as ids are stored.
    fn knows(&self, id: CommandId) -> bool;

    /// The view of a client: the commands of the item and the client's pending ones, run together
    /// in (time, id) order. `pending` is in that order, without repetitions.
    fn fold(&self, pending: &[&Self::Event]) -> Self::View;

    /// The bytes that the item occupies behind an `Arc`, within a tenth: what it takes of a cache.
    fn bytes(&self) -> usize;

    /// A command at or below this time is absorbed, or never will be.
    fn bound(&self) -> Time {
        self.highest().minus_ms(ID_WINDOW_MS)
    }

    /// Whether the item's lifetime has not ended at `now`. The table deletes items days late.
    fn is_present_at(&self, _now: Time) -> bool {
        true
    }

    /// The resource that this one was merged into, which clients use instead.
    fn merged_into_at(&self, _now: Time) -> Option<&str> {
        None
    }

    /// Whether this command is absorbed, with or without effect.
    fn has_absorbed(&self, pending: &Pending) -> bool {
        pending.time <= self.bound() || self.knows(pending.id)
    }
}

/// An accepted command with the resource it was sent to: the detail of its event, and the main part
/// of its record. It carries everything that the fold needs.
pub trait CommandEvent:
    Debug + Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync
{
    /// The kind of the event.
    const KIND: Kind;
    /// The field of the event that names the resource: no other resource's event has it.
    const RESOURCE_FIELD: &'static str;

    /// The id of the resource.
    fn resource(&self) -> &str;

    /// The command's place in the order, which is also its name in a bookmark.
    fn place(&self) -> Pending;

    /// The event as it is published: equal commands have equal bytes.
    ///
    /// # Panics
    /// Never: a command always has a JSON form.
    fn to_event(&self) -> Event {
        let detail = serde_json::to_string(self).expect("a command always has a JSON form");
        Event { kind: Self::KIND, detail }
    }
}

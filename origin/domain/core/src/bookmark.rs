//! Bookmarks: the newest version of a resource a client has read, and its pending commands.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::id::CommandId;
use crate::time::Time;

/// A client's position in one resource. Equal states are equal values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bookmark {
    /// The version the client has read.
    pub floor: u64,
    /// The client's own acknowledged commands which that version has not absorbed.
    pub pending: BTreeSet<Pending>,
    /// The latest moment of the client's view (loyalty only; otherwise zero).
    pub moment: Time,
}

/// The place of an acknowledged command that is not absorbed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Pending {
    /// Its time.
    pub time: Time,
    /// Its id.
    pub id: CommandId,
}

/// Most commands a bookmark may hold as pending.
pub const PENDING_MAX: usize = 60;

impl Bookmark {
    /// Merges several bookmarks of one resource: the highest floor, the latest moment, and every
    /// pending command.
    #[must_use]
    pub fn merge(bookmarks: impl IntoIterator<Item = Self>) -> Self {
        bookmarks.into_iter().fold(Self::default(), |merged, one| Self {
            floor: merged.floor.max(one.floor),
            moment: merged.moment.max(one.moment),
            pending: merged.pending.into_iter().chain(one.pending).collect(),
        })
    }

    /// The time of the newest pending command.
    #[must_use]
    pub fn newest_pending(&self) -> Option<Time> {
        self.pending.last().map(|pending| pending.time)
    }
}

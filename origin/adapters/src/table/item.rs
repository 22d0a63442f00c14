//! One item as both tables store it, and a write with its condition.

use domain_core::time::Time;

use super::keys::{IndexKey, Key};

/// An item without its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The version, which the condition of every write compares.
    pub version: u64,
    /// The stored document.
    pub document: Vec<u8>,
    /// When the table may delete it, in whole seconds; it may do so days later. `None`: never.
    pub expires_at: Option<Time>,
    /// Its key in the index, if it has an entry there. Not read back.
    pub index: Option<IndexKey>,
}

/// A write that happens only if its guard holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    /// The key of the item.
    pub key: Key,
    /// The item.
    pub item: Item,
    /// The condition.
    pub guard: Guard,
}

/// The condition on the present item under which a write happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// There is no item.
    Absent,
    /// It has this version.
    Version(u64),
    /// It has this version and expiry: for items whose version may start again.
    Life {
        /// The version.
        version: u64,
        /// The expiry.
        expires_at: Time,
    },
    /// No condition: the guard of another write of the same transaction covers both.
    Sibling,
    /// There is no item, or one with another document: writing the same again is a no-op, and a
    /// damaged document is repaired.
    Different,
    /// As [`Guard::Different`], or it would expire before this: an expiry only moves later.
    DifferentOrBefore(Time),
}

// === impl Item ===

impl Item {
    pub(crate) fn new(version: u64, document: Vec<u8>) -> Self {
        Self { version, document, expires_at: None, index: None }
    }

    pub(crate) fn indexed(self, index: Option<IndexKey>) -> Self {
        Self { index, ..self }
    }

    pub(crate) fn expiring(self, at: Time) -> Self {
        Self { expires_at: Some(at), ..self }
    }
}

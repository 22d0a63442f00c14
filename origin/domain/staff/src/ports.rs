//! Ports of the roster and the audit log.

use domain_core::port::{PortError, Written};
use domain_core::time::Time;

use crate::audit::{AuditCursor, AuditEntry};
use crate::roster::Roster;

/// A message that a consumer could not process. Its payload is not here: it may be about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its id in its queue.
    pub id: String,
    /// The detail type of its event.
    pub event: String,
    /// Why it was given up.
    pub reason: String,
    /// When.
    pub died_at: Time,
}

/// The dead letters of one queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadQueue {
    /// The queue's name.
    pub queue: String,
    /// How many there are.
    pub count: u64,
    /// The oldest, at most [`DEAD_LETTERS_MAX`].
    pub oldest: Vec<DeadLetter>,
}

/// Most dead letters of a queue that are listed.
pub const DEAD_LETTERS_MAX: usize = 20;

/// The dead letters of the shop's queues.
pub trait DeadLetters: Send + Sync {
    /// Every queue, with its dead letters.
    fn queues(&self) -> impl Future<Output = Result<Vec<DeadQueue>, PortError>> + Send;

    /// Delivers all dead letters of a queue again, and returns how many; `None`: there is no such queue.
    fn redrive(&self, queue: &str) -> impl Future<Output = Result<Option<u64>, PortError>> + Send;
}

/// Stores the roster.
pub trait RosterStore: Send + Sync {
    /// The roster, strongly consistent; `None` before the first person.
    fn roster(&self) -> impl Future<Output = Result<Option<Roster>, PortError>> + Send;

    /// Writes a roster in place of the version before it, with the entry of the change, or neither.
    fn save(
        &self,
        roster: &Roster,
        entry: &AuditEntry,
    ) -> impl Future<Output = Result<Written, PortError>> + Send;
}

/// Stores the audit log.
pub trait AuditLog: Send + Sync {
    /// Appends an entry; appending it again changes nothing.
    fn append(&self, entry: &AuditEntry) -> impl Future<Output = Result<(), PortError>> + Send;

    /// At most [`crate::AUDIT_PAGE_MAX`] entries before `before` that are retained at `now`, newest
    /// first, strongly consistent.
    fn entries(
        &self,
        before: Option<&AuditCursor>,
        now: Time,
    ) -> impl Future<Output = Result<Vec<AuditEntry>, PortError>> + Send;
}

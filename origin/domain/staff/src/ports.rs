//! Ports of the roster and the audit log.

use domain_core::port::{PortError, Written};
use domain_core::time::Time;

use crate::audit::{AuditCursor, AuditEntry};
use crate::roster::Roster;

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

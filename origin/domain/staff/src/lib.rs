//! The merchant's staff: persons with roles, what each role may do, and the log of what they did.
//!
//! A person is Shopify's `sub`, an id without a name. Machines authenticate by the staff token; they
//! have no role and may do everything.

mod audit;
mod permission;
mod ports;
mod roster;

pub use audit::{
    AUDIT_PAGE_MAX, AUDIT_RETENTION_MS, AuditCursor, AuditEntry, SUBJECT_BYTES_MAX, StaffAct,
};
pub use permission::{Act, Actor, PERMISSIONS, Role};
pub use ports::{AuditLog, DEAD_LETTERS_MAX, DeadLetter, DeadLetters, DeadQueue, RosterStore};
pub use roster::{Assigned, PERSONS_MAX, Roster, RosterRejection, assign_role, role_of};

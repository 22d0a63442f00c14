//! Staff from the outside: permissions, the roster, the audit log.

#![expect(clippy::unwrap_used, reason = "a test's helper may fail as the test itself would")]

mod audit;
mod permissions;
mod roster;

//! The one SQLite file behind a bus: archive, queues and dead letters.
//!
//! All work goes through one writer ([`group`]), which commits all waiting jobs in one transaction;
//! the other modules contain only the statements.

pub(crate) mod archive;
pub(crate) mod dead_letters;
pub(crate) mod group;
pub(crate) mod messages;
pub(crate) mod open;

pub(crate) use group::Store;

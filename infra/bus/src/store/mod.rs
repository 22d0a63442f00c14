//! The one SQLite file behind a bus: archive, queues and dead letters.
//!
//! All work goes through one writer ([`group`]), which commits whatever is waiting in one
//! transaction; the modules beside it hold the statements and nothing else.

pub(crate) mod archive;
pub(crate) mod dead_letters;
pub(crate) mod group;
pub(crate) mod messages;
pub(crate) mod open;

pub(crate) use group::Store;

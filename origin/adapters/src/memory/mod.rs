//! The ports in memory: twins of the adapters, for the simulation alone. No shop runs on them.
//!
//! A twin stores the same documents under the same keys as its sibling on AWS and is held to the
//! same contracts. What it adds is what a simulation asks of a world:
//! replicas that lag as they are told, an expiry that deletes when it is told, a backup, and a
//! look at the stored bytes. What carts leave out is reading those bytes back.

mod bus;
mod carts;
mod command_log;
mod items;
mod ledger;
mod programs;
mod tables;

pub use bus::MemoryBus;
pub use carts::MemoryCarts;
pub use command_log::MemoryCommandLog;
pub use ledger::MemoryLedger;
pub use programs::MemoryPrograms;
pub use tables::{Backup, EARLIER_MAX, MemoryTables, Replicas, Tell};

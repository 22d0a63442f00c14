//! In-memory implementations of the ports, only for the simulation. No shop runs on them.
//!
//! Each stores the same documents under the same keys as its adapter on AWS and passes the same
//! contract tests. In addition, the simulation controls the replicas' lag and the expiry, takes
//! backups, and reads the stored bytes. Carts do not decode those bytes.

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
pub use tables::{Backup, EARLIER_MAX, MemoryTables, Replicas, TimeSource};

//! The tables and the bus in memory, for tests and the simulation. No shop runs on them.
//!
//! [`MemoryTable`] passes the same contract tests as [`crate::DynamoTable`], under the same
//! repositories. In addition, the simulation controls the replicas' lag and the expiry, takes
//! backups, and reads the stored bytes.

mod bus;
mod states;
mod table;

pub use bus::MemoryBus;
pub use states::EARLIER_MAX;
pub use table::{Backup, MemoryTable, Replicas, TimeSource};

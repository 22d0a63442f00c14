//! The engine: virtual time, tasks, random numbers, faults, the network, and the log of a run. It
//! knows nothing about the shop.

mod coverage;
mod executor;
mod faults;
mod handle;
mod link;
mod mutant;
mod part;
mod rng;
mod run_log;
mod timeline;
mod violation;

pub use coverage::{Counts, Coverage};
pub(crate) use executor::{Executor, Spawner, TaskGroup};
pub(crate) use faults::{FaultInjector, FaultProfile, FaultyPort, SKEW_MS_MAX, STALLED_MS};
pub(crate) use handle::Handle;
pub(crate) use link::Link;
pub use mutant::Mutant;
pub use part::Part;
pub(crate) use rng::{MILLION, Rng};
pub(crate) use run_log::RunLog;
pub(crate) use timeline::Timeline;
pub use violation::{Invariant, Violation};

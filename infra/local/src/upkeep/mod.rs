//! Looking after the bus of a data folder: dead letters and replays.
//!
//! ```text
//! forecourt dead-letters ─► carry_out ─┬─ a process serves the folder ─► its door ─► Keeper ─► Bus
//!                                      └─ nobody does ─► Keeper on the files themselves ─► Bus
//! ```
//!
//! The door is a Unix socket in the data folder that only its owner may open: whoever may read the
//! shop's files may look after them, and no web page can reach it.

mod carry_out;
mod door;
mod keeper;
mod order;

pub(crate) use carry_out::carry_out;
pub(crate) use door::Door;
pub(crate) use keeper::Keeper;
pub(crate) use order::{Letter, Order, Redriven, ReplayOrder, Report, Which};

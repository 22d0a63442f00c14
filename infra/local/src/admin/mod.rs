//! Administration of a data folder's bus: dead letters and replays.
//!
//! ```text
//! forecourt dead-letters ─► execute ─┬─ a process runs ─► AdminSocket ─► Maintenance ─► Bus
//!                                    └─ no process runs ─► Maintenance on the files ─► Bus
//! ```
//!
//! The admin socket is a Unix socket in the data folder with mode 0600: access to the shop's files
//! grants access to it, and no web page can reach it.

mod admin_socket;
mod execute;
mod maintenance;
mod protocol;

pub(crate) use admin_socket::AdminSocket;
pub(crate) use execute::execute;
pub(crate) use maintenance::Maintenance;
pub(crate) use protocol::{
    AdminRequest, DeadLetter, RedriveResult, ReplayRequest, Report, Selector,
};

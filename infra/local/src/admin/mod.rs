//! Administration of a data folder's bus: dead letters and replays, as HTTP routes.
//!
//! ```text
//! forecourt dead-letters ─► AdminClient ─┬─ a process runs ─► AdminSocket ─► router ─► Maintenance
//!                                        └─ no process runs ─► router on the files ─► Maintenance
//! ```
//!
//! The admin socket is a Unix socket in the data folder with mode 0600: access to the shop's files
//! grants access to it, and no web page can reach it.

mod client;
mod maintenance;
mod messages;
mod routes;
mod server;

pub(crate) use client::with_client;
pub(crate) use maintenance::Maintenance;
pub(crate) use messages::{DeadLetter, RedriveRequest, ReplayRequest, Selector};
pub(crate) use server::AdminSocket;

#![doc = include_str!("../README.md")]

pub mod event;

mod bookmarks;
mod callers;
mod config;
mod entrance;
mod forward;
mod handle;
mod inputs;
mod path;
mod preflight;
mod query;
mod rejection;
mod viewer_request;

pub use config::EdgeConfig;
pub use handle::{HandleError, handle};
pub use viewer_request::{Verdict, viewer_request};

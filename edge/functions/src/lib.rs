#![doc = include_str!("../README.md")]

pub mod event;

mod bookmarks;
mod callers;
mod config;
mod entrance;
mod forward;
mod handle;
mod path;
mod preflight;
mod presented;
mod query;
mod refusal;
mod viewer_request;

pub use config::EdgeConfig;
pub use handle::{HandleError, handle};
pub use viewer_request::{Verdict, viewer_request};

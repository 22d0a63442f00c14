//! The functions from outside.
#![expect(clippy::unwrap_used, reason = "what helps a test may fail as the test itself would")]

mod answers;
mod bookmarks;
mod built_binary;
mod catalog;
mod documentation;
mod keeping_out;
mod merging;
mod orders;
mod publishing;
mod replay;
mod secrets;
mod secrets_manager;
mod webhooks;
mod world;

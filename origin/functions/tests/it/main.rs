//! The functions from outside.
#![expect(clippy::unwrap_used, reason = "what helps a test may fail as the test itself would")]

mod built_binary;
mod documentation;
mod identity;
mod world;

//! Data of earlier releases is still read correctly: tables, buses, tokens, bookmarks and
//! events of `tests/golden`. Each release has a folder there; its README says how it was recorded.
//!
//! The clock is that of the recording, so nothing here expires as years pass.

mod answers;
mod documents;
mod events;
mod golden;
mod tokens;

//! EventBridge's event patterns, the whole language: what a pattern is ([`syntax`]), whether an
//! event matches it ([`matching`]), and how numbers compare without floats ([`decimal`]).
//!
//! Written here because the one crate there is, quamina 0.7, has neither `$or` nor nested
//! `anything-but`, and takes 0 for greater than 0 in `{"numeric": [">", 0, "<=", 5]}`.

mod asked;
mod decimal;
mod matching;
mod syntax;

pub use asked::test_event_pattern;
pub(crate) use matching::Document;
pub(crate) use syntax::Pattern;

//! EventBridge's event patterns, the whole language: parsing ([`syntax`]), matching of events
//! ([`matching`]), and comparison of numbers without floats ([`decimal`]).
//!
//! Our own because the only crate, quamina 0.7, has neither `$or` nor nested
//! `anything-but`, and treats 0 as greater than 0 in `{"numeric": [">", 0, "<=", 5]}`.

mod decimal;
mod matching;
mod syntax;
mod test_event_pattern;

pub(crate) use matching::Document;
pub(crate) use syntax::Pattern;
pub use test_event_pattern::test_event_pattern;

//! The part of EventBridge's event patterns that the rules here use: parsing ([`syntax`]) and
//! matching of events ([`matching`]).
//!
//! Our own because the only crate, quamina 0.7, has no `$or`.

mod matching;
mod syntax;
mod test_event_pattern;

pub(crate) use matching::Document;
pub(crate) use syntax::Pattern;
pub use test_event_pattern::test_event_pattern;

//! Resolving a selection: walks over the parts and the nodes of the diagram.
//!
//! - `choices`: the selection as the diagram sees it;
//! - `ways`: what is known of many ways at once: the fewest choices that must change on any of them,
//!   and what those cost that change nothing;
//! - `walks`: the ways along each part, to each node from above and from below, and around each
//!   part, the sets of values among them; `count`: how many change nothing;
//! - `answer`: what that means for each value of each option;
//! - `resolution` is the answer as shoppers get it, `json` writes it.

mod answer;
mod choices;
mod count;
mod json;
mod resolution;
mod scratch;
mod walks;
mod ways;

pub(super) use answer::{extent, resolve};
pub(super) use choices::Choices;
pub use count::Count;
pub(super) use json::Words;
pub(super) use resolution::serialize_variant;
pub use resolution::{OptionAnswer, PriceRange, Resolution, State, ValueAnswer};
pub(super) use scratch::Scratch;

//! Resolving a selection: four walks over the layers of the diagram.
//!
//! - `choices`: the selection as the diagram sees it;
//! - `reach`: for every node, the fewest choices that must change on the way to it from above and
//!   from below; for every set of values on an arc, the fewest in all;
//! - `prices`: lowest and highest price on ways that change nothing, and how many such ways;
//! - `answer`: what that means for each value of each option;
//! - `resolution` is the answer as shoppers get it, `json` writes it.

mod answer;
mod choices;
mod json;
mod prices;
mod reach;
mod resolution;
mod scratch;

pub(super) use answer::{extent, resolve};
pub(super) use choices::Choices;
pub(super) use json::Words;
pub(super) use prices::Extent;
pub(super) use resolution::serialize_variant;
pub use resolution::{OptionAnswer, PriceRange, Resolution, State, ValueAnswer};
pub(super) use scratch::Scratch;

//! Resolution of a selection by passes over the parts and the nodes of the diagram.
//!
//! - `choices`: a selection by layers of the diagram;
//! - `path_summary`: a semiring value that summarises a set of paths: the fewest choices that any
//!   of them changes, and the prices of the paths that change no choice;
//! - `inside_outside`: the summaries of each part, of the paths above and below each node, and of
//!   the context of each part; `count`: the number of paths that change no choice;
//! - `answer`: the state of each value of each option;
//! - `resolution`: the result as shoppers get it; `json` writes it.

mod answer;
mod choices;
mod count;
mod inside_outside;
mod json;
mod path_summary;
mod resolution;
mod scratch;

pub(super) use answer::{price_bounds, resolve};
pub(super) use choices::Choices;
pub use count::Count;
pub(super) use json::JsonFragments;
pub(super) use resolution::serialize_variant;
pub use resolution::{OptionAnswer, PriceRange, Resolution, State, ValueAnswer};
pub(super) use scratch::Scratch;

//! Decision diagrams: how the rules of a product become one.
//!
//! - `forge` makes nodes and conjunctions of them under a fixed order, within a budget;
//! - `relation` turns one rule into a diagram, `forest` holds those of all rules and makes them
//!   small;
//! - `order` finds first orders, by force and by `hubs`, and ranks them by what the `frontier` has
//!   to remember; `sift` betters them;
//! - `loom` conjoins everything in one order, and `weave` takes the best of several; `layered`
//!   undoes what weaving left out, and `contract` makes of it what is `served`: the form that
//!   answers are read from.

mod blame;
mod contract;
mod forest;
mod forge;
mod frontier;
mod hubs;
mod layered;
mod loom;
mod order;
mod relation;
mod served;
mod sift;
mod weave;

pub(super) use blame::Case;
pub(super) use forge::Budget;
pub use loom::Progress;
pub(super) use served::{Arc, Diagram, Joint, JointKind, Layer, Lists};

use super::limits::Limits;
use super::model::Model;

/// What ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exhausted {
    /// Too much work.
    Steps,
    /// Too many bytes.
    Memory,
    /// Too many nodes for a diagram under way; there is a remedy.
    Nodes,
    /// Whoever watched said so.
    Stopped,
}

/// The diagram of a model; `None` if nothing satisfies it.
pub(super) fn compile(
    model: &Model<'_>,
    limits: &Limits,
    watch: &mut dyn FnMut(Progress) -> bool,
) -> Result<Option<Diagram>, Exhausted> {
    let budget = forge::Budget { steps: limits.weave_steps_max, bytes: limits.bytes_max };
    weave::weave(model, budget, limits.sift_steps_max, watch)
}

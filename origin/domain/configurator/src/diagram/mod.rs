//! Multi-valued decision diagrams (MDDs; Srinivasan, Ham, Malik and Brayton, 1990): compiles the
//! rules of a product to one.
//!
//! - `unique_table` makes nodes and conjunctions of them under a fixed order, within a budget;
//! - `relation` turns one rule into a diagram; `forest` holds the diagrams of all rules and shrinks
//!   them;
//! - `order` finds initial orders, by FORCE and by `hubs`, and ranks them by the width of the
//!   `frontier`; `sift` improves an order;
//! - `builder` conjoins all rules in one order; `compile_orders` takes the best of several orders;
//! - `quasi_reduced` inserts the levels that reduction skips; `factor` turns the result into the
//!   `factored` form, from which answers are read;
//! - `unsat_core` finds minimal conflicts between rules.

mod builder;
mod compile_orders;
mod factor;
mod factored;
mod forest;
mod frontier;
mod hubs;
mod order;
mod quasi_reduced;
mod relation;
mod sift;
mod unique_table;
mod unsat_core;

pub use builder::Progress;
pub(super) use factored::{Arc, Diagram, Factor, FactorKind, Layer, Lists};
pub(super) use unique_table::Budget;
pub(super) use unsat_core::UnsatCore;

use super::limits::Limits;
use super::model::Model;

/// The reason why a compilation ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exhausted {
    /// Too much work.
    Steps,
    /// Too many bytes.
    Memory,
    /// Too many nodes in an intermediate diagram. Sifting may help.
    Nodes,
    /// The observer stopped the compilation.
    Stopped,
}

/// The diagram of a model; `None` if nothing satisfies it.
pub(super) fn compile(
    model: &Model<'_>,
    limits: &Limits,
    watch: &mut dyn FnMut(Progress) -> bool,
) -> Result<Option<Diagram>, Exhausted> {
    let budget = Budget { steps: limits.conjoin_steps_max, bytes: limits.bytes_max };
    compile_orders::compile_orders(model, budget, limits.sift_steps_max, watch)
}

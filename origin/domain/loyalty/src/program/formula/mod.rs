//! Conditions and formulas of a program: a checked subset of CEL, the Common Expression Language.
//!
//! ```text
//! text ─► cel's parser ─► check: names, kinds, cost ─► tree ─► evaluate over a subject
//!                         every mistake is reported     typed, so that evaluation only fails by
//!                                                       division by zero and overflow
//! ```
//!
//! The `cel` crate parses. The evaluator is our own, because points are evaluated again for years:
//! the tree has no floats, a cost that is known when it is published, and a meaning that no new
//! release of a crate changes. A property test compares it with the crate's own interpreter.

mod calls;
mod check;
mod cost;
mod evaluate;
mod lists;
mod names;
mod subject;
mod tree;

#[cfg(test)]
mod laws;

pub use check::{EXPRESSION_BYTES_MAX, NESTING_MAX};
pub use cost::STEPS_MAX;
pub use evaluate::Failure;
pub use tree::{Condition, Formula};

pub(super) use check::{Checked, condition, formula};
pub(super) use names::View;
pub(super) use subject::Subject;

//! The exact configurator: what can still be chosen, what it costs, and why something cannot.
//!
//! A product is authored as options, values and rules. Publishing compiles the rules to a decision
//! diagram, and every question is then a walk or two over that diagram: a value is available if
//! and only if some complete configuration has it and everything chosen so far; counts and prices
//! are exact; nothing is ever searched for or guessed.
//!
//! ```text
//! JSON ─ authoring ─► Product ─ model ─► constraints ─ diagram ─► Chart ─┬─ resolve
//!                        ▲                                               ├─ nearest
//!   Shopify's JSON ─ shopify                   bytes ◄─── artefact ───►  ├─ explanation
//!                                                                        └─ report
//! ```
//!
//! - [`Product::parse`] reads the authoring format and lists every mistake; [`shopify`] imports.
//! - [`Configurator::compile`] works within [`Limits`]; its result is immutable and is shared.
//! - [`Configurator::resolve`], [`complete`], [`explain`], [`revalidate`] and [`price`] answer.
//! - [`Configurator::encode`] and [`decode`] keep a compiled product; [`report`] is for its author.
//!
//! Swapping counts as choosing: a sibling of a chosen value is available if putting it in the
//! chosen one's place keeps everything else that is chosen. The changes an alternative needs are
//! those of *other* options, the fewest there are.
//!
//! [`complete`]: Configurator::complete
//! [`explain`]: Configurator::explain
//! [`revalidate`]: Configurator::revalidate
//! [`price`]: Configurator::price
//! [`decode`]: Configurator::decode
//! [`report`]: Configurator::report

mod artefact;
pub mod authoring;
mod chart;
mod compiled;
mod completion;
mod diagram;
mod evaluate;
mod explanation;
mod ids;
mod limits;
mod mistake;
mod model;
mod nearest;
mod product;
mod report;
mod resolve;
mod selection;
pub mod shopify;
mod stock;
mod sums;

pub use artefact::{ARTEFACT_BYTES_MAX, ArtefactError};
pub use compiled::{Configurator, DiagramSize};
pub use completion::{By, Completion, Revalidation};
pub use diagram::Progress;
pub use explanation::{Explanation, Repair, RuleNamed};
pub use ids::{ID_BYTES_MAX, NotAnId, OptionId, ValueId, is_id, is_option_id};
pub use limits::Limits;
pub use mistake::{MISTAKES_MAX, Mistake};
pub use product::{
    Condition, Expression, OptionValue, PriceRule, Product, ProductOption, Rule, RuleKind, Table,
    Variant,
};
pub use report::{Finding, FindingKind};
pub use resolve::{Count, OptionAnswer, PriceRange, Resolution, State, ValueAnswer};
pub use selection::{Scope, Selection, UnknownChoice};
pub use stock::Stock;

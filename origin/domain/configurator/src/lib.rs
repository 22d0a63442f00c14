//! The exact configurator: the available values of a selection, their prices, and explanations of
//! conflicts.
//!
//! A product consists of options, values and rules. Publishing compiles the rules to a decision
//! diagram, and every query takes a few passes over that diagram. A value is available if and only
//! if some complete configuration has it together with the current choices. Counts and prices are
//! exact; no query searches or guesses.
//!
//! ```text
//! JSON ─ authoring ─► Product ─ model ─► constraints ─ diagram ─► PricedDiagram ─┬─ resolve
//!                        ▲                                                       ├─ nearest
//!   Shopify's JSON ─ shopify                       bytes ◄─── artefact ───►      ├─ explanation
//!                                                                                └─ report
//! ```
//!
//! - [`Product::parse`] reads the authoring format and lists every mistake; [`shopify`] imports.
//! - [`Configurator::compile`] works within [`Limits`]; requests share the immutable result.
//! - [`Configurator::resolve`], [`complete`], [`explain`], [`revalidate`] and [`price`] answer
//!   queries.
//! - [`Configurator::encode`] and [`decode`] serialise a compiled product; [`report`] lists
//!   findings for its author.
//!
//! A sibling of a chosen value is available if it can replace that value while all other choices
//! stay. The changes of an alternative are the fewest changes to *other* options that it needs.
//!
//! [`complete`]: Configurator::complete
//! [`explain`]: Configurator::explain
//! [`revalidate`]: Configurator::revalidate
//! [`price`]: Configurator::price
//! [`decode`]: Configurator::decode
//! [`report`]: Configurator::report

mod artefact;
pub mod authoring;
mod compiled;
mod completion;
mod diagram;
mod evaluate;
mod explanation;
mod ids;
mod limits;
mod model;
mod nearest;
mod priced_diagram;
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
pub use explanation::{Explanation, Repair, RuleSummary};
pub use ids::{NotAnId, OptionId, ValueId, is_option_id};
pub use limits::Limits;
pub use product::{
    Condition, Expression, OptionValue, PriceRule, Product, ProductOption, Rule, RuleKind, Table,
    Variant,
};
pub use report::{Finding, FindingKind};
pub use resolve::{Count, OptionAnswer, PriceRange, Resolution, State, ValueAnswer};
pub use selection::{Scope, Selection, UnknownChoice};
pub use stock::Stock;

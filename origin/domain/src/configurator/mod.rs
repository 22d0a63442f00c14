//! The exact configurator.

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
pub use resolve::{OptionAnswer, PriceRange, Resolution, State, ValueAnswer};
pub use selection::{Scope, Selection, UnknownChoice};

//! The authoring format: converts JSON to a [`Product`] with every reference resolved, or to a list
//! of all mistakes with their places.
//!
//! - `json` holds the document as written; `reader` reads parts of it and collects mistakes;
//! - `options`, `rules`, `tables` and `variants` read the parts of a product; `document` reads all
//!   of it;
//! - `write` writes a product in the format.
//!
//! [`Product`]: super::Product

mod document;
mod json;
mod options;
mod reader;
mod rules;
mod tables;
mod variants;
mod write;

pub use document::{
    DOCUMENT_BYTES_MAX, PRICE_RULES_MAX, RULES_MAX, VALUES_IN_ALL_MAX, VARIANTS_MAX,
};
pub use options::{OPTIONS_MAX, VALUES_MAX};
pub use reader::AMOUNT_MAX;
pub use rules::NESTING_MAX;
pub use tables::CELLS_MAX;

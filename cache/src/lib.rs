#![doc = include_str!("../README.md")]

mod bounds;
mod cached_value;
mod loads;
mod read_through;
mod values;

pub use bounds::{Bounds, ENTRY_BYTES};
pub use cached_value::{LoadStart, Versioned};
pub use loads::Consistency;
pub use read_through::{Lookup, ReadThrough, Source};

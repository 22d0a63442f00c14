#![doc = include_str!("../README.md")]

mod bounds;
mod entry;
mod flights;
mod read_through;

pub use bounds::Bounds;
pub use entry::{Begun, Versioned};
pub use flights::Consistency;
pub use read_through::{Obtained, ReadThrough, Source};

#![doc = include_str!("../README.md")]

mod answer;
mod connector;
mod embedded;
mod faults;
mod http;
mod operation;
mod partial;
mod partitions;

pub use embedded::{Embedded, OpenError};
pub use faults::{Fault, Faults, Rates};
pub use partitions::Partitions;

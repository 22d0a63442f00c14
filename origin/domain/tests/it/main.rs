//! Tests of the domain through its public API.
#![expect(clippy::unwrap_used, reason = "test helpers may panic like the tests themselves")]

mod cart;
mod configurator;
mod loyalty;

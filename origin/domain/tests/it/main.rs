//! The domain from outside.
#![expect(clippy::unwrap_used, reason = "what helps a test may fail as the test itself would")]

mod cart;
mod configurator;
mod loyalty;

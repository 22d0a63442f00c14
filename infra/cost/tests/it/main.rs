//! The bill by hand: each figure below was worked out from the price beside it.
#![expect(clippy::unwrap_used, reason = "what helps a test may fail as the test itself would")]

mod bad_input;
mod bills;
mod money;
mod month;
mod peaks;

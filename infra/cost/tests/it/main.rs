//! Bills calculated by hand: each figure below follows from the price in its comment.
#![expect(clippy::unwrap_used, reason = "a test's helpers may panic like the test itself")]

mod bad_input;
mod bills;
mod money;
mod month;
mod peaks;

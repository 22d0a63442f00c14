//! The tables as the real SDK sees them. Time is tokio's and paused: the SDK backs off in none.

// Tells clippy that the fixtures, too, are tests.
#![cfg(test)]

mod faults;
mod files;
mod items;
mod partitions;
mod tables;

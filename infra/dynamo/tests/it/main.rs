//! The tables under the real SDK. Time is tokio's and paused: the SDK's back-off takes no real
//! time.

// Makes clippy treat the fixtures as tests, too.
#![cfg(test)]

mod faults;
mod files;
mod items;
mod partitions;
mod tables;

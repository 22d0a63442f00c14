//! The edge function from the outside: events in, verdicts out.

#![expect(clippy::unwrap_used, reason = "a test's helper may fail as the test itself would")]

mod allocations;
mod cases;
mod corpora;
mod events;
mod fixture;
mod generated_files;
mod laws;
mod published;
mod silence;
mod tables;
mod vectors;

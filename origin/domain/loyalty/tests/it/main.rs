//! The loyalty ledger.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test, too")]

mod absorbing;
mod claiming;
mod corpora;
mod demo;
mod earning;
mod erasing;
mod examples;
mod formulas;
mod goodwill;
mod holding;
mod importing;
mod laws;
mod merge_laws;
mod merging;
mod midnight;
mod order_changes;
mod order_edits;
mod payloads;
mod programs;
mod redeeming;
mod replaying;
mod reversing;
mod rounding;
mod standings;
mod world;

#![doc = include_str!("../README.md")]

mod campaign;
mod client;
mod command;
mod coverage;
mod executor;
mod faults;
mod fleet;
mod ledger;
mod link;
mod mutant;
mod mutants;
mod oracle;
mod ports;
mod replay;
mod rng;
mod run_log;
mod shop;
mod timeline;
mod workload;
mod world;

pub use campaign::{Campaign, Finding, Progress};
pub use coverage::{Counts, Coverage};
pub use mutant::Mutant;
pub use oracle::{Invariant, Violation};
pub use world::{Outcome, Part, Scenario, play};

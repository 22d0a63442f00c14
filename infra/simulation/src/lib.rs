#![doc = include_str!("../README.md")]

mod campaign;
mod carts;
mod engine;
mod ledger;
mod mutants;
mod pools;
mod scenario;
mod world;

pub use campaign::{Campaign, Finding, Progress};
pub use engine::{Counts, Coverage, Invariant, Mutant, Part, Violation};
pub use pools::{PoolMutant, PoolWorld, REDEMPTIONS_PER_WORLD, StepCounts, play_pools};
pub use scenario::{Outcome, Scenario, play, play_with};
pub use world::ScriptProcess;

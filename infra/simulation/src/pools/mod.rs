//! Worlds of reward codes: customers redeem, consumers claim slots, and fillers make codes at a model of
//! Shopify, while every process may be killed and every answer lost at each of its steps.
//!
//! The consumers, repositories and the domain are those that are deployed. Table, bus and Shopify are
//! models in memory; a seed determines the history.

mod oracle;
mod process;
mod shopify;
mod table;
mod world;

pub use process::StepCounts;
pub use world::{PoolWorld, REDEMPTIONS_PER_WORLD, play_pools};

/// A wrong implementation of the pools, to show that the oracle finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolMutant {
    /// A slot is claimed without the condition that it was never claimed.
    ClaimUnguarded,
    /// A slot is ready before Shopify has confirmed its code.
    ReadyUnconfirmed,
    /// A code that Shopify calls taken counts as this pool's own.
    TakenIsOwn,
    /// A hold that finds no code is settled without one.
    SettledWithoutCode,
}

impl PoolMutant {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::ClaimUnguarded, Self::ReadyUnconfirmed, Self::TakenIsOwn, Self::SettledWithoutCode];
}

//! The oracle of the ledger. It records what happened, what was acknowledged, what the bus accepted
//! and what was written to the table, and recomputes every account from the causes alone: it reads
//! from the table which causes an account has absorbed, and computes the result itself.

mod answers;
mod commits;
mod erasure;
mod final_checks;
mod ledger_oracle;
mod loss;
mod published_events;
mod recorder;
mod reference_account;
mod reference_model;
mod stored_items;

pub(crate) use final_checks::FinalState;
pub(crate) use ledger_oracle::LedgerOracle;

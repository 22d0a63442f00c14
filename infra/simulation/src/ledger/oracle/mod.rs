//! The oracle of the ledger. It records what happened, what was acknowledged, what the bus accepted
//! and what was written to the table, and recomputes every account from the causes alone: it reads
//! from the table which causes an account has absorbed, and computes the result itself.

mod answers;
mod commits;
mod final_checks;
mod ledger_oracle;
mod published_events;
mod reference_account;
mod reference_model;

pub(crate) use answers::ReceivedAnswer;
pub(crate) use final_checks::FinalState;
pub(crate) use ledger_oracle::LedgerOracle;

/// A handle to the oracle of a world of the ledger.
pub(crate) type OracleHandle = crate::oracle::Handle<LedgerOracle>;

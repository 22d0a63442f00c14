//! The contract of each port, as test functions over the port. A case gets fresh tables and panics
//! if the implementation breaks the contract.

pub(crate) mod accounts;
pub(crate) mod carts;
pub(crate) mod cases;
pub(crate) mod command_log;
pub(crate) mod events;
pub(crate) mod ledger;
pub(crate) mod merges;
pub(crate) mod order_history;
pub(crate) mod pools;
pub(crate) mod programs;
pub(crate) mod reconciliation;
pub(crate) mod revocations;
pub(crate) mod sample;
pub(crate) mod secrets;
pub(crate) mod selections;
pub(crate) mod staff;
pub(crate) mod tokens;

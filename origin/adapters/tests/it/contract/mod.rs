//! What every implementation of a port must do, as functions over the port. A case gets a fresh
//! world and panics if it is not kept.

pub(crate) mod carts;
pub(crate) mod cases;
pub(crate) mod command_log;
pub(crate) mod events;
pub(crate) mod ledger;
pub(crate) mod order_history;
pub(crate) mod programs;
pub(crate) mod sample;
pub(crate) mod secrets;
pub(crate) mod selections;

//! One file per resource: how a request is handled, and the form of its response.

pub(crate) mod adjustments;
pub(crate) mod admin;
pub(crate) mod admin_program;
pub(crate) mod admin_versions;
pub(crate) mod audit;
pub(crate) mod cart;
pub(crate) mod cart_lines;
pub(crate) mod cart_merge;
pub(crate) mod checkout;
pub(crate) mod completion;
pub(crate) mod configurator;
pub(crate) mod explanation;
pub(crate) mod health;
pub(crate) mod installation;
pub(crate) mod loyalty;
mod permalink;
pub(crate) mod privacy;
pub(crate) mod program_trial;
pub(crate) mod reconciliation;
pub(crate) mod redemptions;
pub(crate) mod selection_query;
pub(crate) mod selections;
pub(crate) mod session;
pub(crate) mod staff;
pub(crate) mod webhook;

//! The oracle of the worlds of carts. It shares no logic with the code it checks.
//!
//! An answer identifies a set of commands: those that the table had absorbed at its `version`, and
//! those that its bookmark lists as pending. The oracle knows the former from its own record of
//! deliveries, and compares the answer with the result of running that set in order.

mod answers;
mod command_set;
mod excuses;
mod final_checks;
mod history;
mod parsed_event;
#[cfg(test)]
mod recorded_histories;
mod recorder;
mod reference_model;
mod stored_items;

pub(crate) use recorder::CartOracle;

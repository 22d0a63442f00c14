//! The judge: it hears what clients send and are told, what the bus takes and what the table holds,
//! and compares every answer with a fold of its own. It opens bookmarks and names commands as the
//! wire does; of what they mean to the shop it takes nothing from the code it judges.
//!
//! An answer names the set of commands behind it: those the table had absorbed at its `version`, and
//! those its bookmark calls pending. The judge knows the first from its own records of deliveries,
//! and holds the client's view against the plain run of that set.

mod answers;
mod bench;
mod case;
mod closing;
mod excuses;
mod hearing;
#[cfg(test)]
mod histories;
mod known;
mod notice;
mod told;
mod violation;

pub(crate) use answers::{Denied, Heard};
pub(crate) use bench::Seat;
pub(crate) use hearing::Judge;
pub(crate) use violation::Reason;
pub use violation::{Law, Violation};

/// A handle to the judge of a world of carts.
pub(crate) type Bench = Seat<Judge>;

//! The judge of the ledger. It hears what happened, what was acknowledged, what the bus took and
//! what the table was written, and recomputes every account from the causes alone: which cause an
//! account has absorbed it takes from the table, what that comes to it works out itself.

mod accounts;
mod answers;
mod books;
mod closing;
mod commits;
mod notices;
mod reckoning;

pub(crate) use answers::Heard;
pub(crate) use books::Judge;
pub(crate) use closing::Closing;

/// A handle to the judge of a world.
pub(crate) type Bench = crate::judge::Seat<Judge>;

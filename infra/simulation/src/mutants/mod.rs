//! Parts with a defect: each implements one [`Mutant`](crate::Mutant) of a replaceable part.
//! Without a mutant they call the real part and nothing else.

mod absorb;
mod answer;
mod bus;
mod carts;
mod log;

pub(crate) use absorb::{MutantWriter, absorb, mutate_order};
pub(crate) use answer::mutant_answer;
pub(crate) use bus::MutantBus;
pub(crate) use carts::MutantCarts;
pub(crate) use log::MutantLog;

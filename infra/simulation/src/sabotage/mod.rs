//! Parts built wrongly on purpose, one for each [`Bug`](crate::Bug) that lies in a part of its own.
//! Without a bug they are the real thing and nothing else.

mod absorb;
mod answer;
mod bus;
mod carts;
mod log;

pub(crate) use absorb::{SuspectWriter, absorb, bought_wrongly};
pub(crate) use answer::answered;
pub(crate) use bus::SuspectBus;
pub(crate) use carts::SuspectCarts;
pub(crate) use log::SuspectLog;

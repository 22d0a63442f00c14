//! The shoppers' side: devices whose tabs share what they have seen, and the way to an edge.

mod device;
mod network;
mod shelf;
mod tab;

pub(crate) use device::{Carts, Device};
pub(crate) use network::Network;
pub(crate) use shelf::Bookmark;
pub(crate) use tab::{Manners, Tab};

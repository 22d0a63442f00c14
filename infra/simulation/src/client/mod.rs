//! The shoppers' side: devices whose tabs share bookmarks, and the network to the edges.

mod bookmark_jar;
mod device;
mod network;
mod tab;

pub(crate) use bookmark_jar::Bookmark;
pub(crate) use device::{Device, DeviceCarts};
pub(crate) use network::Network;
pub(crate) use tab::{ShopperProfile, Tab};

#![doc = include_str!("../README.md")]

pub mod body;
pub mod bookmarks;
pub mod cached_carts;
pub mod cached_catalog;
pub mod cached_ledger;
pub mod caller;
pub mod clock;
pub mod config;
pub mod consume;
pub mod consume_privacy;
pub mod documentation;
pub mod functions;
pub mod kept_out;
pub mod kept_payloads;
pub mod lambda;
pub mod packed;
pub mod publishing;
pub mod refused;
pub mod rotation;
pub mod secrets;
pub mod shop;

mod finish;
mod routes;
mod through_the_edge;
mod timing;

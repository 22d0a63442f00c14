#![doc = include_str!("../README.md")]

pub mod body;
pub mod bookmarks;
pub mod cached_carts;
pub mod cached_catalog;
pub mod cached_ledger;
pub mod caller;
pub mod claim_check;
pub mod clock;
pub mod config;
pub mod consume;
pub mod consume_privacy;
pub mod documentation;
pub mod functions;
pub mod http_problem;
pub mod lambda;
pub mod packed;
pub mod publishing;
pub mod rotation;
pub mod secrets;
pub mod shop;
pub mod tombstone_filter;

mod require_edge;
mod response_policy;
mod routes;
mod timing;

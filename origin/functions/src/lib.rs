#![doc = include_str!("../README.md")]

pub mod caches;
pub mod consumers;
pub mod http;
pub mod reconciliation;
pub mod runtime;

mod customer_look_up;
mod importing;
mod webhook_event;

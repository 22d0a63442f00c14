#![doc = include_str!("../README.md")]

pub mod bookmark;
pub mod cart;
pub mod catalog;
pub mod configurator;
pub mod event;
pub mod id;
pub mod idempotency;
pub mod loyalty;
pub mod money;
pub mod port;
pub mod privacy;
pub mod selections;
pub mod time;

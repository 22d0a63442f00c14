#![doc = include_str!("../README.md")]

pub mod boundary;

mod config;
mod instance;

pub use config::ConfigError;
pub use instance::{INPUT_BYTES_MAX, Instance};

//! One instance: its clock, its configuration and secrets, its parts, and the Lambda binary.

pub mod clock;
pub mod composition;
pub mod config;
pub mod discounts;
#[cfg(feature = "lambda")]
pub mod lambda;
pub mod ports;
pub mod rotation;
pub mod secrets;
pub mod shop;
pub mod shopify;

pub(crate) mod timing;

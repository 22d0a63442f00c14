#![doc = include_str!("../README.md")]

mod lambda;
mod payload;
mod runtime_api;

pub use lambda::{Lambda, LambdaError};
pub use payload::{PayloadError, from_payload, to_payload};
pub use runtime_api::{INVOCATION_MAX, PAYLOAD_BYTES_MAX, WAITING_MAX};

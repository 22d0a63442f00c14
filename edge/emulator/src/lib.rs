#![doc = include_str!("../README.md")]

mod admission;
mod answer;
mod clock;
mod collapse;
mod conditional;
mod connection;
mod directives;
mod distribution;
mod edge;
mod emulator;
mod error;
mod fill;
mod framing;
mod freshness;
mod function;
mod hops;
mod ids;
mod invalidation;
mod key;
#[cfg(test)]
mod laws;
mod lifecycle;
mod look_up;
mod not_cached;
mod object;
mod origin;
mod range;
mod request;
mod response_headers;
mod server;
mod server_timing;
mod stated_lifetime;
mod store;
mod storing;
mod viewer_stream;
mod websocket;

pub use clock::{Clock, SystemClock};
pub use distribution::{Distribution, OriginTimeouts};
pub use emulator::{Builder, Emulator};
pub use error::{DistributionError, EmulatorError};
pub use function::{EdgeFunction, FunctionError};
pub use invalidation::InvalidItem;
pub use origin::{Fetched, HttpOrigin, HttpOriginError, Origin, OriginError};

//! The Admin GraphQL API as a client. What is sent, what an answer means and how long to wait are
//! pure; `client.rs` and `transport.rs` do the I/O.

mod answer;
mod bucket;
mod client;
mod error;
mod operation;
pub mod operations;
mod transport;

pub use answer::Cost;
pub use bucket::{Bucket, THROTTLED_PAUSE_MS};
pub use client::{ATTEMPTS_MAX, AccessTokens, AdminApi, RETRY_PAUSE_MS, SystemTimer, Timer};
pub use error::{AdminError, GraphqlError, UserError};
pub use operation::{AdminRequest, Operation};
pub use transport::{
    ADMIN_ANSWER_BYTES_MAX, ADMIN_ANSWER_MS_MAX, API_VERSION, AdminAnswer, HttpTransport,
    Transport, TransportError,
};

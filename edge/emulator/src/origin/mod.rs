//! Origins: what the edge fetches from, how a request for one is made, how often it is tried.

mod fetch;
mod http_origin;
mod request;

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use http::{Request, Response};

pub(crate) use fetch::fetch;
pub use http_origin::{HttpOrigin, HttpOriginError};
pub(crate) use request::{Forwarding, Purpose, cookie_header, filtered_query, normalised_encoding};

/// The future of an origin's answer.
pub type Fetched<'a> =
    Pin<Box<dyn Future<Output = Result<Response<Bytes>, OriginError>> + Send + 'a>>;

/// What the edge fetches from.
///
/// The request has the origin's own `Host` and only a path and query as its target.
pub trait Origin: Send + Sync + 'static {
    /// One attempt. The edge bounds and repeats it; dropping the future gives it up. To a WebSocket's
    /// handshake an origin that takes it answers 101, with `hyper::upgrade::OnUpgrade` among the
    /// extensions of the response.
    fn fetch(&self, request: Request<Bytes>) -> Fetched<'_>;
}

/// Why an attempt to fetch gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// No connection: refused, unknown, unreachable. The viewer gets 502.
    #[error("the origin could not be reached")]
    Unreachable,
    /// No answer in time. The viewer gets 504.
    #[error("the origin did not answer in time")]
    Timeout,
    /// The answer broke off before its end, or its length is not what it said. The viewer gets 502.
    #[error("the origin's answer is incomplete")]
    Incomplete,
    /// Not HTTP, or past a bound. The viewer gets 502.
    #[error("the origin's answer is not acceptable")]
    Invalid,
}

// === impl OriginError ===

impl OriginError {
    /// The word for it in a log, beside `Error` (17.1).
    pub(crate) fn log_word(self) -> &'static str {
        match self {
            Self::Unreachable => "OriginConnectError",
            Self::Timeout => "OriginCommError",
            Self::Incomplete => "OriginReadError",
            Self::Invalid => "OriginInvalidResponseError",
        }
    }
}

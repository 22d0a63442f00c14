//! The App Proxy: requests to `/{prefix}/{subpath}/…` of a shop go to the app, signed.
//!
//! Not documented by Shopify, and therefore chosen here: the time-out, the limits, that a client's
//! own `shop` or `signature` is forwarded before Shopify's, and which request headers pass.

mod error;
mod forwarder;
mod headers;
mod signature;

pub use error::ForwardError;
pub use forwarder::{Forwarder, LIMITS, REDIRECTS_MAX, REQUEST_BYTES_MAX, URL_BYTES_MAX, Visitor};
pub use signature::{sign, signed_text};

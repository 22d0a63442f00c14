//! A request inside the edge: admitted, perhaps changed by a function, then forwarded.

use std::net::IpAddr;

use bytes::Bytes;
use http::{HeaderMap, Method};

/// One request, its target split as CloudFront splits it.
#[derive(Debug, Clone)]
pub(crate) struct EdgeRequest {
    pub(crate) method: Method,
    /// Raw, as sent.
    pub(crate) path: String,
    /// Raw; `/x` has none and `/x?` an empty one.
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) viewer: IpAddr,
    /// Whether it begins a WebSocket (15.5).
    pub(crate) is_websocket: bool,
}

// === impl EdgeRequest ===

impl EdgeRequest {
    /// Path and query as one string.
    pub(crate) fn target(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    pub(crate) fn is_read(&self) -> bool {
        self.method == Method::GET || self.method == Method::HEAD
    }
}

//! The network between clients and edges.

use std::sync::Arc;

use bytes::Bytes;
use http::Response;

use super::edge::Edge;
use super::http::{ClientRequest, TokenMint};
use super::keys::KeyRotation;
use crate::engine::Link;

/// The network of a world.
pub(crate) struct Network {
    pub(crate) link: Link,
    pub(crate) edges: Vec<Arc<Edge>>,
    pub(crate) keys: KeyRotation,
}

// === impl Network ===

impl Network {
    /// Sends a request; `None` if no answer arrived, whether or not the request was processed.
    pub(crate) async fn send(
        &self,
        edge: usize,
        request: ClientRequest,
    ) -> Option<Response<Bytes>> {
        self.link.send(Arc::clone(&self.edges[edge]).handle(request.build())).await
    }

    /// Sends a request whose answer is ignored.
    pub(crate) fn send_and_forget(&self, edge: usize, request: ClientRequest) {
        self.link.send_and_forget(Arc::clone(&self.edges[edge]).handle(request.build()));
    }

    /// Signs tokens as of now.
    pub(crate) fn mint(&self) -> TokenMint<'_> {
        let now_ms = self.link.faults.timeline.now_ms();
        TokenMint { keys: self.keys.at(now_ms), now_ms }
    }
}

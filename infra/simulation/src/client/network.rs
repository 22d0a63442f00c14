//! The network between clients and edges.

use std::rc::Rc;

use crate::link::Link;
use crate::shop::{Edge, Reply, Request};

/// The network of a world.
pub(crate) struct Network {
    pub(crate) link: Link,
    pub(crate) edges: Vec<Rc<Edge>>,
}

// === impl Network ===

impl Network {
    /// Sends a request; `None` if no answer arrived, whether or not the request was processed.
    pub(crate) async fn send(&self, edge: usize, request: Request) -> Option<Reply> {
        self.link.send(Rc::clone(&self.edges[edge]).handle(request)).await
    }

    /// Sends a request whose answer is ignored.
    pub(crate) fn send_and_forget(&self, edge: usize, request: Request) {
        self.link.send_and_forget(Rc::clone(&self.edges[edge]).handle(request));
    }
}

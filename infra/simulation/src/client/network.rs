//! Between clients and their edges.

use std::rc::Rc;

use crate::shop::{Edge, Reply, Request};
use crate::way::Way;

/// The network of a world.
pub(crate) struct Network {
    pub(crate) way: Way,
    pub(crate) edges: Vec<Rc<Edge>>,
}

// === impl Network ===

impl Network {
    /// Sends a request; `None` if no answer came, whatever became of the request.
    pub(crate) async fn send(&self, edge: usize, request: Request) -> Option<Reply> {
        self.way.send(Rc::clone(&self.edges[edge]).handle(request)).await
    }

    /// Sends a request whose answer nobody waits for.
    pub(crate) fn send_and_forget(&self, edge: usize, request: Request) {
        self.way.send_and_forget(Rc::clone(&self.edges[edge]).handle(request));
    }
}

//! Between a client and its edge.

use std::rc::Rc;

use tokio::sync::oneshot;

use crate::crew::{Crew, Life};
use crate::shop::{Edge, Reply, Request};
use crate::weather::Sky;

/// How long a client waits for an answer.
const PATIENCE_MS: u64 = 10_000;

/// The network of a world.
pub(crate) struct Network {
    pub(crate) crew: Crew,
    pub(crate) life: Life,
    pub(crate) sky: Sky,
    pub(crate) edges: Vec<Rc<Edge>>,
}

// === impl Network ===

impl Network {
    /// Sends a request; `None` if no answer came, whatever became of the request.
    pub(crate) async fn send(&self, edge: usize, request: Request) -> Option<Reply> {
        let told = self.sent(edge, request);
        self.sky.timeline.within(PATIENCE_MS, told).await?.ok()
    }

    /// Sends a request whose answer nobody waits for.
    pub(crate) fn send_and_forget(&self, edge: usize, request: Request) {
        drop(self.sent(edge, request));
    }

    fn sent(&self, edge: usize, request: Request) -> oneshot::Receiver<Reply> {
        let (tell, told) = oneshot::channel();
        let (sky, edge) = (self.sky.clone(), Rc::clone(&self.edges[edge]));
        self.crew.spawn(&self.life, async move {
            let weather = &sky.weather;
            sky.linger(weather.network_ms_max).await;
            if sky.strikes(weather.message_lost) {
                return;
            }
            let reply = edge.handle(request).await;
            sky.linger(weather.network_ms_max).await;
            if !sky.strikes(weather.message_lost) {
                // The client may have lost patience.
                let _ = tell.send(reply);
            }
        });
        told
    }
}

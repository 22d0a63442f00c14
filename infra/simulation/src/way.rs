//! The way between somebody outside and whoever answers: slow, and it loses things.

use tokio::sync::oneshot;

use crate::crew::{Crew, Life};
use crate::weather::Sky;

/// How long somebody outside waits for an answer.
const PATIENCE_MS: u64 = 10_000;

/// The way of a world.
pub(crate) struct Way {
    pub(crate) crew: Crew,
    pub(crate) life: Life,
    pub(crate) sky: Sky,
}

// === impl Way ===

impl Way {
    /// Sends a request, which `answer` is; `None` if no answer came, whatever became of the request.
    pub(crate) async fn send<T: 'static>(
        &self,
        answer: impl Future<Output = T> + 'static,
    ) -> Option<T> {
        let told = self.sent(answer);
        self.sky.timeline.within(PATIENCE_MS, told).await?.ok()
    }

    /// Sends a request whose answer nobody waits for.
    pub(crate) fn send_and_forget<T: 'static>(&self, answer: impl Future<Output = T> + 'static) {
        drop(self.sent(answer));
    }

    fn sent<T: 'static>(&self, answer: impl Future<Output = T> + 'static) -> oneshot::Receiver<T> {
        let (tell, told) = oneshot::channel();
        let sky = self.sky.clone();
        self.crew.spawn(&self.life, async move {
            let weather = &sky.weather;
            sky.linger(weather.network_ms_max).await;
            if sky.strikes(weather.message_lost) {
                return;
            }
            let reply = answer.await;
            sky.linger(weather.network_ms_max).await;
            if !sky.strikes(weather.message_lost) {
                // Whoever asked may have lost patience.
                let _ = tell.send(reply);
            }
        });
        told
    }
}

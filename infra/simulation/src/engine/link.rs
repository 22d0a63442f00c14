//! The link between a client and its server: slow and lossy.

use tokio::sync::oneshot;

use super::executor::{Executor, TaskGroup};
use super::faults::FaultInjector;

/// How long a client waits for an answer.
const TIMEOUT_MS: u64 = 10_000;

/// The link of a world.
pub(crate) struct Link {
    pub(crate) executor: Executor,
    pub(crate) group: TaskGroup,
    pub(crate) faults: FaultInjector,
}

// === impl Link ===

impl Link {
    /// Sends a request, whose processing is `answer`; `None` if no answer arrived, whether or not
    /// the request was processed.
    pub(crate) async fn send<T: 'static>(
        &self,
        answer: impl Future<Output = T> + 'static,
    ) -> Option<T> {
        let receiver = self.transmit(answer);
        self.faults.timeline.within(TIMEOUT_MS, receiver).await?.ok()
    }

    /// Sends a request whose answer is ignored.
    pub(crate) fn send_and_forget<T: 'static>(&self, answer: impl Future<Output = T> + 'static) {
        drop(self.transmit(answer));
    }

    fn transmit<T: 'static>(
        &self,
        answer: impl Future<Output = T> + 'static,
    ) -> oneshot::Receiver<T> {
        let (sender, receiver) = oneshot::channel();
        let faults = self.faults.clone();
        self.executor.spawn(&self.group, async move {
            let profile = &faults.profile;
            faults.delay(profile.network_ms_max).await;
            if faults.occurs(profile.message_lost) {
                return;
            }
            let reply = answer.await;
            faults.delay(profile.network_ms_max).await;
            if !faults.occurs(profile.message_lost) {
                // The caller may have timed out.
                let _ = sender.send(reply);
            }
        });
        receiver
    }
}

//! An HTTP client between the SDK and the tables that counts requests and can hold or break them.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use tokio::sync::{Notify, Semaphore};

/// Whether a request may pass, perhaps after a delay.
type Passage = Pin<Box<dyn Future<Output = bool> + Send>>;

/// Decides on a request by its number.
type Guard = Arc<dyn Fn(u64) -> Passage + Send + Sync>;

/// A guarded way to the tables. Requests are counted from 0 over all clones.
#[derive(Clone)]
struct Wire {
    inner: SharedHttpClient,
    guard: Guard,
    requests: Arc<AtomicU64>,
}

struct GuardedConnector {
    wire: Wire,
    inner: SharedHttpConnector,
}

/// Holds one request until [`Hold::release`].
#[derive(Debug, Clone)]
pub(crate) struct Hold {
    reached: Arc<Notify>,
    release: Arc<Semaphore>,
}

/// A connection that breaks for good before request `requests`, as if the process had crashed
/// there.
pub(crate) fn breaks_after(inner: SharedHttpClient, requests: u64) -> SharedHttpClient {
    wire(inner, Arc::new(move |number| Box::pin(async move { number < requests })))
}

/// A connection that holds request `held`.
pub(crate) fn holds(inner: SharedHttpClient, held: u64) -> (SharedHttpClient, Hold) {
    let hold = Hold { reached: Arc::new(Notify::new()), release: Arc::new(Semaphore::new(0)) };
    let inside = hold.clone();
    let guard = move |number| -> Passage {
        let hold = inside.clone();
        Box::pin(async move {
            if number == held {
                hold.reached.notify_one();
                hold.release.acquire().await.unwrap().forget();
            }
            true
        })
    };
    (wire(inner, Arc::new(guard)), hold)
}

fn wire(inner: SharedHttpClient, guard: Guard) -> SharedHttpClient {
    SharedHttpClient::new(Wire { inner, guard, requests: Arc::default() })
}

// === impl Hold ===

impl Hold {
    /// Resolves once the request has arrived.
    pub(crate) async fn reached(&self) {
        self.reached.notified().await;
    }

    /// Lets the request continue.
    pub(crate) fn release(&self) {
        self.release.add_permits(1);
    }
}

// === impl Wire ===

impl fmt::Debug for Wire {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Wire").field("requests", &self.requests).finish_non_exhaustive()
    }
}

impl HttpClient for Wire {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(GuardedConnector { wire: self.clone(), inner })
    }
}

// === impl GuardedConnector ===

impl fmt::Debug for GuardedConnector {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.wire.fmt(out)
    }
}

impl HttpConnector for GuardedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let passage = (self.wire.guard)(self.wire.requests.fetch_add(1, Ordering::Relaxed));
        let inner = self.inner.clone();
        HttpConnectorFuture::new(async move {
            if passage.await {
                inner.call(request).await
            } else {
                Err(ConnectorError::io("the wire is cut".into()))
            }
        })
    }
}

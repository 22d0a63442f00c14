//! Builds an edge for a row: as deployed, or with a guard removed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};

use bytes::Bytes;
use edge_emulator::{
    Clock, Distribution, EdgeFunction, Emulator, Fetched, FunctionError, Origin, OriginError,
};
use http::{Request, Response};
use infra_local::demo;
use infra_local::local::EdgeParts;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// One change of an edge: a removed guard, or a naive origin behind it.
pub(super) type Change = fn(Wiring) -> Wiring;

/// Builds an edge.
pub(super) struct Wiring {
    distribution: Value,
    parts: EdgeParts,
    state: Arc<OriginState>,
    detached: bool,
    bodies_pass: bool,
}

/// An edge in front of the shop's origins, on its own port and with its own clock.
pub(super) struct Edge {
    pub(super) emulator: Emulator,
    pub(super) address: SocketAddr,
    /// Whether it simulates an edge that accepts a body on GET; see [`Wiring::bodies_pass`].
    pub(super) bodies_pass: bool,
    clock: Arc<ManualClock>,
    state: Arc<OriginState>,
    server: JoinHandle<()>,
}

/// Origins are healthy.
pub(super) const HEALTHY: u16 = 0;
/// Origins are unreachable.
pub(super) const UNREACHABLE: u16 = 1;

/// A naive function: it may call the real one.
type Decide = dyn Fn(&dyn Fn(&Value) -> Value, &Value) -> Value + Send + Sync;
/// A naive origin's changes of the request, and of the real one's response.
type Before = dyn Fn(Request<Bytes>) -> Request<Bytes> + Send + Sync;
type After = dyn Fn(&Request<Bytes>, Response<Bytes>) -> Response<Bytes> + Send + Sync;

// === impl Wiring ===

impl Wiring {
    /// As deployed.
    pub(super) fn deployed(parts: &EdgeParts) -> Self {
        let distribution = serde_json::from_str(demo::DISTRIBUTION).unwrap();
        let state =
            Arc::new(OriginState { status: AtomicU16::new(HEALTHY), open: watch::channel(true).0 });
        let mut parts = parts.clone();
        for (_, origin) in &mut parts.origins {
            *origin =
                Arc::new(FailingOrigin { inner: Arc::clone(origin), state: Arc::clone(&state) });
        }
        Self { distribution, parts, state, detached: false, bodies_pass: false }
    }

    /// Without the viewer-request function.
    pub(super) fn detached(self) -> Self {
        Self { detached: true, ..self }
    }

    /// Simulates an edge that accepts a body on GET. CloudFront and the emulator reject it, so a
    /// header carries the body.
    pub(super) fn bodies_pass(self) -> Self {
        Self { bodies_pass: true, ..self }
    }

    /// Another distribution.
    pub(super) fn edit(mut self, edit: impl FnOnce(&mut Value)) -> Self {
        edit(&mut self.distribution);
        self
    }

    /// Another function: `decide` gets the real one and the event's request.
    pub(super) fn function(
        mut self,
        decide: impl Fn(&dyn Fn(&Value) -> Value, &Value) -> Value + Send + Sync + 'static,
    ) -> Self {
        let inner = self.parts.function;
        self.parts.function = Arc::new(NaiveFunction { inner, decide: Box::new(decide) });
        self
    }

    /// Other origins.
    pub(super) fn origin(
        mut self,
        before: impl Fn(Request<Bytes>) -> Request<Bytes> + Send + Sync + 'static,
        after: impl Fn(&Request<Bytes>, Response<Bytes>) -> Response<Bytes> + Send + Sync + 'static,
    ) -> Self {
        let (before, after): (Arc<Before>, Arc<After>) = (Arc::new(before), Arc::new(after));
        for (_, origin) in &mut self.parts.origins {
            let (before, after) = (Arc::clone(&before), Arc::clone(&after));
            *origin = Arc::new(NaiveOrigin { inner: Arc::clone(origin), before, after });
        }
        self
    }

    /// Adds a policy that forwards the whole request without adding it to the cache key.
    pub(super) fn forwards_all(self) -> Self {
        self.edit(|file| {
            file["OriginRequestPolicies"]["all"] = json!({
                "Name": "all", "CookiesConfig": {"CookieBehavior": "all"},
                "HeadersConfig": {"HeaderBehavior": "allExcept", "Headers": ["Host"]},
                "QueryStringsConfig": {"QueryStringBehavior": "all"}
            });
            for behavior in file["DistributionConfig"]["CacheBehaviors"].as_array_mut().unwrap() {
                behavior["OriginRequestPolicyId"] = json!("all");
            }
        })
    }

    /// Starts the edge.
    pub(super) fn serve(self, runtime: &Runtime) -> Edge {
        let clock = Arc::new(ManualClock::default());
        let distribution = Distribution::parse(self.distribution.to_string().as_bytes()).unwrap();
        let builder = Emulator::builder(distribution).local_http().clock(clock.clone());
        let builder = if self.detached { builder.without_functions() } else { builder };
        let builder = builder.function("viewer-request", self.parts.function);
        let origins = self.parts.origins.into_iter();
        let emulator = origins.fold(builder, |builder, (id, origin)| builder.origin(id, origin));
        let emulator = emulator.build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let serving = emulator.clone();
        let server =
            runtime.spawn(async move { serving.serve(listener, std::future::pending()).await });
        let (state, bodies_pass) = (self.state, self.bodies_pass);
        Edge { emulator, address, bodies_pass, clock, state, server }
    }
}

// === impl Edge ===

impl Edge {
    /// Advances the edge's clock.
    pub(super) fn advance_s(&self, seconds: u64) {
        self.clock.0.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }

    /// Sets the status of every origin's next answers, or [`HEALTHY`] or [`UNREACHABLE`].
    pub(super) fn set_origin_status(&self, status: u16) {
        self.state.status.store(status, Ordering::SeqCst);
    }

    /// Unblocks or blocks all origins.
    pub(super) fn set_open(&self, open: bool) {
        self.state.open.send_replace(open);
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A manual clock.
#[derive(Default)]
struct ManualClock(AtomicU64);

impl Clock for ManualClock {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn wall_unix_s(&self) -> u64 {
        self.now_ms() / 1_000
    }
}

struct NaiveFunction {
    inner: Arc<dyn EdgeFunction>,
    decide: Box<Decide>,
}

impl EdgeFunction for NaiveFunction {
    fn invoke(&self, event: &[u8]) -> Result<Vec<u8>, FunctionError> {
        let event: Value = serde_json::from_slice(event).unwrap();
        let real = |request: &Value| {
            let mut event = event.clone();
            event["Records"][0]["cf"]["request"] = request.clone();
            let answer = self.inner.invoke(event.to_string().as_bytes()).unwrap();
            serde_json::from_slice(&answer).unwrap()
        };
        Ok((self.decide)(&real, &event["Records"][0]["cf"]["request"]).to_string().into_bytes())
    }
}

struct NaiveOrigin {
    inner: Arc<dyn Origin>,
    before: Arc<Before>,
    after: Arc<After>,
}

impl Origin for NaiveOrigin {
    fn fetch(&self, request: Request<Bytes>) -> Fetched<'_> {
        Box::pin(async move {
            let answer = self.inner.fetch((self.before)(request.clone())).await?;
            Ok((self.after)(&request, answer))
        })
    }
}

/// The state of all origins of one edge.
struct OriginState {
    status: AtomicU16,
    open: watch::Sender<bool>,
}

/// The real origin while [`HEALTHY`], else an error.
struct FailingOrigin {
    inner: Arc<dyn Origin>,
    state: Arc<OriginState>,
}

impl Origin for FailingOrigin {
    fn fetch(&self, request: Request<Bytes>) -> Fetched<'_> {
        Box::pin(async move {
            let mut open = self.state.open.subscribe();
            open.wait_for(|open| *open).await.unwrap();
            match self.state.status.load(Ordering::SeqCst) {
                HEALTHY => self.inner.fetch(request).await,
                UNREACHABLE => Err(OriginError::Unreachable),
                status => {
                    let failure = Response::builder().status(status);
                    let failure = failure.header("cache-control", "no-store");
                    Ok(failure.body(Bytes::from_static(b"not now")).unwrap())
                }
            }
        })
    }
}

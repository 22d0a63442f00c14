//! How an edge is put together for a row: as deployed, or with something taken away.

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

/// One thing changed about an edge: a guard taken away, or a naive origin behind it.
pub(super) type Change = fn(Wiring) -> Wiring;

/// An edge in the making.
pub(super) struct Wiring {
    distribution: Value,
    parts: EdgeParts,
    mood: Arc<Mood>,
    detached: bool,
    bodies_pass: bool,
}

/// An edge before the shop's origins, on its own port and with its own clock.
pub(super) struct Edge {
    pub(super) emulator: Emulator,
    pub(super) address: SocketAddr,
    /// Whether it plays an edge that takes a body on GET; see [`Wiring::bodies_pass`].
    pub(super) bodies_pass: bool,
    clock: Arc<HandClock>,
    mood: Arc<Mood>,
    server: JoinHandle<()>,
}

/// Origins answer.
pub(super) const WELL: u16 = 0;
/// Origins can't be reached.
pub(super) const GONE: u16 = 1;

/// What a naive function makes of a request: it may ask the real one.
type Decide = dyn Fn(&dyn Fn(&Value) -> Value, &Value) -> Value + Send + Sync;
/// What a naive origin makes of what it is asked, and of what the real one answers.
type Before = dyn Fn(Request<Bytes>) -> Request<Bytes> + Send + Sync;
type After = dyn Fn(&Request<Bytes>, Response<Bytes>) -> Response<Bytes> + Send + Sync;

// === impl Wiring ===

impl Wiring {
    /// As deployed.
    pub(super) fn deployed(parts: &EdgeParts) -> Self {
        let distribution = serde_json::from_str(demo::DISTRIBUTION).unwrap();
        let mood = Arc::new(Mood { status: AtomicU16::new(WELL), open: watch::channel(true).0 });
        let mut parts = parts.clone();
        for (_, origin) in &mut parts.origins {
            *origin = Arc::new(Moody { inner: Arc::clone(origin), mood: Arc::clone(&mood) });
        }
        Self { distribution, parts, mood, detached: false, bodies_pass: false }
    }

    /// As if nobody had associated the function.
    pub(super) fn detached(self) -> Self {
        Self { detached: true, ..self }
    }

    /// As if the edge took a body on GET. CloudFront does not and neither does the emulator, so a
    /// header carries the body past them.
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

    /// Adds a policy that forwards everything the viewer sends, without it being in any key.
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

    /// Puts the edge to work.
    pub(super) fn serve(self, runtime: &Runtime) -> Edge {
        let clock = Arc::new(HandClock::default());
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
        let (mood, bodies_pass) = (self.mood, self.bodies_pass);
        Edge { emulator, address, bodies_pass, clock, mood, server }
    }
}

// === impl Edge ===

impl Edge {
    /// Lets time pass at the edge.
    pub(super) fn advance_s(&self, seconds: u64) {
        self.clock.0.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }

    /// From now on every origin answers with this status, or as [`WELL`] or [`GONE`] say.
    pub(super) fn set_mood(&self, status: u16) {
        self.mood.status.store(status, Ordering::SeqCst);
    }

    /// Whether origins answer, or keep everybody waiting.
    pub(super) fn set_open(&self, open: bool) {
        self.mood.open.send_replace(open);
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A clock moved by hand.
#[derive(Default)]
struct HandClock(AtomicU64);

impl Clock for HandClock {
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

/// How the origins of one edge are.
struct Mood {
    status: AtomicU16,
    open: watch::Sender<bool>,
}

/// The real origin, as long as it is well.
struct Moody {
    inner: Arc<dyn Origin>,
    mood: Arc<Mood>,
}

impl Origin for Moody {
    fn fetch(&self, request: Request<Bytes>) -> Fetched<'_> {
        Box::pin(async move {
            let mut open = self.mood.open.subscribe();
            open.wait_for(|open| *open).await.unwrap();
            match self.mood.status.load(Ordering::SeqCst) {
                WELL => self.inner.fetch(request).await,
                GONE => Err(OriginError::Unreachable),
                status => {
                    let refusal = Response::builder().status(status);
                    let refusal = refusal.header("cache-control", "no-store");
                    Ok(refusal.body(Bytes::from_static(b"not now")).unwrap())
                }
            }
        })
    }
}

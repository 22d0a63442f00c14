//! Test fixtures: a clock that tests set, an origin with scripted answers, a small distribution.

use std::collections::VecDeque;
use std::future::pending;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use edge_emulator::{Clock, Distribution, EdgeFunction, Emulator, FunctionError, Origin};
use edge_emulator::{Fetched, OriginError};
use http::{HeaderMap, Request, Response};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc};

/// 2026-01-01T00:00:00Z, when every test begins.
pub(crate) const START_UNIX_S: u64 = 1_767_225_600;

/// A clock that stands still until a test sets it.
#[derive(Default)]
pub(crate) struct ManualClock(AtomicU64);

impl ManualClock {
    /// Goes to `ms` after the start.
    pub(crate) fn at_ms(&self, ms: u64) {
        self.0.store(ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn wall_unix_s(&self) -> u64 {
        START_UNIX_S + self.now_ms() / 1_000
    }
}

/// One thing an origin does with a request.
#[derive(Clone)]
pub(crate) enum Act {
    Answer(Response<Bytes>),
    Fail(OriginError),
    /// Never answers.
    Hang,
    Panic,
}

/// An origin that plays its acts in order, the last one forever, and records the requests.
pub(crate) struct ScriptedOrigin {
    acts: Mutex<VecDeque<Act>>,
    pub(crate) requests: Mutex<Vec<Request<Bytes>>>,
    /// Each act takes one permit; without permits, requests wait.
    pub(crate) gate: Semaphore,
    arrivals: Mutex<Option<mpsc::UnboundedSender<()>>>,
}

impl ScriptedOrigin {
    pub(crate) fn new(acts: impl IntoIterator<Item = Act>) -> Arc<Self> {
        Arc::new(Self {
            acts: Mutex::new(acts.into_iter().collect()),
            requests: Mutex::default(),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
            arrivals: Mutex::default(),
        })
    }

    /// Closes the gate and reports each arrival.
    pub(crate) fn shut(&self) -> mpsc::UnboundedReceiver<()> {
        self.gate.forget_permits(Semaphore::MAX_PERMITS);
        let (sender, receiver) = mpsc::unbounded_channel();
        *self.arrivals.lock().unwrap() = Some(sender);
        receiver
    }

    /// Replaces the acts by this one.
    pub(crate) fn then(&self, act: Act) {
        *self.acts.lock().unwrap() = [act].into();
    }

    pub(crate) fn fetches(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    pub(crate) fn last(&self) -> Request<Bytes> {
        self.requests.lock().unwrap().last().expect("the origin got a request").clone()
    }

    async fn play(&self, request: Request<Bytes>) -> Result<Response<Bytes>, OriginError> {
        let act = {
            let mut acts = self.acts.lock().unwrap();
            self.requests.lock().unwrap().push(request);
            if acts.len() > 1 { acts.pop_front() } else { acts.front().cloned() }
        };
        if let Some(arrivals) = &*self.arrivals.lock().unwrap() {
            arrivals.send(()).ok();
        }
        self.gate.acquire().await.expect("the gate is never closed").forget();
        match act.expect("an origin has an act") {
            Act::Answer(response) => Ok(response),
            Act::Fail(error) => Err(error),
            Act::Hang => pending().await,
            Act::Panic => panic!("the origin panics, as scripted"),
        }
    }
}

impl Origin for ScriptedOrigin {
    fn fetch(&self, request: Request<Bytes>) -> Fetched<'_> {
        Box::pin(self.play(request))
    }
}

/// An answer: status, headers as `name: value` lines, body.
pub(crate) fn answer(status: u16, headers: &[&str], body: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_owned()));
    *response.status_mut() = status.try_into().unwrap();
    *response.headers_mut() = header_map(headers);
    response
}

pub(crate) fn says(status: u16, headers: &[&str], body: &str) -> Act {
    Act::Answer(answer(status, headers, body))
}

/// 200, `body`, with this `Cache-Control`.
pub(crate) fn ok(cache_control: &str) -> Act {
    says(200, &[&format!("cache-control: {cache_control}")], "body")
}

pub(crate) fn header_map(lines: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(": ").expect("a header line");
        headers.append(
            http::HeaderName::from_bytes(name.to_ascii_lowercase().as_bytes()).unwrap(),
            http::HeaderValue::from_bytes(value.as_bytes()).unwrap(),
        );
    }
    headers
}

pub(crate) fn request(method: &str, target: &str, headers: &[&str]) -> Request<Bytes> {
    let mut request = Request::new(Bytes::new());
    *request.method_mut() = method.parse().unwrap();
    *request.uri_mut() = target.parse().unwrap();
    *request.headers_mut() = header_map(headers);
    request
}

pub(crate) const VIEWER: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));

/// A function made of a closure over the event.
pub(crate) struct Function<F>(pub(crate) F);

impl<F> EdgeFunction for Function<F>
where
    F: Fn(Value) -> Value + Send + Sync + 'static,
{
    fn invoke(&self, event: &[u8]) -> Result<Vec<u8>, FunctionError> {
        let event = serde_json::from_slice(event).expect("events are JSON");
        Ok((self.0)(event).to_string().into_bytes())
    }
}

/// A distribution of one behavior, to be changed where a case needs it.
pub(crate) fn distribution(min: u64, max: u64, default: u64) -> Value {
    json!({
        "DistributionConfig": {
            "Origins": [{"Id": "o", "DomainName": "o.invalid", "ConnectionAttempts": 1}],
            "DefaultCacheBehavior": {
                "TargetOriginId": "o",
                "ViewerProtocolPolicy": "allow-all",
                "CachePolicyId": "c",
                "AllowedMethods": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
            }
        },
        "CachePolicies": {"c": {
            "MinTTL": min, "MaxTTL": max, "DefaultTTL": default,
            "ParametersInCacheKeyAndForwardedToOrigin": {
                "EnableAcceptEncodingGzip": false, "EnableAcceptEncodingBrotli": false,
                "CookiesConfig": {"CookieBehavior": "none"},
                "HeadersConfig": {"HeaderBehavior": "none"},
                "QueryStringsConfig": {"QueryStringBehavior": "none"}
            }
        }}
    })
}

/// The key's parameters of that distribution's one cache policy, to be changed.
pub(crate) fn key_of(distribution: &mut Value) -> &mut Value {
    &mut distribution["CachePolicies"]["c"]["ParametersInCacheKeyAndForwardedToOrigin"]
}

/// An emulator with one origin, and its clock.
pub(crate) struct World {
    pub(crate) emulator: Emulator,
    pub(crate) origin: Arc<ScriptedOrigin>,
    pub(crate) clock: Arc<ManualClock>,
}

impl World {
    pub(crate) fn new(distribution: &Value, acts: impl IntoIterator<Item = Act>) -> Self {
        Self::with(distribution, acts, |builder| builder)
    }

    pub(crate) fn with(
        distribution: &Value,
        acts: impl IntoIterator<Item = Act>,
        more: impl FnOnce(edge_emulator::Builder) -> edge_emulator::Builder,
    ) -> Self {
        let distribution = Distribution::parse(distribution.to_string().as_bytes()).unwrap();
        let origin = ScriptedOrigin::new(acts);
        let clock = Arc::new(ManualClock::default());
        let ids: Vec<String> = distribution.origins().map(|(id, _)| id.to_owned()).collect();
        let mut builder = Emulator::builder(distribution).clock(clock.clone()).debug_headers();
        for id in ids {
            builder = builder.origin(id, origin.clone());
        }
        Self { emulator: more(builder).build().unwrap(), origin, clock }
    }

    pub(crate) async fn send(&self, request: Request<Bytes>) -> Response<Bytes> {
        self.emulator.handle(request, VIEWER).await
    }

    pub(crate) async fn get(&self, target: &str) -> Response<Bytes> {
        self.get_with(target, &[]).await
    }

    pub(crate) async fn get_with(&self, target: &str, headers: &[&str]) -> Response<Bytes> {
        self.send(request("GET", target, headers)).await
    }
}

/// The header's value, or the empty text.
pub(crate) fn header<'a>(response: &'a Response<Bytes>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// `X-Cache` without its tail.
pub(crate) fn x_cache(response: &Response<Bytes>) -> &str {
    header(response, "x-cache").strip_suffix(" from cloudfront").expect("every answer has X-Cache")
}

/// The result of `work`, and how long it took on tokio's paused clock.
#[expect(clippy::disallowed_methods, reason = "the paused clock of a test, not the machine's")]
pub(crate) async fn timed<T>(work: impl Future<Output = T>) -> (T, std::time::Duration) {
    let before = tokio::time::Instant::now();
    let outcome = work.await;
    (outcome, before.elapsed())
}

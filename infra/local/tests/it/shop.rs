//! A running shop and a client that speaks to it over HTTP.

use std::net::SocketAddr;
use std::path::PathBuf;

use edge_wire::identity::owner_of_cart;
use edge_wire::keys::KeyRing;
use edge_wire::token::{CUSTOMER_TOKEN_TTL_S, mint_customer, verify_cart};
use infra_local::demo;
use infra_local::local::{EdgeParts, Local, LocalShop, Options};
use origin_functions::runtime::clock::Clock;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::documented::expect_documented;

/// A shop of one test: its own folder, its own port.
pub(crate) struct Shop {
    local: Option<Local>,
    runtime: Runtime,
    folder: Option<TempDir>,
    url: String,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) text: String,
}

/// Builds a request.
pub(crate) struct RequestBuilder<'a> {
    url: String,
    method: &'a str,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

// === impl Shop ===

impl Shop {
    /// Starts a demo shop on a free port.
    pub(crate) fn open() -> Self {
        Self::open_in(tempfile::tempdir().unwrap())
    }

    /// The same on the data folder of another shop.
    pub(crate) fn open_in(folder: TempDir) -> Self {
        Self::open_at(folder, Clock::system())
    }

    /// The same at the time of a clock.
    pub(crate) fn open_at(folder: TempDir, clock: Clock) -> Self {
        Self::open_with(folder, |options| Options { clock, ..options })
    }

    /// The same for the time of a replay.
    pub(crate) fn open_replaying(folder: TempDir) -> Self {
        Self::open_with(folder, |options| Options { replaying: true, ..options })
    }

    /// The same with other options.
    pub(crate) fn open_with(folder: TempDir, change: impl FnOnce(Options) -> Options) -> Self {
        let runtime = Runtime::new().unwrap();
        let options = change(Options {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: data_in(&folder),
            shopify: None,
            fresh: false,
            faults: None,
            replaying: false,
            shop: LocalShop::demo(),
            clock: Clock::system(),
        });
        let local = runtime.block_on(Local::start(options)).unwrap();
        let url = local.url();
        Self { local: Some(local), runtime, folder: Some(folder), url }
    }

    /// Stops it; the data folder stays.
    pub(crate) fn close(mut self) -> TempDir {
        self.folder.take().unwrap()
    }

    /// Its data folder.
    pub(crate) fn data(&self) -> PathBuf {
        data_in(self.folder.as_ref().unwrap())
    }

    /// The running shop behind it.
    pub(crate) fn local(&self) -> &Local {
        self.local.as_ref().unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder<'static> {
        self.request("GET", path)
    }

    pub(crate) fn request<'a>(&self, method: &'a str, path: &str) -> RequestBuilder<'a> {
        RequestBuilder::to(method, format!("{}{path}", self.url))
    }

    /// The parts of its edge.
    pub(crate) fn edge_parts(&self) -> &EdgeParts {
        self.local.as_ref().unwrap().edge_parts()
    }

    /// Its runtime.
    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Stops the consumer of a queue.
    pub(crate) fn pause(&self, queue: &str) {
        let _guard = self.runtime.enter();
        self.local.as_ref().unwrap().bus().pause(queue).unwrap();
    }

    /// Starts it again and waits until the queue is empty.
    pub(crate) fn resume(&self, queue: &str) {
        let bus = self.local.as_ref().unwrap().bus();
        let _guard = self.runtime.enter();
        bus.resume(queue).unwrap();
        self.runtime.block_on(bus.drained(queue)).unwrap();
    }

    /// Waits until a queue is empty.
    pub(crate) fn drained(&self, queue: &str) {
        let bus = self.local.as_ref().unwrap().bus();
        self.runtime.block_on(bus.drained(queue)).unwrap();
    }

    /// The number of dead letters of a queue.
    pub(crate) fn dead_letters(&self, queue: &str) -> usize {
        let bus = self.local.as_ref().unwrap().bus();
        self.runtime.block_on(bus.dead_letters(queue, 0)).unwrap().len()
    }

    /// The lines of the cart behind these tokens, read with this bookmark.
    pub(crate) fn cart(&self, token: &str, bookmark: &str) -> Value {
        let reply = self.get("/v1/cart").cart(token).header("forecourt-bookmark", bookmark).send();
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()
    }
}

/// The data folder of a shop in this folder.
pub(crate) fn data_in(folder: &TempDir) -> PathBuf {
    folder.path().join("data")
}

impl Drop for Shop {
    fn drop(&mut self) {
        if let Some(local) = self.local.take() {
            self.runtime.block_on(local.stop()).unwrap();
        }
    }
}

// === impl RequestBuilder ===

impl<'a> RequestBuilder<'a> {
    pub(crate) fn to(method: &'a str, url: String) -> Self {
        Self { url, method, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// A cart's token, and for a customer's own cart the customer's.
    pub(crate) fn cart(self, token: &str) -> Self {
        let keys = KeyRing::parse(demo::KEYS).unwrap();
        let own = verify_cart(&keys, token).ok();
        let end = Clock::system().now().unix_s() + CUSTOMER_TOKEN_TTL_S;
        let customer = own.as_deref().and_then(owner_of_cart);
        let customer = customer.map(|customer| mint_customer(&keys, customer, end));
        let request = self.header("forecourt-cart", token);
        customer.iter().fold(request, |request, customer| request.bearer(customer))
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn send(self) -> Reply {
        self.try_send().unwrap()
    }

    pub(crate) fn try_send(self) -> Result<Reply, ureq::Error> {
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        let agent = ureq::Agent::new_with_config(config.allow_non_standard_methods(true).build());
        let mut request = ureq::http::Request::builder().method(self.method).uri(&self.url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let mut response = if self.body.is_empty() {
            agent.run(request.body(()).unwrap())?
        } else {
            agent.run(request.body(self.body).unwrap())?
        };
        let text = response.body_mut().read_to_string()?;
        let status = response.status().as_u16();
        let reply = Reply { status, headers: response.headers().clone(), text };
        let uri: ureq::http::Uri = self.url.parse().unwrap();
        expect_documented(self.method, uri.path(), &reply);
        Ok(reply)
    }
}

// === impl Reply ===

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts a problem document and returns its `errors` as `field` strings.
    pub(crate) fn expect_problem(&self, status: u16, code: &str) -> Vec<String> {
        assert_eq!((self.status, self.json()["code"].as_str()), (status, Some(code)), "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["type"], format!("/problems/{code}"));
        let field = |error: &Value| error["field"].as_str().unwrap().to_owned();
        problem["errors"].as_array().unwrap().iter().map(field).collect()
    }
}

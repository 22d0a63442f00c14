//! A proxy in front of a shop that injects one fault.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use ureq::Agent;

use crate::shop::Shop;

/// Headers of one connection, which are not passed on.
const HOP_BY_HOP: [&str; 5] =
    ["connection", "content-length", "host", "transfer-encoding", "keep-alive"];

/// A request of a client.
#[derive(Clone, Debug)]
pub(crate) struct ProxyRequest {
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// A response to a client.
#[derive(Clone, Debug)]
pub(crate) struct ProxyResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// Answers a request, with one fault.
pub(crate) type Fault = fn(&Origin, ProxyRequest) -> ProxyResponse;

/// The shop behind the proxy, and a fault's memory.
pub(crate) struct Origin {
    agent: Agent,
    url: String,
    pub(crate) memory: Mutex<HashMap<String, ProxyResponse>>,
}

// === impl ProxyRequest ===

impl ProxyRequest {
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.headers.contains_key(name)
    }

    pub(crate) fn set(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.parse().unwrap());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    pub(crate) fn at(mut self, target: impl Into<String>) -> Self {
        self.target = target.into();
        self
    }
}

// === impl ProxyResponse ===

impl ProxyResponse {
    pub(crate) fn new(status: u16, body: &str) -> Self {
        Self { status, headers: HeaderMap::new(), body: body.to_owned() }
    }

    pub(crate) fn set(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.parse().unwrap());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }
}

// === impl Origin ===

impl Origin {
    /// Forwards a request to the shop.
    pub(crate) fn forward(&self, sent: ProxyRequest) -> ProxyResponse {
        let url = format!("{}{}", self.url, sent.target);
        let mut request = ureq::http::Request::builder().method(sent.method).uri(url);
        request.headers_mut().unwrap().extend(sent.headers);
        let answered = match sent.body.is_empty() {
            true => self.agent.run(request.body(()).unwrap()),
            false => self.agent.run(request.body(sent.body).unwrap()),
        };
        let mut answer = answered.unwrap();
        let body = answer.body_mut().read_to_string().unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        ProxyResponse { status, headers, body }
    }
}

/// Starts a faulty proxy in front of a shop and returns its URL.
pub(crate) fn serve(shop: &Shop, fault: Fault, host: [u8; 4]) -> String {
    let config = Agent::config_builder().http_status_as_error(false).max_redirects(0);
    let agent = Agent::new_with_config(config.allow_non_standard_methods(true).build());
    let origin = Origin { agent, url: shop.local().url(), memory: Mutex::default() };
    let listener = shop.runtime().block_on(TcpListener::bind(SocketAddr::from((host, 0)))).unwrap();
    let address = listener.local_addr().unwrap();
    let proxy = Arc::new((origin, fault));
    shop.runtime().spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let proxy = Arc::clone(&proxy);
            let service = service_fn(move |request| answer(Arc::clone(&proxy), request));
            // An error ends only its connection.
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    format!("http://{address}")
}

async fn answer(
    proxy: Arc<(Origin, Fault)>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (mut parts, body) = request.into_parts();
    HOP_BY_HOP.iter().for_each(|name| drop(parts.headers.remove(*name)));
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    let target = parts.uri.path_and_query().unwrap().to_string();
    let proxied = ProxyRequest { method: parts.method, target, headers: parts.headers, body };
    let answer = tokio::task::spawn_blocking(move || (proxy.1)(&proxy.0, proxied)).await.unwrap();
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap();
    *response.headers_mut() = answer.headers;
    HOP_BY_HOP.iter().for_each(|name| drop(response.headers_mut().remove(*name)));
    Ok(response)
}

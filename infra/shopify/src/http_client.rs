//! Outgoing HTTP: webhooks and the App Proxy. A trait, so that a test can put its own in between.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// A boxed future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How long a request may take, and how long its answer may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// To connect.
    pub connect: Duration,
    /// In total.
    pub total: Duration,
    /// Longest body of an answer.
    pub body_bytes: usize,
}

/// Sends a request.
pub trait HttpClient: Send + Sync + 'static {
    /// The answer, also of an error; redirects are answers too.
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>>;
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// No connection, or it broke.
    #[error("no answer: {0}")]
    Connection(String),
    /// Not within [`Limits::total`].
    #[error("no answer within {0} ms")]
    Timeout(u128),
    /// Longer than [`Limits::body_bytes`].
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    /// A URL that is not plain HTTP.
    #[error("the local Shopify calls http:// URLs only, not {0}")]
    NotHttp(String),
}

/// The real client: HTTP/1.1 without TLS.
#[derive(Clone, Debug)]
pub struct PlainHttp {
    client: Client<HttpConnector, Full<Bytes>>,
    limits: Limits,
}

// === impl PlainHttp ===

impl PlainHttp {
    /// A client with these limits.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(limits.connect));
        Self { client: Client::builder(TokioExecutor::new()).build(connector), limits }
    }

    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        if request.uri().scheme_str() != Some("http") {
            return Err(HttpError::NotHttp(request.uri().to_string()));
        }
        let response = self.client.request(request.map(Full::new)).await;
        let (head, body) =
            response.map_err(|error| HttpError::Connection(chain(&error)))?.into_parts();
        let body = Limited::new(body, self.limits.body_bytes).collect().await;
        let body = body.map_err(|error| {
            if error.downcast_ref::<LengthLimitError>().is_some() {
                return HttpError::TooLong(self.limits.body_bytes);
            }
            HttpError::Connection(error.to_string())
        })?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}

impl HttpClient for PlainHttp {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        Box::pin(async move {
            let exchange = tokio::time::timeout(self.limits.total, self.exchange(request));
            exchange.await.unwrap_or(Err(HttpError::Timeout(self.limits.total.as_millis())))
        })
    }
}

/// An error with its causes: hyper's own text names the layer only.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

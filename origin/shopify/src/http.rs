//! One HTTP exchange with bounds: the transport of the token endpoint and of the Admin API.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::Connect;
use hyper_util::rt::TokioExecutor;

/// A client. The connector decides on TLS.
#[derive(Debug, Clone)]
pub(crate) struct HttpClient<C>(Client<C, Full<Bytes>>);

/// How much of an answer is read, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) bytes_max: usize,
    pub(crate) ms_max: u64,
}

/// An answer, read whole.
#[derive(Debug, Clone)]
pub(crate) struct WholeAnswer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// There is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NoAnswer {
    /// Names the host and the cause, never a header or the body.
    pub(crate) reason: String,
    /// Whether the other side may have acted on the request.
    pub(crate) may_be_sent: bool,
}

// === impl HttpClient ===

impl<C: Connect + Clone + Send + Sync + 'static> HttpClient<C> {
    pub(crate) fn new(connector: C) -> Self {
        Self(Client::builder(TokioExecutor::new()).build(connector))
    }

    pub(crate) async fn send(
        &self,
        request: Request<Full<Bytes>>,
        bounds: Bounds,
    ) -> Result<WholeAnswer, NoAnswer> {
        let limit = Duration::from_millis(bounds.ms_max);
        let answer = tokio::time::timeout(limit, self.exchange(request, bounds.bytes_max)).await;
        answer.unwrap_or_else(|_| Err(NoAnswer::lost("no answer in time")))
    }

    async fn exchange(
        &self,
        request: Request<Full<Bytes>>,
        bytes_max: usize,
    ) -> Result<WholeAnswer, NoAnswer> {
        let response = self.0.request(request).await.map_err(|error| NoAnswer {
            may_be_sent: !error.is_connect(),
            reason: error.to_string(),
        })?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, bytes_max).collect().await;
        let body = body.map_err(|error| NoAnswer::lost(error.to_string()))?.to_bytes();
        Ok(WholeAnswer { status: head.status.as_u16(), headers: head.headers, body })
    }
}

// === impl NoAnswer ===

impl NoAnswer {
    fn lost(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), may_be_sent: true }
    }
}

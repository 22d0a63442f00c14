//! An origin over HTTP/1.1.

use bytes::Bytes;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::{Fetched, Origin, OriginError};
use crate::distribution::OriginTimeouts;

/// An answer is held in memory whole; CloudFront takes 50 GB, a storefront's JSON stays far below
/// this.
const RESPONSE_BYTES_MAX: usize = 20 * 1024 * 1024;
/// Idle connections per origin: as many as a burst on one machine reuses.
const IDLE_CONNECTIONS_MAX: usize = 64;

/// An origin reached over plain HTTP/1.1, by its address.
#[derive(Debug)]
pub struct HttpOrigin {
    authority: Authority,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// The address given for an origin is not `http://host[:port]`.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not of the form http://host[:port]")]
pub struct HttpOriginError(String);

// === impl HttpOrigin ===

impl HttpOrigin {
    /// An origin at `address` (`http://host[:port]`), connecting within the distribution's limits.
    pub fn new(address: &str, timeouts: OriginTimeouts) -> Result<Self, HttpOriginError> {
        let invalid = || HttpOriginError(address.to_owned());
        let uri: Uri = address.parse().map_err(|_| invalid())?;
        if uri.scheme() != Some(&Scheme::HTTP) || uri.path() != "/" || uri.query().is_some() {
            return Err(invalid());
        }
        let authority = uri.into_parts().authority.ok_or_else(invalid)?;
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(timeouts.connect));
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .build(connector);
        Ok(Self { authority, client })
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, OriginError> {
        let (mut parts, body) = request.into_parts();
        let target = parts.uri.path_and_query().cloned();
        parts.uri = Uri::builder()
            .scheme(Scheme::HTTP)
            .authority(self.authority.clone())
            .path_and_query(target.unwrap_or_else(|| PathAndQuery::from_static("/")))
            .build()
            .map_err(|_| OriginError::Invalid)?;
        let request = Request::from_parts(parts, Full::new(body));
        let response = self.client.request(request).await.map_err(|error| named(&error))?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, RESPONSE_BYTES_MAX).collect().await.map_err(|error| {
            if error.is::<http_body_util::LengthLimitError>() {
                OriginError::Invalid
            } else {
                OriginError::Incomplete
            }
        })?;
        Ok(Response::from_parts(parts, body.to_bytes()))
    }
}

impl Origin for HttpOrigin {
    fn fetch(&self, request: Request<Bytes>) -> Fetched<'_> {
        Box::pin(self.send(request))
    }
}

/// The error of a connection that failed, timed out or broke.
fn named(error: &hyper_util::client::legacy::Error) -> OriginError {
    if !error.is_connect() {
        return OriginError::Incomplete;
    }
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let io = error.downcast_ref::<std::io::Error>();
        if io.is_some_and(|io| io.kind() == std::io::ErrorKind::TimedOut) {
            return OriginError::Timeout;
        }
        cause = error.source();
    }
    OriginError::Unreachable
}

//! The HTTP client that sends events to the local bus: HTTP/1.1 without TLS. The client for AWS
//! would bring TLS and HTTP/2 into every build of this package.

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::shared::IntoShared as _;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector as TcpConnector;
use hyper_util::rt::TokioExecutor;

/// Its connections are reused.
#[derive(Debug, Clone)]
struct BusConnector(Client<TcpConnector, Full<Bytes>>);

/// A client for the bus of [`Local`](crate::local::Local).
#[must_use]
pub fn bus_http_client() -> SharedHttpClient {
    let mut tcp = TcpConnector::new();
    // Requests are small and a command waits for them: Nagle's algorithm would delay them.
    tcp.set_nodelay(true);
    let connector = BusConnector(Client::builder(TokioExecutor::new()).build(tcp));
    http_client_fn(move |_, _| connector.clone().into_shared())
}

// === impl BusConnector ===

impl BusConnector {
    async fn answer(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let request =
            request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
        let (parts, body) = request.into_parts();
        let body = body.bytes().map(Bytes::copy_from_slice);
        let body = body.ok_or_else(|| ConnectorError::user("a streamed body".into()))?;
        let sent = self.0.request(Request::from_parts(parts, Full::new(body))).await;
        let response = sent.map_err(|error| ConnectorError::io(error.into()))?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| ConnectorError::io(error.into()))?;
        let response = http::Response::from_parts(parts, SdkBody::from(body.to_bytes()));
        HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
    }
}

impl HttpConnector for BusConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().answer(request))
    }
}

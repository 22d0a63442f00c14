//! The same tables over HTTP, for other processes such as a built Lambda.

use std::convert::Infallible;

use ::http::{Request, Response, StatusCode};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::connector::Client;
use crate::embedded::Embedded;

/// Most bytes of one request: DynamoDB's own 16 MB of a batch write.
const REQUEST_BYTES_MAX: usize = 16 * 1024 * 1024;

impl Embedded {
    /// Answers the SDK's calls on this listener until dropped.
    pub async fn serve(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            let client = self.client();
            let service = service_fn(move |request| {
                let client = client.clone();
                async move { Ok::<_, Infallible>(answer(client, request).await) }
            });
            tokio::spawn(async move {
                // A broken connection ends only itself.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    }
}

async fn answer(client: Client, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, REQUEST_BYTES_MAX).collect().await else {
        return status(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let mut call = HttpRequest::new(SdkBody::from(body.to_bytes()));
    if let Some(target) = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok())
    {
        call.headers_mut().insert("x-amz-target", target.to_owned());
    }
    // An injected connection error of the in-process client is a 500 here.
    let Ok(answer) = client.answer(call).await else {
        return status(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let bytes = answer.body().bytes().map(Bytes::copy_from_slice).unwrap_or_default();
    let mut response = Response::new(Full::new(bytes));
    *response.status_mut() =
        StatusCode::from_u16(answer.status().as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in answer.headers() {
        let name = ::http::HeaderName::try_from(name);
        if let (Ok(name), Ok(value)) = (name, value.parse()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

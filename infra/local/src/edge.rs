//! The edge of one machine: the viewer-request function as Lambda@Edge would call it, and the
//! functions' routers as its origins.

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use domain_catalog::{EdgeCache, PublicContent};
use domain_core::port::PortError;
use edge_emulator::{
    EdgeFunction, Emulator, Fetched, FunctionError, InvalidItem, Origin, OriginError,
};
use edge_functions::EdgeConfig;
use http_body_util::BodyExt as _;
use origin_functions::runtime::clock::Clock;
use tower::ServiceExt as _;

/// The viewer-request function.
pub(crate) struct ViewerRequest {
    pub(crate) config: EdgeConfig,
    pub(crate) clock: Clock,
}

impl EdgeFunction for ViewerRequest {
    fn invoke(&self, event: &[u8]) -> Result<Vec<u8>, FunctionError> {
        edge_functions::handle(event, &self.config, self.clock.now().unix_s())
            .map_err(|error| FunctionError(error.to_string()))
    }
}

/// A function's router as an origin: the same router that `lambda_http` serves on AWS.
pub(crate) struct RouterOrigin(pub(crate) Router);

impl Origin for RouterOrigin {
    fn fetch(&self, request: http::Request<Bytes>) -> Fetched<'_> {
        let router = self.0.clone();
        Box::pin(async move {
            let Ok(response) = router.oneshot(request.map(Body::from)).await;
            let (parts, body) = response.into_parts();
            let body = body.collect().await.map_err(|_| OriginError::Incomplete)?;
            Ok(http::Response::from_parts(parts, body.to_bytes()))
        })
    }
}

/// The one edge of this machine, as publishers invalidate it.
#[derive(Clone)]
pub(crate) struct LocalEdge(pub(crate) Emulator);

impl EdgeCache for LocalEdge {
    async fn invalidate(&self, contents: &[PublicContent]) -> Result<(), PortError> {
        let tags: Vec<String> = contents.iter().map(|one| format!("#{}", one.tag())).collect();
        let corrupt = |error: InvalidItem| PortError::Corrupt(error.to_string());
        self.0.invalidate(&tags).map(|_| ()).map_err(corrupt)
    }
}

//! One instance: the deployed routers on one `Shop`, with the keys that it has loaded.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use bytes::Bytes;
use edge_wire::function::HttpFunction;
use http::{HeaderName, Request, Response};
use origin_adapters::table::SharedTable;
use origin_functions::http::routers::router;
use origin_functions::runtime::shop::Shop;
use tower::ServiceExt as _;

use super::clock::InstanceClock;
use super::hooks::SharedHooks;
use super::http::{CLOCK, START};
use super::keys::InstanceKeys;

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
/// Most bytes of an answer: more than any answer of a world has.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// One instance.
pub(crate) struct Instance {
    pub(crate) shop: Shop,
    pub(crate) keys: InstanceKeys,
    pub(crate) clock: InstanceClock,
    /// The table without faults, for hooks.
    pub(crate) table: SharedTable,
    hooks: SharedHooks,
    routers: Mutex<Routers>,
}

/// The routers of the functions that were called, for one set of keys.
#[derive(Default)]
struct Routers {
    phase: usize,
    shop: Option<Arc<Shop>>,
    by_name: HashMap<&'static str, Router>,
}

// === impl Instance ===

impl Instance {
    pub(crate) fn new(
        shop: Shop,
        keys: InstanceKeys,
        clock: InstanceClock,
        table: SharedTable,
        hooks: SharedHooks,
    ) -> Self {
        Self { shop, keys, clock, table, hooks, routers: Mutex::default() }
    }

    /// Answers a request, or a mutant does.
    pub(crate) async fn serve(
        &self,
        function: HttpFunction,
        request: Request<Bytes>,
    ) -> Response<Bytes> {
        let start_ms = self.clock.to_clock().now().0;
        let mut response = self.hooks.serve(self, function, request).await;
        // Measured by the real clock: an edge would keep fewer of the slower answers.
        response.headers_mut().remove(SERVER_TIMING);
        // No task runs between the answer and this.
        response.headers_mut().insert(START, start_ms.into());
        response.headers_mut().insert(CLOCK, self.clock.latest_ms().into());
        response
    }

    /// Answers a request.
    pub(crate) async fn route(
        &self,
        function: HttpFunction,
        request: Request<Bytes>,
    ) -> Response<Bytes> {
        let router = self.router(function);
        let Ok(response) = router.oneshot(request.map(Body::from)).await;
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, ANSWER_BYTES_MAX).await.unwrap_or_default();
        Response::from_parts(parts, body)
    }

    /// The router of a function. Caches survive a change of keys.
    fn router(&self, function: HttpFunction) -> Router {
        let mut routers = self.routers.lock().unwrap_or_else(PoisonError::into_inner);
        let phase = self.keys.phase();
        if routers.phase != phase || routers.shop.is_none() {
            let mut config = self.shop.config.clone();
            config.keys = self.keys.now().clone();
            let shop = Some(Arc::new(self.shop.with(config)));
            *routers = Routers { phase, shop, by_name: HashMap::new() };
        }
        let Routers { shop: Some(shop), by_name, .. } = &mut *routers else {
            unreachable!("it was set above")
        };
        let new = || router(function, Arc::clone(shop));
        by_name.entry(function.name()).or_insert_with(new).clone()
    }
}

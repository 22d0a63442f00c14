//! An edge: the emulator of CloudFront with the deployed distribution and the real viewer-request
//! function, on virtual time. Its origins are the instances.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use edge_emulator::{Clock, EdgeFunction, Emulator, Fetched, FunctionError, Origin, OriginError};
use edge_functions::EdgeConfig;
use edge_wire::function::HttpFunction;
use edge_wire::secrets::ShopifySecrets;
use edge_wire::token::StaffTokens;
use http::{Request, Response};

use super::SHOP;
use super::distribution::DEPLOYED;
use super::fleet::Fleet;
use super::hooks::Hooks;
use super::http::text;
use super::keys::{InstanceKeys, KeyRotation};
use crate::engine::{Coverage, FaultInjector, RunLog, Timeline};

/// The name by which the distribution knows the viewer-request function.
const VIEWER_REQUEST: &str = "viewer-request";
/// The staff's token.
pub(crate) const STAFF_TOKEN: &str = "simulation-staff-token-000000000";
/// Shopify's secret.
pub(crate) const SHOPIFY_SECRET: &str = "simulation-shopify-secret";
/// Few enough that a busy edge evicts objects.
const STORE_BYTES_MAX: usize = 256 * 1024;
/// The address of every viewer.
const VIEWER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// One edge location.
pub(crate) struct Edge {
    emulator: Emulator,
    faults: FaultInjector,
    run_log: RunLog,
}

/// The viewer-request function, with the keys that this edge has.
struct ViewerRequest {
    keys: InstanceKeys,
    timeline: Timeline,
    hooks: Arc<dyn Hooks>,
    shopify_secrets: ShopifySecrets,
    staff: StaffTokens,
}

/// A function's instances as an origin.
struct FleetOrigin {
    fleet: Arc<Fleet>,
    function: HttpFunction,
    read: Duration,
}

/// Virtual time as an emulator reads it.
struct EdgeClock(Timeline);

// === impl Edge ===

impl Edge {
    pub(crate) fn new(
        fleet: &Arc<Fleet>,
        keys: &KeyRotation,
        faults: &FaultInjector,
        run_log: &RunLog,
        hooks: &Arc<dyn Hooks>,
    ) -> Self {
        let distribution = hooks.distribution(DEPLOYED);
        let origins: Vec<(HttpFunction, Duration)> = {
            let of = |id: &str| HttpFunction::ALL.iter().find(|one| one.name() == id).copied();
            let origins = distribution
                .origins()
                .map(|(id, timeouts)| (of(id).expect("an origin is a function"), timeouts.read));
            origins.collect()
        };
        let function = ViewerRequest {
            keys: keys.rings(&faults.timeline, &faults.rng),
            timeline: faults.timeline.clone(),
            hooks: Arc::clone(hooks),
            shopify_secrets: shopify_secrets(),
            staff: StaffTokens::parse(STAFF_TOKEN).expect("a valid token"),
        };
        let mut builder = Emulator::builder(distribution)
            .local_http()
            .clock(Arc::new(EdgeClock(faults.timeline.clone())))
            .store_bytes_max(STORE_BYTES_MAX)
            .function(VIEWER_REQUEST, Arc::new(function));
        for (function, read) in origins {
            let origin = FleetOrigin { fleet: Arc::clone(fleet), function, read };
            builder = builder.origin(function.name(), Arc::new(origin));
        }
        let emulator = builder.build().expect("every function and origin is there");
        Self { emulator, faults: faults.clone(), run_log: run_log.clone() }
    }

    pub(crate) async fn handle(self: Arc<Self>, request: Request<Bytes>) -> Response<Bytes> {
        if self.faults.occurs(self.faults.profile.evicted) {
            let evicted = self.emulator.invalidate(&["/v1/*".to_owned()]);
            evicted.expect("a path of an invalidation");
        }
        let arrived_ms = self.faults.timeline.now_ms();
        let response = self.emulator.handle(request, VIEWER).await;
        if text(&response, &X_CACHE).starts_with("Hit") {
            // A request that waited for an answer from the cache waited for another's.
            let has_waited = self.faults.timeline.now_ms() > arrived_ms;
            self.run_log.count(if has_waited { Coverage::Collapsed } else { Coverage::EdgeHit });
        }
        response
    }
}

const X_CACHE: http::HeaderName = http::HeaderName::from_static("x-cache");

/// The secrets that Shopify signs with.
pub(crate) fn shopify_secrets() -> ShopifySecrets {
    ShopifySecrets::parse(SHOPIFY_SECRET).expect("a valid secret")
}

// === impl ViewerRequest ===

impl EdgeFunction for ViewerRequest {
    fn invoke(&self, event: &[u8]) -> Result<Vec<u8>, FunctionError> {
        let config = EdgeConfig {
            shop: SHOP.to_owned(),
            shopify_secrets: self.shopify_secrets.clone(),
            client_id: None,
            keys: self.keys.now().clone(),
            staff: self.staff.clone(),
        };
        let now_s = self.timeline.now_ms() / 1_000;
        let verdict = edge_functions::handle(event, &config, now_s);
        let verdict = verdict.map_err(|error| FunctionError(error.to_string()))?;
        Ok(self.hooks.edge_verdict(verdict))
    }
}

// === impl FleetOrigin ===

impl Origin for FleetOrigin {
    fn fetch(&self, request: Request<Bytes>) -> Fetched<'_> {
        Box::pin(async move {
            let read_ms = u64::try_from(self.read.as_millis()).unwrap_or(u64::MAX);
            self.fleet.call(self.function, request, read_ms).await.ok_or(OriginError::Timeout)
        })
    }
}

// === impl EdgeClock ===

impl Clock for EdgeClock {
    fn now_ms(&self) -> u64 {
        self.0.now_ms()
    }

    fn wall_unix_s(&self) -> u64 {
        self.0.now_ms() / 1_000
    }
}

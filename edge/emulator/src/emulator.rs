//! Building an emulator: the distribution, and the functions and origins that it names.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};

use crate::access_log::AccessLog;
use crate::clock::{Clock, SystemClock};
use crate::collapse::Fills;
use crate::distribution::Distribution;
use crate::edge::{Edge, Switches};
use crate::error::EmulatorError;
use crate::function::{EdgeFunction, Functions};
use crate::ids::{Pop, RequestIds};
use crate::invalidation::{DelayedInvalidations, InvalidItem, Item};
use crate::origin::Origin;
use crate::store::Store;

/// Bytes of stored objects unless the builder says otherwise: a small shop's whole catalogue
/// within a laptop's memory.
const STORE_BYTES_MAX_DEFAULT: usize = 256 * 1024 * 1024;

/// The most locations of an emulator.
pub const POPS_MAX: usize = 16;

/// A local CloudFront: one distribution at one location or several. Clones share everything.
#[derive(Clone)]
pub struct Emulator {
    /// The location at which requests come in.
    pub(crate) edge: Arc<Edge>,
    locations: Arc<[Arc<Edge>]>,
}

/// The parts of an emulator.
pub struct Builder {
    distribution: Distribution,
    functions: HashMap<String, Arc<dyn EdgeFunction>>,
    origins: HashMap<String, Arc<dyn Origin>>,
    clock: Option<Arc<dyn Clock>>,
    store_bytes_max: usize,
    pops: usize,
    invalidation_delay: Duration,
    detached: bool,
    access_log: Option<Arc<dyn AccessLog>>,
    switches: Switches,
}

// === impl Emulator ===

impl Emulator {
    /// Begins an emulator of this distribution.
    pub fn builder(distribution: Distribution) -> Builder {
        Builder {
            distribution,
            functions: HashMap::new(),
            origins: HashMap::new(),
            clock: None,
            store_bytes_max: STORE_BYTES_MAX_DEFAULT,
            pops: 1,
            invalidation_delay: Duration::ZERO,
            detached: false,
            access_log: None,
            switches: Switches::default(),
        }
    }

    /// One request in, one answer out. A request's target may be absolute: `https://…` is a
    /// viewer with TLS. Dropping the future is a viewer that left.
    pub async fn handle(&self, request: Request<Bytes>, viewer: IpAddr) -> Response<Bytes> {
        self.edge.handle(request, viewer).await
    }

    /// The same emulator once for each of its locations, at which its requests then come in.
    pub fn locations(&self) -> impl Iterator<Item = Self> {
        let locations = Arc::clone(&self.locations);
        self.locations
            .iter()
            .map(move |edge| Self { edge: Arc::clone(edge), locations: Arc::clone(&locations) })
    }

    /// Removes every object that an item (`/path`, `/path*`, `#tag`) names, everywhere, after the
    /// builder's delay. A response fetched before is not stored after it. Returns the number removed by now.
    pub fn invalidate(&self, items: &[String]) -> Result<usize, InvalidItem> {
        let items = items.iter().map(|item| Item::parse(item)).collect::<Result<Vec<_>, _>>()?;
        // In the regional cache first, so that no location fetches from it what it removed itself.
        let regional = self.edge.regional.iter();
        let everywhere = regional.chain(self.locations.iter());
        Ok(everywhere.map(|edge| edge.invalidate(items.clone())).sum())
    }
}

// === impl Builder ===

impl Builder {
    /// Hands in the function that behaviors know by this name.
    #[must_use]
    pub fn function(mut self, name: impl Into<String>, function: Arc<dyn EdgeFunction>) -> Self {
        self.functions.insert(name.into(), function);
        self
    }

    /// Hands in the origin of this id.
    #[must_use]
    pub fn origin(mut self, id: impl Into<String>, origin: Arc<dyn Origin>) -> Self {
        self.origins.insert(id.into(), origin);
        self
    }

    /// Another clock than the machine's.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Another bound on the bytes of stored objects.
    #[must_use]
    pub fn store_bytes_max(mut self, bytes: usize) -> Self {
        self.store_bytes_max = bytes;
        self
    }

    /// So many locations, one unless set and at most [`POPS_MAX`], each with a cache of its own; two
    /// or more have a regional cache between them and the origins (16.1). They and that cache share
    /// the bound on stored objects evenly.
    #[must_use]
    pub fn pops(mut self, pops: usize) -> Self {
        self.pops = pops.clamp(1, POPS_MAX);
        self
    }

    /// The time until an invalidation takes effect, zero unless set. CloudFront's is below 5 s for 95
    /// of 100 invalidations (14.6).
    #[must_use]
    pub fn invalidation_delay(mut self, delay: Duration) -> Self {
        self.invalidation_delay = delay;
        self
    }

    /// Accepts plain HTTP as HTTPS, for an edge without TLS, even if the file requires it of
    /// viewers.
    #[must_use]
    pub fn local_http(mut self) -> Self {
        self.switches.local_http = true;
        self
    }

    /// Detaches all functions, to show the effect of a missing association.
    #[must_use]
    pub fn without_functions(mut self) -> Self {
        self.detached = true;
        self
    }

    /// Writes a line for each request, after [`ACCESS_LOG_HEADER`](crate::ACCESS_LOG_HEADER), which
    /// is the caller's to write.
    #[must_use]
    pub fn access_log(mut self, log: Arc<dyn AccessLog>) -> Self {
        self.access_log = Some(log);
        self
    }

    /// `X-Emu-Not-Cached` and `X-Emu-Stale` on answers.
    #[must_use]
    pub fn debug_headers(mut self) -> Self {
        self.switches.debug_headers = true;
        self
    }

    /// The emulator, if everything its distribution names was handed in.
    pub fn build(mut self) -> Result<Emulator, EmulatorError> {
        let functions = self.functions_by_behavior()?;
        let origins = self
            .distribution
            .origins
            .iter()
            .map(|origin| {
                let id = &origin.id;
                self.origins.remove(id).ok_or_else(|| EmulatorError::OriginMissing(id.clone()))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let pops = self.pops;
        let caches = if pops == 1 { 1 } else { pops + 1 };
        let delay_ms = u64::try_from(self.invalidation_delay.as_millis()).unwrap_or(u64::MAX);
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let distribution = Arc::new(self.distribution);
        let location = |index: usize, regional: Option<Arc<Edge>>| {
            let ids = RequestIds::new(clock.wall_unix_s().wrapping_add((index as u64) << 48));
            Arc::new(Edge {
                pop: Pop::new(index),
                regional,
                distribution: Arc::clone(&distribution),
                origins: Vec::clone(&origins),
                functions: functions.clone(),
                store: Store::new(self.store_bytes_max / caches),
                delayed_invalidations: DelayedInvalidations::new(delay_ms),
                fills: Fills::new(),
                via: ids.via(),
                ids,
                clock: Arc::clone(&clock),
                access_log: self.access_log.clone(),
                switches: self.switches,
            })
        };
        let regional = (pops > 1).then(|| location(pops, None));
        let locations: Arc<[_]> =
            (0..pops).map(|index| location(index, regional.clone())).collect();
        Ok(Emulator { edge: Arc::clone(&locations[0]), locations })
    }

    fn functions_by_behavior(&self) -> Result<Vec<Functions>, EmulatorError> {
        let find = |name: &Option<String>| match name {
            Some(name) if !self.detached => match self.functions.get(name) {
                Some(function) => Ok(Some(Arc::clone(function))),
                None => Err(EmulatorError::FunctionMissing(name.clone())),
            },
            _ => Ok(None),
        };
        let behaviors = self.distribution.behaviors.iter();
        behaviors
            .map(|behavior| {
                Ok(Functions {
                    viewer_request: find(&behavior.functions.viewer_request)?,
                    origin_request: find(&behavior.functions.origin_request)?,
                    origin_response: find(&behavior.functions.origin_response)?,
                    viewer_response: find(&behavior.functions.viewer_response)?,
                })
            })
            .collect()
    }
}

//! The places at which a world may run a mutant: ports, edge, HTTP, consumers. Without a mutant
//! every hook returns what it was given.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use domain_core::event::Event;
use domain_core::port::PortError;
use edge_emulator::Distribution;
use edge_wire::function::HttpFunction;
use http::{Request, Response};
use origin_adapters::table::SharedTable;
use origin_functions::runtime::clock::Clock;

use super::distribution::parse_distribution;
use super::instance::Instance;

/// A running hook.
pub(crate) type Hooked<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Who calls a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// An instance that answers HTTP.
    Instance,
    /// A consumer.
    Consumer,
}

/// One batch at a consumer.
pub(crate) struct Delivery {
    /// Message ids and bodies.
    pub(crate) messages: Vec<(String, String)>,
    /// The table as the consumer calls it.
    pub(crate) table: SharedTable,
    pub(crate) clock: Clock,
}

/// The outcome of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is finished.
    Done,
    /// It has to be delivered again, for this reason.
    Failed(String),
}

/// Consumes a batch, and returns the outcome of every message.
pub(crate) type Consume<'a> =
    Box<dyn FnOnce(Vec<(String, String)>) -> Hooked<'a, Vec<(String, Outcome)>> + Send + 'a>;

/// The hooks of a world.
pub(crate) trait Hooks: Send + Sync {
    /// The distribution of an edge.
    fn distribution(&self, text: &str) -> Distribution {
        parse_distribution(text)
    }

    /// What the viewer-request function returned.
    fn edge_verdict(&self, verdict: Vec<u8>) -> Vec<u8> {
        verdict
    }

    /// The table of a caller, faults included.
    fn table(&self, side: Side, table: SharedTable, clock: &Clock) -> SharedTable {
        let _ = (side, clock);
        table
    }

    /// Whether a caller publishes these events at all.
    fn publishes(&self, side: Side, events: &[Event]) -> bool {
        let _ = (side, events);
        true
    }

    /// The outcome of a publication as its caller learns it.
    fn published(
        &self,
        side: Side,
        events: &[Event],
        outcome: Result<(), PortError>,
    ) -> Result<(), PortError> {
        let _ = (side, events);
        outcome
    }

    /// Answers a request at an instance.
    fn serve<'a>(
        &'a self,
        instance: &'a Instance,
        function: HttpFunction,
        request: Request<Bytes>,
    ) -> Hooked<'a, Response<Bytes>> {
        Box::pin(instance.route(function, request))
    }

    /// Consumes a batch.
    fn consume<'a>(
        &'a self,
        delivery: Delivery,
        consume: Consume<'a>,
    ) -> Hooked<'a, Vec<(String, Outcome)>> {
        consume(delivery.messages)
    }

    /// Whether a message that used up its attempts is deleted.
    fn drops_poison(&self) -> bool {
        false
    }

    /// Whether a replay delivers an event as if it were new.
    fn replays_as_new(&self, event: &Event) -> bool {
        let _ = event;
        false
    }
}

/// No mutant.
pub(crate) struct NoMutant;

impl Hooks for NoMutant {}

/// The hooks as the world shares them.
pub(crate) type SharedHooks = Arc<dyn Hooks>;

//! The bus: observed where it accepts events, and with faults as its callers see it.

use std::sync::Arc;

use domain_core::event::{Event, Events};
use domain_core::port::PortError;
use origin_adapters::memory::MemoryBus;
use tokio::sync::Notify;

use super::hooks::{SharedHooks, Side};
use super::oracle::Oracles;
use crate::engine::FaultyPort;

/// The bus; every accepted event is reported before anything else can happen.
#[derive(Clone)]
pub(crate) struct ObservedBus {
    pub(crate) bus: MemoryBus,
    pub(crate) oracles: Oracles,
    /// Notified when there are events to deliver.
    pub(crate) arrived: Arc<Notify>,
}

/// The bus as one process calls it.
#[derive(Clone)]
pub(crate) struct WorldEvents {
    pub(crate) port: FaultyPort<ObservedBus>,
    pub(crate) side: Side,
    pub(crate) hooks: SharedHooks,
}

// === impl ObservedBus ===

impl ObservedBus {
    /// Accepts events.
    pub(crate) async fn accept(&self, events: &[Event]) -> Result<(), PortError> {
        self.bus.publish(events).await?;
        for event in events {
            self.oracles.run_log.add_to_history(&event.detail);
            self.oracles.trace(|| format!("bus     accepts {:?} {}", event.kind, event.detail));
            self.oracles.each(|oracle| oracle.published(event));
        }
        self.arrived.notify_one();
        Ok(())
    }
}

// === impl WorldEvents ===

impl Events for WorldEvents {
    async fn publish(&self, events: &[Event]) -> Result<(), PortError> {
        if !self.hooks.publishes(self.side, events) {
            return Ok(());
        }
        let outcome = self.port.call(|| self.port.port.accept(events)).await;
        self.hooks.published(self.side, events, outcome)
    }
}

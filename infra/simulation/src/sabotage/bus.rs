//! Buses that say yes too early.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use origin_domain::cart::CartEvent;
use origin_domain::event::{Event, Events};
use origin_domain::id::CommandId;
use origin_domain::port::PortError;

use super::log::SuspectLog;
use crate::bug::Bug;

/// A bus, perhaps a wrong one.
#[derive(Clone)]
pub(crate) struct SuspectBus<E> {
    bus: E,
    bug: Option<Bug>,
    found: Arc<Mutex<HashSet<CommandId>>>,
}

// === impl SuspectBus ===

impl<E> SuspectBus<E> {
    pub(crate) fn new<L>(bus: E, log: &SuspectLog<L>, bug: Option<Bug>) -> Self {
        Self { bus, bug, found: Arc::clone(&log.found) }
    }

    fn was_found(&self, event: &Event) -> bool {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let event: Result<CartEvent, _> = serde_json::from_str(&event.detail);
        event.is_ok_and(|event| found.contains(&event.command.id))
    }
}

impl<E: Events> Events for SuspectBus<E> {
    async fn publish(&self, events: &[Event]) -> Result<(), PortError> {
        match self.bug {
            Some(Bug::AcknowledgedUnpublished) => {
                // Whether the bus took them, nobody asks.
                let _ = self.bus.publish(events).await;
                Ok(())
            }
            Some(Bug::RecordedIsPublished) if events.iter().all(|event| self.was_found(event)) => {
                Ok(())
            }
            _ => self.bus.publish(events).await,
        }
    }
}

//! Mutants of the bus that report success too early.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use domain_cart::CartEvent;
use domain_core::event::{Event, Events};
use domain_core::id::CommandId;
use domain_core::port::PortError;

use super::log::MutantLog;
use crate::mutant::Mutant;

/// A bus that may be mutated.
#[derive(Clone)]
pub(crate) struct MutantBus<E> {
    bus: E,
    mutant: Option<Mutant>,
    recorded_ids: Arc<Mutex<HashSet<CommandId>>>,
}

// === impl MutantBus ===

impl<E> MutantBus<E> {
    pub(crate) fn new<L>(bus: E, log: &MutantLog<L>, mutant: Option<Mutant>) -> Self {
        Self { bus, mutant, recorded_ids: Arc::clone(&log.recorded_ids) }
    }

    fn was_recorded(&self, event: &Event) -> bool {
        let recorded_ids = self.recorded_ids.lock().unwrap_or_else(PoisonError::into_inner);
        let event: Result<CartEvent, _> = serde_json::from_str(&event.detail);
        event.is_ok_and(|event| recorded_ids.contains(&event.command.id))
    }
}

impl<E: Events> Events for MutantBus<E> {
    async fn publish(&self, events: &[Event]) -> Result<(), PortError> {
        match self.mutant {
            Some(Mutant::AcknowledgedUnpublished) => {
                // The mutant ignores whether the bus accepted them.
                let _ = self.bus.publish(events).await;
                Ok(())
            }
            Some(Mutant::RecordedIsPublished)
                if events.iter().all(|event| self.was_recorded(event)) =>
            {
                Ok(())
            }
            _ => self.bus.publish(events).await,
        }
    }
}

//! The event bus in memory: it stores published events until a caller fetches them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain_core::event::{DETAIL_BYTES_MAX, Event, Events};
use domain_core::port::PortError;

use crate::error::corrupt;

/// The event bus. Clones are the same bus.
#[derive(Debug, Clone, Default)]
pub struct MemoryBus {
    // Bounded by the caller, which fetches.
    published: Arc<Mutex<Vec<Event>>>,
}

// === impl MemoryBus ===

impl MemoryBus {
    /// A bus without events.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The events published since the last call, in that order.
    #[must_use]
    pub fn fetch(&self) -> Vec<Event> {
        std::mem::take(&mut *self.published())
    }

    fn published(&self) -> MutexGuard<'_, Vec<Event>> {
        self.published.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Events for MemoryBus {
    async fn publish(&self, events: &[Event]) -> Result<(), PortError> {
        if events.iter().any(|event| event.detail.len() > DETAIL_BYTES_MAX) {
            return Err(corrupt("put events", "detail too large"));
        }
        self.published().extend_from_slice(events);
        Ok(())
    }
}

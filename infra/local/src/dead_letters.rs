//! The dead letters of the local bus, for the admin. The bus starts after the functions that it calls, so it is
//! set later.

use std::sync::{Arc, OnceLock};

use domain_core::port::PortError;
use domain_core::time::Time;
use domain_staff::{DEAD_LETTERS_MAX, DeadLetter, DeadLetters, DeadQueue};
use infra_bus::{Bus, BusError, Redrive};
use serde::Deserialize;

/// The dead letters of a bus.
#[derive(Clone, Default)]
pub(crate) struct BusDeadLetters(Arc<OnceLock<Bus>>);

/// The part of an event that says what it is.
#[derive(Deserialize)]
struct EventHeader {
    #[serde(rename = "detail-type")]
    detail_type: String,
}

// === impl BusDeadLetters ===

impl BusDeadLetters {
    /// Sets the bus, once.
    pub(crate) fn set(&self, bus: &Bus) {
        // A second bus would be another shop's.
        let _ = self.0.set(bus.clone());
    }

    fn bus(&self) -> Result<&Bus, PortError> {
        self.0.get().ok_or_else(|| PortError::Unavailable("the bus is starting".to_owned()))
    }

    async fn queue(bus: &Bus, queue: &str) -> Result<DeadQueue, PortError> {
        let (mut count, mut after, mut oldest) = (0, 0, Vec::new());
        loop {
            let page = bus.dead_letters(queue, after).await.map_err(unavailable)?;
            let Some(last) = page.last() else { break };
            (count, after) = (count + page.len() as u64, last.id);
            let room = DEAD_LETTERS_MAX - oldest.len();
            oldest.extend(page.into_iter().take(room).map(letter));
        }
        Ok(DeadQueue { queue: queue.to_owned(), count, oldest })
    }
}

impl DeadLetters for BusDeadLetters {
    async fn queues(&self) -> Result<Vec<DeadQueue>, PortError> {
        let bus = self.bus()?;
        let mut queues = Vec::new();
        for queue in bus.queues() {
            queues.push(Self::queue(bus, queue).await?);
        }
        Ok(queues)
    }

    async fn redrive(&self, queue: &str) -> Result<Option<u64>, PortError> {
        let bus = self.bus()?;
        if !bus.queues().any(|one| one == queue) {
            return Ok(None);
        }
        bus.redrive(queue, Redrive::All).await.map(Some).map_err(unavailable)
    }
}

fn letter(letter: infra_bus::DeadLetter) -> DeadLetter {
    let header = serde_json::from_str::<EventHeader>(&letter.body);
    DeadLetter {
        id: letter.id.to_string(),
        event: header.map_or_else(|_| "unreadable".to_owned(), |header| header.detail_type),
        reason: letter.reason,
        died_at: Time(letter.died_ms),
    }
}

fn unavailable(error: BusError) -> PortError {
    PortError::Unavailable(error.to_string())
}

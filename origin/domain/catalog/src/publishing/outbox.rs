//! The outbox of publications: the event is stored in the transaction that moves a product's pointer, and
//! deleted once the bus has it. So the edge learns of each publication, also if the bus or the process
//! failed in between.

use domain_core::event::{Event, Events};
use domain_core::port::PortError;

use crate::product::PublishedEvent;

/// Most announcements read at once: the bus takes ten events in one request.
pub const ANNOUNCED_AT_ONCE_MAX: usize = 10;
/// Most rounds of one call: 200 publications that the bus did not take.
const ROUNDS_MAX: usize = 20;

/// A publication whose event the bus may not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// The sequence of the product's pointer.
    pub sequence: u64,
    /// The event.
    pub event: PublishedEvent,
}

/// Stores announcements; an activation writes its own.
pub trait Outbox: Send + Sync {
    /// At most [`ANNOUNCED_AT_ONCE_MAX`] announcements, strongly consistent.
    fn announcements(&self) -> impl Future<Output = Result<Vec<Announcement>, PortError>> + Send;

    /// Deletes announcements that the bus has.
    fn announced(
        &self,
        done: &[Announcement],
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// Publishes the events of all publications that wait. What another instance publishes at the same time
/// is published twice, which changes nothing.
///
/// # Errors
/// The port's: what was not published still waits.
pub async fn announce<O: Outbox, E: Events>(outbox: &O, events: &E) -> Result<(), PortError> {
    for _ in 0..ROUNDS_MAX {
        let waiting = outbox.announcements().await?;
        if waiting.is_empty() {
            break;
        }
        let published: Vec<Event> = waiting.iter().map(|one| one.event.to_event()).collect();
        events.publish(&published).await?;
        outbox.announced(&waiting).await?;
        if waiting.len() < ANNOUNCED_AT_ONCE_MAX {
            break;
        }
    }
    Ok(())
}

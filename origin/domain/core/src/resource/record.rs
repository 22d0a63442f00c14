//! The record of a command under its id. It is written before the event is published; a retry that
//! reads it publishes the stored event again and assigns no new time.

use serde::{Deserialize, Serialize};

use super::item::CommandEvent;
use crate::id::CommandId;
use crate::idempotency::{Fingerprint, RECORD_TTL_MS, RETRY_WINDOW_MS, Recorded};
use crate::port::PortError;
use crate::time::Time;

/// One accepted command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct CommandRecord<E: CommandEvent> {
    /// The fingerprint of the request: method, canonical path without query, body bytes.
    pub fingerprint: Fingerprint,
    /// The command with its id and time as first accepted, and the resource it acts on.
    #[serde(flatten)]
    pub event: E,
}

/// Stores records.
pub trait CommandLog<E: CommandEvent>: Send + Sync {
    /// Writes the record unless its id has one.
    fn record(
        &self,
        record: &CommandRecord<E>,
    ) -> impl Future<Output = Result<Recorded<CommandRecord<E>>, PortError>> + Send;

    /// Reads the record of an id, strongly consistent.
    fn find(
        &self,
        id: CommandId,
    ) -> impl Future<Output = Result<Option<CommandRecord<E>>, PortError>> + Send;
}

// === impl CommandRecord ===

impl<E: CommandEvent> CommandRecord<E> {
    /// Whether a retry at `now` is still honoured.
    #[must_use]
    pub fn is_honoured_at(&self, now: Time) -> bool {
        now <= self.event.place().time.plus_ms(RETRY_WINDOW_MS)
    }

    /// When the table may delete the record.
    #[must_use]
    pub fn expires_at(&self) -> Time {
        self.event.place().time.plus_ms(RECORD_TTL_MS)
    }
}

//! The record of a command under its id. It is written before the event is published; a retry that
//! reads it publishes the stored event again and assigns no new time.

use serde::{Deserialize, Serialize};

use crate::cart::CartCommand;
use crate::id::{CommandId, digest, hex};
use crate::port::PortError;
use crate::time::{DAY_MS, HOUR_MS, Time};

/// The TTL of a record: as long as an item stores the ids it absorbed.
pub const RECORD_TTL_MS: u64 = 15 * DAY_MS;
/// How long a retry is honoured. Later the item may no longer absorb the command.
pub const RETRY_WINDOW_MS: u64 = 12 * HOUR_MS;

/// One accepted command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandRecord {
    /// The fingerprint of the request: method, canonical path without query, body bytes.
    pub fingerprint: Fingerprint,
    /// The cart it acts on.
    pub cart: String,
    /// The command with its id and time as first accepted.
    pub command: CartCommand,
}

/// A hash of method, path and body: the same key with another fingerprint is a conflict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

/// The outcome of writing a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded<R = CommandRecord> {
    /// The id had no record.
    First,
    /// The id has this record already.
    Existing(Box<R>),
}

/// Stores records.
pub trait CommandLog: Send + Sync {
    /// Writes the record unless its id has one.
    fn record(
        &self,
        record: &CommandRecord,
    ) -> impl Future<Output = Result<Recorded, PortError>> + Send;

    /// Reads the record of an id, strongly consistent.
    fn find(
        &self,
        id: CommandId,
    ) -> impl Future<Output = Result<Option<CommandRecord>, PortError>> + Send;
}

// === impl Fingerprint ===

impl Fingerprint {
    /// The fingerprint of a request.
    #[must_use]
    pub fn of(method: &str, path: &str, body: &[u8]) -> Self {
        let digest = digest("forecourt/fingerprint/1", &[method.as_bytes(), path.as_bytes(), body]);
        Self(hex(&digest))
    }
}

// === impl CommandRecord ===

impl CommandRecord {
    /// Whether a retry at `now` is still honoured.
    #[must_use]
    pub fn is_honoured_at(&self, now: Time) -> bool {
        now <= self.command.time.plus_ms(RETRY_WINDOW_MS)
    }
}

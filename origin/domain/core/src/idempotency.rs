//! Idempotency: how long a command is recognised, and what identifies its request. The record of a
//! command is written before the event is published; a retry that reads it publishes the stored
//! event again and assigns no new time.

use serde::{Deserialize, Serialize};

use crate::id::{digest, hex};
use crate::time::{DAY_MS, HOUR_MS};

/// How long an item stores the ids of the commands it absorbed.
pub const ID_WINDOW_MS: u64 = 15 * DAY_MS;
/// The TTL of a record: as long as an item stores the ids it absorbed.
pub const RECORD_TTL_MS: u64 = ID_WINDOW_MS;
/// How long a retry is honoured. Later the item may no longer absorb the command.
pub const RETRY_WINDOW_MS: u64 = 12 * HOUR_MS;

/// A hash of method, path and body: the same key with another fingerprint is a conflict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

/// The outcome of writing a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded<R> {
    /// The id had no record.
    First,
    /// The id has this record already.
    Existing(Box<R>),
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

//! The record of a cart command.

use domain_core::id::CommandId;
use domain_core::idempotency::{Fingerprint, RETRY_WINDOW_MS, Recorded};
use domain_core::port::PortError;
use domain_core::time::Time;
use serde::{Deserialize, Serialize};

use super::command::CartCommand;

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

/// Stores records.
pub trait CommandLog: Send + Sync {
    /// Writes the record unless its id has one.
    fn record(
        &self,
        record: &CommandRecord,
    ) -> impl Future<Output = Result<Recorded<CommandRecord>, PortError>> + Send;

    /// Reads the record of an id, strongly consistent.
    fn find(
        &self,
        id: CommandId,
    ) -> impl Future<Output = Result<Option<CommandRecord>, PortError>> + Send;
}

// === impl CommandRecord ===

impl CommandRecord {
    /// Whether a retry at `now` is still honoured.
    #[must_use]
    pub fn is_honoured_at(&self, now: Time) -> bool {
        now <= self.command.time.plus_ms(RETRY_WINDOW_MS)
    }
}

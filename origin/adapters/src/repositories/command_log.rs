//! Command records in a table of their own, with an expiry.

use std::sync::Arc;

use domain_cart::{CommandLog, CommandRecord};
use domain_core::id::CommandId;
use domain_core::idempotency::{RECORD_TTL_MS, Recorded};
use domain_core::port::{Consistency, PortError};

use super::document::{decode, encode};
use crate::error::unavailable;
use crate::table::{Guard, Item, ItemKey, Put, PutOutcome, SharedTable};

/// Records are written once and never changed.
const ONLY_VERSION: u64 = 1;

/// The records of commands by id.
#[derive(Debug, Clone)]
pub struct CommandLogRepository {
    table: SharedTable,
}

// === impl CommandLogRepository ===

impl CommandLogRepository {
    /// Records in these tables.
    #[must_use]
    pub fn new(table: &SharedTable) -> Self {
        Self { table: Arc::clone(table) }
    }
}

impl CommandLog for CommandLogRepository {
    /// One write and no read, even for a repetition: the failed condition returns the existing
    /// record. If the answer to the first attempt was lost, that is the caller's own record.
    async fn record(&self, record: &CommandRecord) -> Result<Recorded<CommandRecord>, PortError> {
        let expires_at = record.command.time.plus_ms(RECORD_TTL_MS);
        let put = Put {
            key: ItemKey::Command { id: record.command.id }.key(),
            item: Item::new(ONLY_VERSION, encode(record)).expiring(expires_at),
            guard: Guard::Absent,
        };
        match self.table.put(&put).await? {
            PutOutcome::Done => Ok(Recorded::First),
            PutOutcome::ConditionFailed(Some(existing)) => {
                Ok(Recorded::Existing(Box::new(decode("command record", &existing.document)?)))
            }
            PutOutcome::ConditionFailed(None) => {
                Err(unavailable("record", "condition failed without the record"))
            }
        }
    }

    async fn find(&self, id: CommandId) -> Result<Option<CommandRecord>, PortError> {
        let item = self.table.get(&ItemKey::Command { id }.key(), Consistency::Strong).await?;
        item.map(|item| decode("command record", &item.document)).transpose()
    }
}

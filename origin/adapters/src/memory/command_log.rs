//! Command records in memory.

use origin_domain::id::CommandId;
use origin_domain::idempotency::{CommandLog, CommandRecord, RECORD_TTL_MS, Recorded};
use origin_domain::port::{Consistency, PortError};

use super::tables::{Item, MemoryTables, PutOutcome};
use crate::document::{decode, encode};
use crate::error::unavailable;
use crate::keys::Shape;

/// Records are written once and never changed.
const ONLY_VERSION: u64 = 1;

/// The records of commands by id.
#[derive(Debug, Clone)]
pub struct MemoryCommandLog {
    tables: MemoryTables,
}

// === impl MemoryCommandLog ===

impl MemoryCommandLog {
    /// Records in these tables.
    #[must_use]
    pub fn new(tables: &MemoryTables) -> Self {
        Self { tables: tables.clone() }
    }
}

impl CommandLog for MemoryCommandLog {
    async fn record(&self, record: &CommandRecord) -> Result<Recorded, PortError> {
        let key = Shape::Command { id: record.command.id }.key();
        let put = Item {
            version: ONLY_VERSION,
            document: encode(record),
            expires_at: record.command.time.plus_ms(RECORD_TTL_MS),
        };
        match self.tables.put(key, put, |present| present.is_none())? {
            PutOutcome::Done => Ok(Recorded::First),
            PutOutcome::Refused(Some(there)) => {
                Ok(Recorded::Existing(Box::new(decode("command record", &there.document)?)))
            }
            PutOutcome::Refused(None) => Err(unavailable("record", "refused without the record")),
        }
    }

    async fn find(&self, id: CommandId) -> Result<Option<CommandRecord>, PortError> {
        let item = self.tables.get(&Shape::Command { id }.key(), Consistency::Strong);
        item.map(|item| decode("command record", &item.document)).transpose()
    }
}

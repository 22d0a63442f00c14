//! Command records in memory.

use std::sync::Arc;

use domain_cart::{CommandLog, CommandRecord};
use domain_core::id::CommandId;
use domain_core::idempotency::{RECORD_TTL_MS, Recorded};
use domain_core::port::{Consistency, PortError};

use super::tables::{Guarded, Item, MemoryTables, PutOutcome, Value};
use crate::document::encode;
use crate::error::unavailable;
use crate::keys::ItemKey;

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
    async fn record(&self, record: &CommandRecord) -> Result<Recorded<CommandRecord>, PortError> {
        let key = ItemKey::Command { id: record.command.id }.key();
        let item = Item {
            version: ONLY_VERSION,
            document: encode(record).into(),
            value: Value::Record(Arc::new(record.clone())),
            expires_at: record.command.time.plus_ms(RECORD_TTL_MS),
        };
        let guard = Box::new(|present: Option<&Item>| present.is_none());
        match self.tables.put_all([Guarded { key, item, guard }])? {
            PutOutcome::Done => Ok(Recorded::First),
            PutOutcome::ConditionFailed(existing) => match existing.map(|item| item.value) {
                Some(Value::Record(record)) => Ok(Recorded::Existing(Box::new((*record).clone()))),
                _ => Err(unavailable("record", "condition failed without the record")),
            },
        }
    }

    async fn find(&self, id: CommandId) -> Result<Option<CommandRecord>, PortError> {
        let item = self.tables.get(&ItemKey::Command { id }.key(), Consistency::Strong);
        Ok(match item.map(|item| item.value) {
            Some(Value::Record(record)) => Some((*record).clone()),
            _ => None,
        })
    }
}

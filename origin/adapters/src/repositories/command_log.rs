//! Command records of every resource in a table of their own, with an expiry.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain_core::id::CommandId;
use domain_core::idempotency::Recorded;
use domain_core::port::{Consistency, PortError};
use domain_core::resource::{CommandEvent, CommandLog, CommandRecord, Read, Resource};
use serde::de::IgnoredAny;

use super::document::{Versioned, decode, encode, read};
use crate::error::unavailable;
use crate::table::{Guard, Item, ItemKey, Key, Put, PutOutcome, SharedTable};

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

impl<E: CommandEvent> CommandLog<E> for CommandLogRepository {
    /// One write and no read, even for a repetition: the failed condition returns the existing
    /// record. If the answer to the first attempt was lost, that is the caller's own record.
    async fn record(
        &self,
        record: &CommandRecord<E>,
    ) -> Result<Recorded<CommandRecord<E>>, PortError> {
        let put = Put {
            key: ItemKey::Command { id: record.event.place().id }.key(),
            item: Item::new(ONLY_VERSION, encode(record)).expiring(record.expires_at()),
            guard: Guard::Absent,
        };
        match self.table.put(&put).await? {
            PutOutcome::Done => Ok(Recorded::First),
            PutOutcome::ConditionFailed(Some(existing)) => {
                Ok(Recorded::Existing(Box::new(read_record(&existing)?)))
            }
            PutOutcome::ConditionFailed(None) => {
                Err(unavailable("record", "condition failed without the record"))
            }
        }
    }

    async fn find(&self, id: CommandId) -> Result<Option<CommandRecord<E>>, PortError> {
        let item = self.table.get(&ItemKey::Command { id }.key(), Consistency::Strong).await?;
        item.as_ref().map(read_record).transpose()
    }
}

/// The resource at `key` and the records of these commands, in one strongly consistent batch.
pub(super) async fn batch<R: Resource + Versioned>(
    table: &SharedTable,
    id: &str,
    key: Key,
    commands: &[CommandId],
) -> Result<Read<R>, PortError> {
    let records = commands.iter().map(|id| ItemKey::Command { id: *id }.key());
    let keys: Vec<Key> = std::iter::once(key).chain(records).collect();
    let mut items = table.batch_get(&keys).await?;
    let mut items = keys.iter().map(|key| items.remove(key));
    let item: Option<R> = items.next().flatten().as_ref().map(read).transpose()?;
    let records = items.flatten().map(|record| read_own(&record));
    let records: Vec<Option<CommandRecord<R::Event>>> = records.collect::<Result<_, _>>()?;
    let records = records.into_iter().flatten().collect();
    Ok(Read { id: id.to_owned(), item: item.map(Arc::new), records })
}

fn read_record<E: CommandEvent>(item: &Item) -> Result<CommandRecord<E>, PortError> {
    decode("command record", &item.document)
}

/// A record; `None` if it is another resource's, whose id a client may name.
fn read_own<E: CommandEvent>(item: &Item) -> Result<Option<CommandRecord<E>>, PortError> {
    let record = read_record(item);
    if record.is_ok() {
        return record.map(Some);
    }
    let fields: BTreeMap<String, IgnoredAny> = decode("command record", &item.document)?;
    if fields.contains_key(E::RESOURCE_FIELD) { record.map(Some) } else { Ok(None) }
}

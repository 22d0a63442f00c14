//! Command records of every resource in a table of their own, with an expiry.

use std::sync::Arc;

use domain_core::id::CommandId;
use domain_core::idempotency::Recorded;
use domain_core::port::{Consistency, PortError, Written};
use domain_core::resource::{CommandEvent, CommandLog, CommandRecord, Read, Resource};
use domain_staff::StaffAct;

use super::document::{Stored, Versioned, decode, encode, has_field, parse, read, write};
use super::staff::audit_entry;
use crate::error::unavailable;
use crate::table::{Guard, Item, ItemKey, Key, Put, PutOutcome, SharedTable};

/// Records are written once and never changed.
const ONLY_VERSION: u64 = 1;

/// The records of commands by id.
#[derive(Debug, Clone)]
pub struct CommandLogRepository {
    table: SharedTable,
    act: Option<(StaffAct, String)>,
}

// === impl CommandLogRepository ===

impl CommandLogRepository {
    /// Records in these tables.
    #[must_use]
    pub fn new(table: &SharedTable) -> Self {
        Self { table: Arc::clone(table), act: None }
    }

    /// The same, recording commands of this act of staff: each first record is written with its
    /// entry in the audit log, which has this detail.
    #[must_use]
    pub fn on_behalf_of(&self, act: StaffAct, detail: String) -> Self {
        Self { act: Some((act, detail)), ..self.clone() }
    }

    /// Writes a record and the entry of the act, or neither.
    async fn put_with_entry(&self, record: Put, entry: Put) -> Result<PutOutcome, PortError> {
        let key = record.key.clone();
        match self.table.transact(&[record, entry], &[]).await?.written()? {
            Written::Done => Ok(PutOutcome::Done),
            Written::Conflict => {
                let existing = self.table.get(&key, Consistency::Strong).await?;
                Ok(PutOutcome::ConditionFailed(existing))
            }
        }
    }
}

impl<E: CommandEvent> Stored for CommandRecord<E> {
    fn to_document(&self) -> Vec<u8> {
        write(self)
    }

    fn from_document(bytes: &[u8]) -> Result<Self, &'static str> {
        parse(bytes)
    }
}

impl<E: CommandEvent> CommandLog<E> for CommandLogRepository {
    /// For all but staff one write and no read, even for a repetition: the failed condition returns the existing
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
        let outcome = match &self.act {
            None => self.table.put(&put).await?,
            Some((act, detail)) => {
                let id = record.event.place().id;
                let (kind, resource) = (E::RESOURCE_FIELD, record.event.resource());
                let subject = format!("{kind}/{resource}/{}", id.to_hex());
                self.put_with_entry(put, audit_entry(&act.entry(&subject, detail))).await?
            }
        };
        match outcome {
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
    let is_own = has_field("command record", &item.document, E::RESOURCE_FIELD)?;
    if is_own { record.map(Some) } else { Ok(None) }
}

//! Command records in a table of their own, with an expiry.

use domain_cart::{CommandLog, CommandRecord};
use domain_core::id::CommandId;
use domain_core::idempotency::{RECORD_TTL_MS, Recorded};
use domain_core::port::{Consistency, PortError};

use crate::aws::Aws;
use crate::document::{decode, encode};
use crate::error::unavailable;
use crate::item::{Guard, Item, Put};
use crate::keys::ItemKey;
use crate::tables::PutOutcome;

/// Records are written once and never changed.
const ONLY_VERSION: u64 = 1;

/// The records of commands by id.
#[derive(Debug, Clone)]
pub struct DynamoCommandLog {
    aws: Aws,
}

// === impl DynamoCommandLog ===

impl DynamoCommandLog {
    /// Records in these tables.
    #[must_use]
    pub fn new(aws: &Aws) -> Self {
        Self { aws: aws.clone() }
    }
}

impl CommandLog for DynamoCommandLog {
    /// One write and no read, even for a repetition: the failed condition returns the existing
    /// record. If the answer to the first attempt was lost, that is the caller's own record.
    async fn record(&self, record: &CommandRecord) -> Result<Recorded<CommandRecord>, PortError> {
        let expires_at = record.command.time.plus_ms(RECORD_TTL_MS);
        let put = Put {
            key: ItemKey::Command { id: record.command.id }.key(),
            item: Item::new(ONLY_VERSION, encode(record)).expiring(expires_at),
            guard: Guard::Absent,
        };
        match self.aws.put(&put).await? {
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
        let item = self.aws.get(&ItemKey::Command { id }.key(), Consistency::Strong).await?;
        item.map(|item| decode("command record", &item.document)).transpose()
    }
}

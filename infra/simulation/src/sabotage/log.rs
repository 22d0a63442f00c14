//! Command logs that give the wrong answer.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use origin_domain::id::CommandId;
use origin_domain::idempotency::{CommandLog, CommandRecord, Recorded};
use origin_domain::port::PortError;
use origin_domain::time::Time;
use origin_functions::clock::Clock;

use crate::bug::Bug;

/// A command log, perhaps a wrong one.
#[derive(Clone)]
pub(crate) struct SuspectLog<L> {
    log: L,
    clock: Clock,
    bug: Option<Bug>,
    /// The commands that were found recorded.
    pub(super) found: Arc<Mutex<HashSet<CommandId>>>,
}

// === impl SuspectLog ===

impl<L: CommandLog> SuspectLog<L> {
    pub(crate) fn new(log: L, clock: Clock, bug: Option<Bug>) -> Self {
        Self { log, clock, bug, found: Arc::default() }
    }

    /// What the desk is told is there is what it goes on with: so it can be told another time.
    async fn by_the_clock(&self, record: &CommandRecord) -> Result<Recorded, PortError> {
        let mut record = record.clone();
        record.command.time = Time(self.clock.now().0 + 1);
        let recorded = self.log.record(&record).await?;
        let Recorded::First = recorded else { return Ok(recorded) };
        Ok(Recorded::Existing(Box::new(record)))
    }
}

impl<L: CommandLog> CommandLog for SuspectLog<L> {
    async fn record(&self, record: &CommandRecord) -> Result<Recorded, PortError> {
        match self.bug {
            Some(Bug::ClockOnly) => self.by_the_clock(record).await,
            Some(Bug::RetryStampsAnew) => {
                self.log.record(record).await?;
                Ok(Recorded::First)
            }
            Some(Bug::RecordedIsPublished) => {
                let recorded = self.log.record(record).await?;
                if let Recorded::Existing(existing) = &recorded {
                    let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
                    found.insert(existing.command.id);
                }
                Ok(recorded)
            }
            _ => self.log.record(record).await,
        }
    }

    async fn find(&self, id: CommandId) -> Result<Option<CommandRecord>, PortError> {
        self.log.find(id).await
    }
}

//! Mutants of the command log.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use domain_cart::CartEvent;
use domain_core::id::CommandId;
use domain_core::idempotency::Recorded;
use domain_core::port::PortError;
use domain_core::resource::{CommandLog, CommandRecord};
use domain_core::time::Time;
use origin_functions::runtime::clock::Clock;

use crate::mutant::Mutant;

/// A command log that may be mutated.
#[derive(Clone)]
pub(crate) struct MutantLog<L> {
    log: L,
    clock: Clock,
    mutant: Option<Mutant>,
    /// The commands that were already recorded.
    pub(super) recorded_ids: Arc<Mutex<HashSet<CommandId>>>,
}

// === impl MutantLog ===

impl<L: CommandLog<CartEvent>> MutantLog<L> {
    pub(crate) fn new(log: L, clock: Clock, mutant: Option<Mutant>) -> Self {
        Self { log, clock, mutant, recorded_ids: Arc::default() }
    }

    /// The command handler continues with the record it gets back: so a mutant can change its time.
    async fn record_by_clock(
        &self,
        record: &CommandRecord<CartEvent>,
    ) -> Result<Recorded<CommandRecord<CartEvent>>, PortError> {
        let mut record = record.clone();
        record.event.command.time = Time(self.clock.now().0 + 1);
        let recorded = self.log.record(&record).await?;
        let Recorded::First = recorded else { return Ok(recorded) };
        Ok(Recorded::Existing(Box::new(record)))
    }
}

impl<L: CommandLog<CartEvent>> CommandLog<CartEvent> for MutantLog<L> {
    async fn record(
        &self,
        record: &CommandRecord<CartEvent>,
    ) -> Result<Recorded<CommandRecord<CartEvent>>, PortError> {
        match self.mutant {
            Some(Mutant::ClockOnly) => self.record_by_clock(record).await,
            Some(Mutant::RetryStampsAnew) => {
                self.log.record(record).await?;
                Ok(Recorded::First)
            }
            Some(Mutant::RecordedIsPublished) => {
                let recorded = self.log.record(record).await?;
                if let Recorded::Existing(existing) = &recorded {
                    let mut recorded_ids =
                        self.recorded_ids.lock().unwrap_or_else(PoisonError::into_inner);
                    recorded_ids.insert(existing.event.command.id);
                }
                Ok(recorded)
            }
            _ => self.log.record(record).await,
        }
    }

    async fn find(&self, id: CommandId) -> Result<Option<CommandRecord<CartEvent>>, PortError> {
        self.log.find(id).await
    }
}

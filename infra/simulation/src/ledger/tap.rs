//! Where the judge of the ledger listens: at the table, the bus, and where codes are made.

use std::sync::Arc;

use origin_adapters::memory::{MemoryBus, MemoryLedger};
use origin_domain::event::{Event, Events};
use origin_domain::loyalty::{LedgerChange, LedgerStore, Loaded, RewardCode, RewardCodes, Wanted};
use origin_domain::port::{PortError, Written};
use tokio::sync::Notify;

use super::judge::Bench;
use crate::counts::Occasion;

/// The table, for those who write.
#[derive(Clone)]
pub(crate) struct TappedLedger {
    pub(crate) port: MemoryLedger,
    pub(crate) bench: Bench,
}

/// The bus.
#[derive(Clone)]
pub(crate) struct TappedBus {
    pub(crate) port: MemoryBus,
    pub(crate) bench: Bench,
    /// Rung when there is something to deliver.
    pub(crate) arrived: Arc<Notify>,
}

/// Who makes codes.
#[derive(Clone)]
pub(crate) struct TappedCodes {
    pub(crate) bench: Bench,
}

impl LedgerStore for TappedLedger {
    async fn load(&self, wanted: Wanted<'_>) -> Result<Loaded, PortError> {
        self.port.load(wanted).await
    }

    async fn commit(&self, change: &LedgerChange) -> Result<Written, PortError> {
        let written = self.port.commit(change).await?;
        let mut judge = self.bench.judge();
        match written {
            Written::Done => judge.committed(change),
            Written::Conflict => judge.note(Occasion::RaceLost),
        }
        Ok(written)
    }
}

impl Events for TappedBus {
    async fn publish(&self, events: &[Event]) -> Result<(), PortError> {
        self.port.publish(events).await?;
        for event in events {
            self.bench.judge().published(event);
        }
        self.arrived.notify_one();
        Ok(())
    }
}

impl RewardCodes for TappedCodes {
    async fn make(&self, code: &RewardCode, _: &str) -> Result<(), PortError> {
        self.bench.judge().code_made(&code.to_string());
        Ok(())
    }
}

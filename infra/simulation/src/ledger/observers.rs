//! Observers that report to the oracle: at the table, at the bus, and where codes are created.

use std::sync::Arc;

use domain_core::event::{Event, Events};
use domain_core::port::{PortError, Written};
use domain_loyalty::{
    LedgerChange, LedgerStore, LoadRequest, LoadedLedger, RewardCode, RewardCodes,
};
use origin_adapters::LedgerRepository;
use origin_adapters::memory::MemoryBus;
use tokio::sync::Notify;

use super::oracle::OracleHandle;
use crate::coverage::Coverage;

/// The table, as consumers write it.
#[derive(Clone)]
pub(crate) struct ObservedLedger {
    pub(crate) port: LedgerRepository,
    pub(crate) oracle: OracleHandle,
}

/// The bus.
#[derive(Clone)]
pub(crate) struct ObservedBus {
    pub(crate) port: MemoryBus,
    pub(crate) oracle: OracleHandle,
    /// Notified when there are events to deliver.
    pub(crate) arrived: Arc<Notify>,
}

/// The service that creates reward codes.
#[derive(Clone)]
pub(crate) struct ObservedCodes {
    pub(crate) oracle: OracleHandle,
}

impl LedgerStore for ObservedLedger {
    async fn load(&self, request: LoadRequest<'_>) -> Result<LoadedLedger, PortError> {
        self.port.load(request).await
    }

    async fn commit(&self, change: &LedgerChange) -> Result<Written, PortError> {
        let written = self.port.commit(change).await?;
        let mut oracle = self.oracle.lock();
        match written {
            Written::Done => oracle.committed(change),
            Written::Conflict => oracle.count(Coverage::RaceLost),
        }
        Ok(written)
    }
}

impl Events for ObservedBus {
    async fn publish(&self, events: &[Event]) -> Result<(), PortError> {
        self.port.publish(events).await?;
        for event in events {
            self.oracle.lock().published(event);
        }
        self.arrived.notify_one();
        Ok(())
    }
}

impl RewardCodes for ObservedCodes {
    async fn make(&self, code: &RewardCode, _: &str) -> Result<(), PortError> {
        self.oracle.lock().code_created(&code.to_string());
        Ok(())
    }
}

//! The ledger's ports with faults.

use domain_core::id::CommandId;
use domain_core::port::{Consistency, PortError, Written};
use domain_core::time::Time;
use domain_loyalty::{
    EntryKey, EntryPage, LedgerChange, LedgerReader, LedgerStore, LoadRequest, LoadedLedger,
    ProgramVersion, Programs, RedemptionItem, RewardCode, RewardCodes,
};

use crate::ports::FaultyPort;

impl<P: LedgerStore> LedgerStore for FaultyPort<P> {
    /// The items of one load may be read at different moments.
    async fn load(&self, request: LoadRequest<'_>) -> Result<LoadedLedger, PortError> {
        self.call(|| async move {
            let first = self.port.load(request).await?;
            if !self.faults.occurs(self.faults.profile.torn) {
                return Ok(first);
            }
            self.faults.delay(self.faults.profile.table_ms_max).await;
            let later = self.port.load(request).await?;
            let (one, other) = if self.faults.rng.coin() { (first, later) } else { (later, first) };
            let LoadedLedger { is_claimed, order, .. } = one;
            Ok(LoadedLedger { is_claimed, order, ..other })
        })
        .await
    }

    async fn commit(&self, change: &LedgerChange) -> Result<Written, PortError> {
        self.call(|| self.port.commit(change)).await
    }
}

impl<P: LedgerReader> LedgerReader for FaultyPort<P> {
    async fn redemption(&self, id: CommandId) -> Result<Option<RedemptionItem>, PortError> {
        self.call(|| self.port.redemption(id)).await
    }

    async fn entries(
        &self,
        customer: &str,
        before: Option<&EntryKey>,
        limit: usize,
    ) -> Result<EntryPage, PortError> {
        self.call(|| self.port.entries(customer, before, limit)).await
    }
}

impl<P: Programs> Programs for FaultyPort<P> {
    async fn in_effect(
        &self,
        at: Time,
        consistency: Consistency,
    ) -> Result<Option<ProgramVersion>, PortError> {
        self.call(|| self.port.in_effect(at, consistency)).await
    }
}

impl<P: RewardCodes> RewardCodes for FaultyPort<P> {
    async fn make(&self, code: &RewardCode, reward: &str) -> Result<(), PortError> {
        self.call(|| self.port.make(code, reward)).await
    }
}

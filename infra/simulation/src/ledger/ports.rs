//! The ledger's ports in the weather.

use origin_domain::id::CommandId;
use origin_domain::idempotency::Recorded;
use origin_domain::loyalty::{
    Account, EntryKey, EntryPage, LedgerChange, LedgerReader, LedgerStore, Loaded, LoyaltyLog,
    LoyaltyRecord, ProgramVersion, Programs, RedemptionItem, RewardCode, RewardCodes, Wanted,
};
use origin_domain::port::{Consistency, PortError, Written};
use origin_domain::time::Time;

use crate::ports::Exposed;

impl<P: LedgerStore> LedgerStore for Exposed<P> {
    /// What is loaded together need not be of one moment.
    async fn load(&self, wanted: Wanted<'_>) -> Result<Loaded, PortError> {
        self.call(|| async move {
            let first = self.port.load(wanted).await?;
            if !self.sky.strikes(self.sky.weather.torn) {
                return Ok(first);
            }
            self.sky.linger(self.sky.weather.table_ms_max).await;
            let later = self.port.load(wanted).await?;
            let (one, other) = if self.sky.dice.coin() { (first, later) } else { (later, first) };
            let Loaded { is_claimed, order, .. } = one;
            Ok(Loaded { is_claimed, order, ..other })
        })
        .await
    }

    async fn commit(&self, change: &LedgerChange) -> Result<Written, PortError> {
        self.call(|| self.port.commit(change)).await
    }
}

impl<P: LedgerReader> LedgerReader for Exposed<P> {
    async fn account(
        &self,
        customer: &str,
        consistency: Consistency,
    ) -> Result<Option<Account>, PortError> {
        self.call(|| self.port.account(customer, consistency)).await
    }

    /// A batch is no snapshot: each of its items is read at a moment of its own.
    async fn account_and_records(
        &self,
        customer: &str,
        ids: &[CommandId],
    ) -> Result<(Option<Account>, Vec<LoyaltyRecord>), PortError> {
        self.call(|| async move {
            let first = self.port.account_and_records(customer, ids).await?;
            if !self.sky.strikes(self.sky.weather.torn) {
                return Ok(first);
            }
            self.sky.linger(self.sky.weather.table_ms_max).await;
            let later = self.port.account_and_records(customer, ids).await?;
            let (one, other) = if self.sky.dice.coin() { (first, later) } else { (later, first) };
            Ok((one.0, other.1))
        })
        .await
    }

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

impl<P: LoyaltyLog> LoyaltyLog for Exposed<P> {
    async fn record(&self, record: &LoyaltyRecord) -> Result<Recorded<LoyaltyRecord>, PortError> {
        self.call(|| self.port.record(record)).await
    }

    async fn find(&self, id: CommandId) -> Result<Option<LoyaltyRecord>, PortError> {
        self.call(|| self.port.find(id)).await
    }
}

impl<P: Programs> Programs for Exposed<P> {
    async fn in_effect(
        &self,
        at: Time,
        consistency: Consistency,
    ) -> Result<Option<ProgramVersion>, PortError> {
        self.call(|| self.port.in_effect(at, consistency)).await
    }
}

impl<P: RewardCodes> RewardCodes for Exposed<P> {
    async fn make(&self, code: &RewardCode, reward: &str) -> Result<(), PortError> {
        self.call(|| self.port.make(code, reward)).await
    }
}

//! Accounts and the program behind this instance's cache, under the same rule as carts: every
//! account, cached or read, is checked against the floor.

use std::sync::Arc;
use std::time::Duration;

use cache::{Bounds, ReadThrough, Versioned};
use domain_core::bookmark::Pending;
use domain_core::id::CommandId;
use domain_core::port::{Consistency, PortError};
use domain_loyalty::{
    Account, AccountRead, Accounts, EntryKey, EntryPage, LedgerReader, ProgramVersion, Programs,
    RedemptionItem,
};

use crate::runtime::clock::Clock;
use crate::runtime::timing::span;

/// How long a cached account may answer: 10 s with the edge's 5 s.
const TTL: Duration = Duration::from_secs(5);
/// Most cached lots, days and redemptions, of all accounts together: about 64 bytes each.
const WEIGHT_MAX: u64 = 1_000_000;
/// The one key of the program's cache.
const PROGRAM: &str = "program";

/// The ledger of one instance.
#[derive(Clone)]
pub struct CachedLedger<S, P> {
    source: S,
    programs: P,
    accounts: Arc<ReadThrough<String, CachedAccount, PortError>>,
    program: Arc<ReadThrough<&'static str, CachedProgram, PortError>>,
    clock: Clock,
}

/// A cached account, or the fact that it does not exist.
struct CachedAccount(Option<Arc<Account>>);

/// The cached program in effect, or the fact that no program is published.
struct CachedProgram(Option<Arc<ProgramVersion>>);

impl Versioned for CachedAccount {
    fn version(&self) -> u64 {
        self.0.as_ref().map_or(0, |account| account.version)
    }

    fn weight(&self) -> u32 {
        let parts = self.0.as_ref().map_or(0, |account| {
            account.lots.len() + account.spent.len() + 4 * account.redemptions.len()
        });
        u32::try_from(parts).unwrap_or(u32::MAX).saturating_add(8)
    }
}

impl Versioned for CachedProgram {
    fn version(&self) -> u64 {
        self.0.as_ref().map_or(0, |active| active.activation)
    }
}

// === impl CachedLedger ===

impl<S: LedgerReader, P: Programs> CachedLedger<S, P> {
    /// The accounts of `source` and the program of `programs`, cached by this instance.
    #[must_use]
    pub fn new(source: S, programs: P, clock: &Clock) -> Self {
        let bounds = Bounds { weight_max: WEIGHT_MAX, ttl: TTL };
        let (accounts_clock, program_clock) = (clock.clone(), clock.clone());
        Self {
            source,
            programs,
            accounts: Arc::new(ReadThrough::new(bounds, move || accounts_clock.now().0)),
            program: Arc::new(ReadThrough::new(bounds, move || program_clock.now().0)),
            clock: clock.clone(),
        }
    }

    /// A page of entries, then the account with the pending records, all strongly consistent: the
    /// account's version covers every entry of the page.
    ///
    /// # Errors
    /// The port's.
    pub async fn entries(
        &self,
        customer: &str,
        before: Option<&EntryKey>,
        limit: usize,
        pending: &[Pending],
    ) -> Result<(EntryPage, AccountRead), PortError> {
        let page = span("entries", self.source.entries(customer, before, limit)).await?;
        Ok((page, self.batch(customer, pending).await?))
    }

    /// A redemption's decision, then the account with the records of these commands, all strongly
    /// consistent: the account's version covers the decision.
    ///
    /// # Errors
    /// The port's.
    pub async fn redemption(
        &self,
        customer: &str,
        id: CommandId,
        pending: &[Pending],
    ) -> Result<(Option<RedemptionItem>, AccountRead), PortError> {
        let item = span("redemption", self.source.redemption(id)).await?;
        let ids: Vec<CommandId> = pending.iter().map(|one| one.id).chain([id]).collect();
        Ok((item, self.load(customer, &ids).await?))
    }

    /// The program in effect now, if one is published.
    ///
    /// # Errors
    /// The port's.
    pub async fn program(&self) -> Result<Option<Arc<ProgramVersion>>, PortError> {
        let now = self.clock.now();
        let load = |_| async move {
            let active = span("program", self.programs.in_effect(now, Consistency::Strong)).await?;
            Ok(CachedProgram(active.map(Arc::new)))
        };
        let loaded = self.program.get(&PROGRAM, 0, load).await;
        Ok(loaded.map_err(|error| (*error).clone())?.value.0.clone())
    }

    /// A cached account that answers without the table: at or above the floor, with every pending
    /// command absorbed.
    async fn sufficient(
        &self,
        customer: &str,
        floor: u64,
        pending: &[Pending],
    ) -> Option<AccountRead> {
        let account = self.accounts.peek(&customer.to_owned()).await?.0.clone()?;
        let is_enough = account.version >= floor
            && pending.iter().all(|pending| account.has_absorbed(pending.id, pending.time));
        is_enough.then(|| AccountRead { account: Some(account), records: Vec::new() })
    }

    async fn batch(&self, customer: &str, pending: &[Pending]) -> Result<AccountRead, PortError> {
        let ids: Vec<CommandId> = pending.iter().map(|one| one.id).collect();
        self.load(customer, &ids).await
    }

    /// Account and records from one strongly consistent batch that starts now.
    async fn load(&self, customer: &str, ids: &[CommandId]) -> Result<AccountRead, PortError> {
        let started = self.accounts.begin();
        let batch = self.source.account_and_records(customer, ids);
        let (account, records) = span("table", batch).await?;
        let account = account.map(Arc::new);
        self.accounts.fill(customer.to_owned(), CachedAccount(account.clone()), started).await;
        Ok(AccountRead { account, records })
    }
}

impl<S: LedgerReader, P: Programs> Accounts for CachedLedger<S, P> {
    async fn read(
        &self,
        customer: &str,
        floor: u64,
        pending: &[Pending],
    ) -> Result<AccountRead, PortError> {
        if !pending.is_empty() {
            return match self.sufficient(customer, floor, pending).await {
                Some(read) => Ok(read),
                None => self.batch(customer, pending).await,
            };
        }
        let load = |consistency| async move {
            let consistency = match consistency {
                cache::Consistency::Eventual => Consistency::Eventual,
                cache::Consistency::Strong => Consistency::Strong,
            };
            let account = span("table", self.source.account(customer, consistency)).await?;
            Ok(CachedAccount(account.map(Arc::new)))
        };
        let loaded = self.accounts.get(&customer.to_owned(), floor, load).await;
        let account = loaded.map_err(|error| (*error).clone())?.value.0.clone();
        Ok(AccountRead { account, records: Vec::new() })
    }
}

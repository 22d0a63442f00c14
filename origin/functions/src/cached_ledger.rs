//! Accounts and the programme behind this instance's cache, under the same rule as carts: what was
//! obtained is checked against the floor however it was obtained.

use std::sync::Arc;
use std::time::Duration;

use cache::{Bounds, ReadThrough, Versioned};
use origin_adapters::{DynamoLedger, DynamoPrograms};
use origin_domain::loyalty::{
    Account, EntryKey, EntryPage, LedgerReader as _, ProgramVersion, Programs as _,
};
use origin_domain::port::{Consistency, PortError};

use crate::clock::Clock;
use crate::timing::span;

/// How long an account may answer: with the edge's 5 s, seconds in all.
const TTL: Duration = Duration::from_secs(5);
/// Most lots kept, of all accounts together: about 32 bytes each.
const WEIGHT_MAX: u64 = 1_000_000;
/// The one key of the programme's cache.
const PROGRAM: &str = "program";

/// The ledger of one instance.
#[derive(Clone)]
pub struct CachedLedger {
    source: DynamoLedger,
    programs: DynamoPrograms,
    accounts: Arc<ReadThrough<String, Kept, PortError>>,
    program: Arc<ReadThrough<&'static str, Active, PortError>>,
    clock: Clock,
}

/// What is kept of an account, be it that there is none.
struct Kept(Option<Arc<Account>>);

/// The programme in effect, if there is one.
struct Active(Option<Arc<ProgramVersion>>);

impl Versioned for Kept {
    fn version(&self) -> u64 {
        self.0.as_ref().map_or(0, |account| account.version)
    }

    fn weight(&self) -> u32 {
        let lots = self.0.as_ref().map_or(0, |account| account.lots.len());
        u32::try_from(lots).unwrap_or(u32::MAX).saturating_add(8)
    }
}

impl Versioned for Active {
    fn version(&self) -> u64 {
        self.0.as_ref().map_or(0, |active| active.version)
    }
}

// === impl CachedLedger ===

impl CachedLedger {
    /// The accounts of `source` and the programme of `programs`, kept by this instance.
    #[must_use]
    pub fn new(source: DynamoLedger, programs: DynamoPrograms, clock: &Clock) -> Self {
        let bounds = Bounds { weight_max: WEIGHT_MAX, ttl: TTL };
        let (told, also) = (clock.clone(), clock.clone());
        Self {
            source,
            programs,
            accounts: Arc::new(ReadThrough::new(bounds, move || told.now().0)),
            program: Arc::new(ReadThrough::new(bounds, move || also.now().0)),
            clock: clock.clone(),
        }
    }

    /// A customer's account at or above `floor`, or whatever a strongly consistent read begun
    /// after this call finds.
    ///
    /// # Errors
    /// The port's.
    pub async fn account(
        &self,
        customer: &str,
        floor: u64,
    ) -> Result<Option<Arc<Account>>, PortError> {
        let load = |consistency| async move {
            let consistency = match consistency {
                cache::Consistency::Eventual => Consistency::Eventual,
                cache::Consistency::Strong => Consistency::Strong,
            };
            let account = span("table", self.source.account(customer, consistency)).await?;
            Ok(Kept(account.map(Arc::new)))
        };
        let obtained = self.accounts.get(&customer.to_owned(), floor, load).await;
        Ok(obtained.map_err(|error| (*error).clone())?.value.0.clone())
    }

    /// A page of entries and the account read after it, both strongly consistent: the account's
    /// version covers every entry shown.
    ///
    /// # Errors
    /// The port's.
    pub async fn entries(
        &self,
        customer: &str,
        before: Option<&EntryKey>,
        limit: usize,
    ) -> Result<(EntryPage, Option<Account>), PortError> {
        let page = span("entries", self.source.entries(customer, before, limit)).await?;
        let account = span("table", self.source.account(customer, Consistency::Strong)).await?;
        Ok((page, account))
    }

    /// The programme in effect now, if one is published.
    ///
    /// # Errors
    /// The port's.
    pub async fn program(&self) -> Result<Option<Arc<ProgramVersion>>, PortError> {
        let now = self.clock.now();
        let load = |_| async move {
            let active = span("program", self.programs.in_effect(now, Consistency::Strong)).await?;
            Ok(Active(active.map(Arc::new)))
        };
        let obtained = self.program.get(&PROGRAM, 0, load).await;
        Ok(obtained.map_err(|error| (*error).clone())?.value.0.clone())
    }
}

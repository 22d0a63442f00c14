//! Ports of the ledger. Documents are stored as MessagePack with named fields; a versioned item is
//! written on condition of the version that was read.

use std::collections::BTreeSet;
use std::ops::Range;

use domain_core::id::CommandId;
use domain_core::port::{Consistency, PortError, Written};
use domain_core::resource::Source;
use domain_core::time::Time;

use crate::ledger::account::Account;
use crate::ledger::cause::Cause;
use crate::ledger::entry::{EntryKey, LedgerEntry, OwnedEntry};
use crate::ledger::facts::OrderItem;
use crate::ledger::reconciliation::Reconciliation;
use crate::pool::{
    Added, CodeSeed, Created, CreationId, Discount, DiscountId, Pool, PoolId, RewardCode,
    SlotClaim, Supply,
};
use crate::program::definition::ProgramVersion;
use crate::redemption::lifecycle::RedemptionItem;

/// Most actions of one transaction (DynamoDB, `TransactWriteItems`).
pub const TRANSACTION_ACTIONS_MAX: usize = 100;

/// Most entries one change writes: a transaction less the order, the account and the cause.
pub const CHANGE_ENTRIES_MAX: usize = TRANSACTION_ACTIONS_MAX - 3;

/// Most entries of one page.
pub const PAGE_ENTRIES_MAX: usize = 100;

/// One item to write, on condition of the version that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guarded<T> {
    /// The version that was read; `None`: there was no item.
    pub seen: Option<u64>,
    /// The new item.
    pub item: T,
}

/// One atomic change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerChange {
    /// Claimed forever, on condition that it was never claimed before.
    pub cause: Option<Cause>,
    /// The order with the new fact.
    pub order: Option<Guarded<OrderItem>>,
    /// The redemptions in their new states.
    pub redemptions: Vec<Guarded<RedemptionItem>>,
    /// The slots that those claim which are settled now, each on condition that it was never claimed. A
    /// slot that is claimed is no longer ready.
    pub claims: Vec<SlotClaim>,
    /// The account with the new cause; a guest has none.
    pub account: Option<Guarded<Account>>,
    /// The mark of the customer who was merged into that account.
    pub mark: Option<Guarded<Account>>,
    /// The entries to take out of the ledgers of that account's customers: an order's are computed
    /// again when an earlier fact arrives late.
    pub gone: Vec<OwnedEntry>,
    /// The entries to put into them. With those that go, the redemptions, and two for each claim, at
    /// most [`CHANGE_ENTRIES_MAX`].
    pub put: Vec<OwnedEntry>,
}

/// The items that a change starts from.
#[derive(Debug, Clone, Copy, Default)]
pub struct LoadRequest<'a> {
    /// Whether this is claimed.
    pub cause: Option<&'a Cause>,
    /// This order.
    pub order: Option<&'a str>,
    /// These redemptions.
    pub redemptions: &'a [CommandId],
    /// The account of this customer; that of the other one if this one was merged.
    pub customer: Option<&'a str>,
}

/// The items that were loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadedLedger {
    /// Whether the cause has counted.
    pub is_claimed: bool,
    /// The order, if anything is known of it.
    pub order: Option<OrderItem>,
    /// The redemptions that have a decision.
    pub redemptions: Vec<RedemptionItem>,
    /// The account, if there is one.
    pub account: Option<Account>,
}

/// Changes ledgers.
pub trait LedgerStore: Send + Sync {
    /// Reads the items a change starts from, strongly consistent. They need not be of one moment:
    /// every change is conditional on the versions it starts from.
    fn load(
        &self,
        request: LoadRequest<'_>,
    ) -> impl Future<Output = Result<LoadedLedger, PortError>> + Send;

    /// Writes a change in one transaction; a conflict if any of its conditions fails.
    fn commit(
        &self,
        change: &LedgerChange,
    ) -> impl Future<Output = Result<Written, PortError>> + Send;
}

/// One page of a ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryPage {
    /// Newest first.
    pub entries: Vec<LedgerEntry>,
    /// The key of the last entry here if there are older ones: the next page continues before it.
    pub next: Option<EntryKey>,
}

/// Reads ledgers for responses. The account of a customer who was merged is that of the other one, and
/// contains the merge however weak the read.
pub trait LedgerReader: Source<Account> {
    /// A redemption that has a decision, strongly consistent.
    fn redemption(
        &self,
        id: CommandId,
    ) -> impl Future<Output = Result<Option<RedemptionItem>, PortError>> + Send;

    /// At most `limit` entries stored under a customer before `before`, newest first, strongly
    /// consistent: those of one customer of the account.
    fn entries(
        &self,
        customer: &str,
        before: Option<&EntryKey>,
        limit: usize,
    ) -> impl Future<Output = Result<EntryPage, PortError>> + Send;
}

/// Stores where the nightly reconciliation stands, in one item of the shop.
pub trait ReconciliationStore: Send + Sync {
    /// The item, strongly consistent; a new one before the first write.
    fn load(&self) -> impl Future<Output = Result<Reconciliation, PortError>> + Send;

    /// Writes an item in place of the version before it.
    fn save(
        &self,
        item: &Reconciliation,
    ) -> impl Future<Output = Result<Written, PortError>> + Send;
}

/// Reads what a redemption may claim.
pub trait CodePools: Send + Sync {
    /// The ready slots of a pool, strongly consistent; none if there is no such pool.
    fn supply(&self, pool: &PoolId) -> impl Future<Output = Result<Supply, PortError>> + Send;

    /// The seed of the shop's codes, strongly consistent; `None` before the first pool.
    fn seed(&self) -> impl Future<Output = Result<Option<CodeSeed>, PortError>> + Send;
}

/// Stores pools. All reads are strongly consistent.
pub trait PoolStore: Send + Sync {
    /// Stores the seed on condition that the shop has none.
    fn save_seed(&self, seed: &CodeSeed)
    -> impl Future<Output = Result<Written, PortError>> + Send;

    /// A pool.
    fn pool(&self, pool: &PoolId) -> impl Future<Output = Result<Option<Pool>, PortError>> + Send;

    /// The slots of a range that are claimed.
    fn claimed(
        &self,
        pool: &PoolId,
        slots: Range<u32>,
    ) -> impl Future<Output = Result<BTreeSet<u32>, PortError>> + Send;

    /// Writes a pool over the version that was seen, and makes slots ready, in one transaction.
    fn save(
        &self,
        seen: Option<u64>,
        pool: &Pool,
        ready: &[u32],
    ) -> impl Future<Output = Result<Written, PortError>> + Send;
}

/// The discounts of the shop at Shopify. None of these operations is idempotent there, so each can be
/// recognised by its codes.
pub trait Discounts: Send + Sync {
    /// The discount that a code belongs to, if the shop has such a code.
    fn discount_of(
        &self,
        code: &RewardCode,
    ) -> impl Future<Output = Result<Option<DiscountId>, PortError>> + Send;

    /// Creates a discount with its first code.
    fn create(
        &self,
        discount: &Discount,
        code: &RewardCode,
    ) -> impl Future<Output = Result<Created, PortError>> + Send;

    /// Begins to add codes to a discount, at most [`crate::BATCH_CODES_MAX`].
    fn add(
        &self,
        discount: &DiscountId,
        codes: &[RewardCode],
    ) -> impl Future<Output = Result<CreationId, PortError>> + Send;

    /// The codes of a batch that is imported; `None` after a pause if it is not yet.
    fn added(
        &self,
        creation: &CreationId,
    ) -> impl Future<Output = Result<Option<Vec<Added>>, PortError>> + Send;
}

/// Reads the program.
pub trait Programs: Send + Sync {
    /// The version in effect at a time: the newest one active by then; `None` before the first.
    fn in_effect(
        &self,
        at: Time,
        consistency: Consistency,
    ) -> impl Future<Output = Result<Option<ProgramVersion>, PortError>> + Send;
}

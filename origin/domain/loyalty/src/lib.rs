//! The loyalty ledger: facts of orders, the entries computed from them, and the account that sums
//! up the entries.
//!
//! ```text
//! webhook ─► facts of the order ─► entries ─► account ─► standing
//!            what Shopify sent     pure, by    a sum       read by the clock
//!            once per cause        program     over lots
//! ```
//!
//! Entries are a pure function of the facts, and an account is the sum of its entries: duplicate or
//! reordered events change neither. One transaction writes order, entries and account and claims
//! the cause.

mod day;
mod import;
mod ledger;
mod points;
mod pool;
mod ports;
mod program;
mod redemption;

pub use day::Day;
pub use import::{
    BalanceRow, Chunk, CustomerReference, EMAIL_BYTES_MAX, IMPORT_ROWS_MAX, ImportError, OrderRow,
    balance_rows, chunks, email_address, order_rows,
};
pub use ledger::{
    AbsorbError, Absorber, Account, AccountFull, Addition, Balance, Cause, CauseKind, Comparison,
    CustomerDifference, CustomerMerge, EXPIRING_MAX, EntryKey, EntryKind, Exchange, Expiring,
    FACT_LEAD_MS_MAX, Fact, Goodwill, IMPORTED, LINE_TEXTS_BYTES_MAX, LOTS_MAX, LedgerEntry, Lot,
    MERGED_MAX, MERGED_REDEMPTIONS_MAX, MERGED_VERSION, Merged, Missing, ORDER_REFUNDS_MAX,
    OVERLAP_MS, OrderEarning, OrderFact, OrderFacts, OrderFull, OrderItem, Outcome, OwnedEntry,
    Paid, PaidLine, PaidOrder, REACH_DAYS, REFUNDED_LINES_MAX, Reading, Reconciliation,
    ReconciliationRun, Refund, SPENT_DAYS_MAX, STATEMENTS_MAX, Spent, Standing, StatedOrder,
    StatedPayload, Statement, TEXT_BYTES_MAX, TEXTS_MAX, Terms, decide, order_entries,
};
pub use points::{POINTS_MAX, Points};
pub use pool::{
    Added, BATCH_CODES_MAX, CodeSeed, CodesRanLow, Combines, Created, CreationId, Discount,
    DiscountId, DiscountValue, FillError, Filled, Filler, LOW_WATER, POLLS_MAX, Pool, PoolId,
    PoolSlot, RewardCode, SlotClaim, Supply, pools_due,
};
pub use ports::{
    CHANGE_ENTRIES_MAX, CodePools, Discounts, EntryPage, Guarded, LedgerChange, LedgerReader,
    LedgerStore, LoadRequest, LoadedLedger, PAGE_ENTRIES_MAX, PoolStore, Programs,
    ReconciliationStore, TRANSACTION_ACTIONS_MAX,
};
pub use program::{
    ACTIVATION_LEAD_MS, Activation, Condition, DESCRIPTION_BYTES_MAX, DOCUMENT_BYTES_MAX,
    DRY_RUN_DAYS_MAX, DRY_RUN_HORIZON_DAYS, DRY_RUN_ORDERS_MAX, Difference, EXPRESSION_BYTES_MAX,
    Each, Earned, EarnedLine, Earning, EarningError, FIGURES_LAG_MS, Failure, Figures, Formula,
    HISTORY_MAX, MULTIPLIERS_MAX, Multiplier, NESTING_MAX, NextTier, OrderHistory, PERCENT_MAX,
    PastOrder, PastOrders, Program, ProgramEvent, ProgramPublication, ProgramStore, ProgramVersion,
    PublicationRequest, REWARDS_MAX, RULES_MAX, Reward, RewardKind, Rule, RuleFailure, RulePoints,
    STEPS_MAX, Shares, TIERS_MAX, TITLE_BYTES_MAX, Tier, TierUnit, TiersBy, activate, newest,
    publish,
};
pub use redemption::{
    AcceptedRedemption, DecideError, Decider, Delivery, Fate, LoyaltyAction, LoyaltyCommand,
    LoyaltyEvent, LoyaltyRejection, OVERDUE_MAX, REDEMPTIONS_MAX, Redemption, RedemptionItem,
    RewardRequest, State, View, adjust, read_entries, read_redemption, redeem,
};

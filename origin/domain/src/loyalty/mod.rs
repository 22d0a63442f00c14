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

mod absorb;
mod accept;
mod account;
mod cause;
mod currency;
mod day;
mod deciding;
mod document;
mod dry_run;
mod earning;
mod entry;
mod facts;
mod figures;
mod formula;
mod loyalty_command;
mod order;
mod order_entries;
mod order_fact;
mod payload;
mod points;
mod ports;
mod program;
mod publication;
mod publishing;
mod redemption;
mod refund;
mod rules;
mod spending;
mod standing;
mod trial;
mod view;
mod webhook;

pub use absorb::{AbsorbError, Absorber, Outcome, decide};
pub use accept::{
    AcceptedRedemption, CommandRequest, LoyaltyCommands, LoyaltyRejection, REDEMPTIONS_MAX,
    RewardRequest,
};
pub use account::{Account, AccountFull, Addition, LOTS_MAX, Lot, SPENT_DAYS_MAX, Spent};
pub use cause::{Cause, CauseKind};
pub use currency::{decimals, is_currency};
pub use day::Day;
pub use deciding::{DecideError, Decider, Delivery, Fate};
pub use dry_run::{
    DRY_RUN_DAYS_MAX, DRY_RUN_HORIZON_DAYS, DRY_RUN_ORDERS_MAX, Difference, OrderHistory,
    PastOrder, PastOrders,
};
pub use earning::{Earned, EarnedLine, EarningError, RuleFailure, RulePoints};
pub use entry::{EntryKey, EntryKind, LedgerEntry, Terms};
pub use facts::{
    Fact, LINE_TEXTS_BYTES_MAX, ORDER_LINES_MAX, ORDER_REFUNDS_MAX, OrderEarning, OrderFacts,
    OrderFull, OrderItem, Paid, PaidLine, REFUNDED_LINES_MAX, TEXT_BYTES_MAX, TEXTS_MAX,
};
pub use figures::{FIGURES_LAG_MS, Figures};
pub use formula::{Condition, EXPRESSION_BYTES_MAX, Failure, Formula, NESTING_MAX, STEPS_MAX};
pub use loyalty_command::{LoyaltyAction, LoyaltyCommand, LoyaltyEvent, LoyaltyRecord};
pub use order::PaidOrder;
pub use order_entries::order_entries;
pub use order_fact::OrderFact;
pub use payload::{Node, Object, PayloadError, Problem};
pub use points::{POINTS_MAX, Points};
pub use ports::{
    AccountRead, Accounts, CHANGE_ENTRIES_MAX, EntryPage, Guarded, LedgerChange, LedgerReader,
    LedgerStore, LoadRequest, LoadedLedger, LoyaltyLog, PAGE_ENTRIES_MAX, Programs, RewardCodes,
    TRANSACTION_ACTIONS_MAX,
};
pub use program::{
    Each, Earning, Multiplier, NextTier, Program, ProgramVersion, Reward, RewardKind, Rule, Tier,
    TierUnit, TiersBy,
};
pub use publication::{
    ACTIVATION_LEAD_MS, Activation, HISTORY_MAX, ProgramEvent, ProgramPublication, ProgramStore,
    PublicationRequest, activate, newest, publish,
};
pub use publishing::{
    DESCRIPTION_BYTES_MAX, DOCUMENT_BYTES_MAX, PERCENT_MAX, REWARDS_MAX, TIERS_MAX, TITLE_BYTES_MAX,
};
pub use redemption::{OVERDUE_MAX, Redemption, RedemptionItem, RewardCode, State};
pub use refund::{Goodwill, Refund};
pub use rules::{MULTIPLIERS_MAX, RULES_MAX};
pub use standing::{Balance, EXPIRING_MAX, Expiring, FACT_LEAD_MS_MAX, Reading, Standing};
pub use view::{View, view};
pub use webhook::{ORDERS_CANCELLED, ORDERS_PAID, REFUNDS_CREATE, Webhook};

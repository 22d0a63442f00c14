//! The loyalty ledger: orders as facts, the entries they amount to, and what the entries add up to.
//!
//! ```text
//! webhook ─► facts of the order ─► entries ─► account ─► standing
//!            what Shopify told     pure, by    a sum       read by the clock
//!            once per cause        programme   over lots
//! ```
//!
//! Entries are a pure function of the facts, and an account is a sum over its entries: what arrives
//! twice or in another order changes neither. One transaction writes order, entries and account and
//! claims the cause.

mod absorb;
mod accept;
mod account;
mod cause;
mod currency;
mod day;
mod deciding;
mod document;
mod earning;
mod entry;
mod facts;
mod figures;
mod loyalty_command;
mod order;
mod order_entries;
mod payload;
mod points;
mod ports;
mod program;
mod publishing;
mod redemption;
mod spending;
mod standing;
mod told;
mod view;
mod webhook;

pub use absorb::{AbsorbError, Absorber, Outcome, decide};
pub use accept::{AcceptedRedemption, Counter, LoyaltyRefusal, REDEMPTIONS_MAX, Request, Wanting};
pub use account::{Account, AccountFull, Addition, LOTS_MAX, Lot, SPENT_DAYS_MAX, Spent};
pub use cause::{Cause, CauseKind};
pub use currency::{decimals, is_currency};
pub use day::Day;
pub use deciding::{DecideError, Decider, Delivery};
pub use earning::{Earned, EarnedLine, EarningError};
pub use entry::{EntryKey, EntryKind, LedgerEntry, Terms};
pub use facts::{
    Fact, ORDER_LINES_MAX, ORDER_REFUNDS_MAX, OrderFacts, OrderFull, OrderItem, Paid, PaidLine,
    REFUNDED_LINES_MAX, Reckoning, Refund,
};
pub use figures::{FIGURES_LAG_MS, Figures};
pub use loyalty_command::{LoyaltyAction, LoyaltyCommand, LoyaltyEvent, LoyaltyRecord};
pub use order::PaidOrder;
pub use order_entries::order_entries;
pub use payload::{Node, Object, PayloadError, Problem};
pub use points::{POINTS_MAX, Points};
pub use ports::{
    AccountRead, Accounts, CHANGE_ENTRIES_MAX, EntryPage, Guarded, LedgerChange, LedgerReader,
    LedgerStore, Loaded, LoyaltyLog, PAGE_ENTRIES_MAX, ProgramWriter, Programs, RewardCodes,
    TRANSACTION_ACTIONS_MAX, Wanted,
};
pub use program::{Earning, Program, ProgramVersion, Reward, Tier};
pub use publishing::{DESCRIPTION_BYTES_MAX, REWARDS_MAX, TIERS_MAX, TITLE_BYTES_MAX};
pub use redemption::{OVERDUE_MAX, Redemption, RedemptionItem, RewardCode, State};
pub use standing::{Balance, EXPIRING_MAX, Expiring, NextTier, Reading, Standing};
pub use told::Told;
pub use view::{View, view};
pub use webhook::{ORDERS_CANCELLED, ORDERS_PAID, REFUNDS_CREATE, Webhook};

//! The ledger: facts of orders, the entries computed from them, the account that sums them up, and
//! its standing at a moment.

pub(crate) mod absorb;
mod absorb_merge;
pub(crate) mod account;
mod account_figures;
pub(crate) mod cause;
pub(crate) mod entry;
pub(crate) mod facts;
pub(crate) mod merge;
pub(crate) mod order;
pub(crate) mod order_entries;
pub(crate) mod order_fact;
mod overlay;
pub(crate) mod paid;
mod reconcile;
pub(crate) mod reconciliation;
pub(crate) mod refund;
pub(crate) mod remaining_goods;
pub(crate) mod spending;
pub(crate) mod standing;
pub(crate) mod statement;
pub(crate) mod terms;
mod worth;

pub use absorb::{AbsorbError, Absorber, Outcome, decide};
pub use account::{Account, AccountFull, Addition, LOTS_MAX, Lot, SPENT_DAYS_MAX, Spent};
pub use cause::{Cause, CauseKind};
pub use entry::{EntryKey, EntryKind, LedgerEntry, OwnedEntry};
pub use facts::{
    Fact, LINE_TEXTS_BYTES_MAX, ORDER_REFUNDS_MAX, OrderEarning, OrderFacts, OrderFull, OrderItem,
    REFUNDED_LINES_MAX, TEXT_BYTES_MAX, TEXTS_MAX,
};
pub use merge::{CustomerMerge, MERGED_MAX, MERGED_REDEMPTIONS_MAX, MERGED_VERSION, Merged};
pub use order::{IMPORTED, PaidOrder};
pub use order_entries::order_entries;
pub use order_fact::OrderFact;
pub use paid::{Exchange, Paid, PaidLine};
pub use reconcile::{Comparison, CustomerDifference, Missing, StatedOrder, StatedPayload};
pub use reconciliation::{OVERLAP_MS, REACH_DAYS, Reconciliation, ReconciliationRun};
pub use refund::{Goodwill, Refund};
pub use standing::{Balance, EXPIRING_MAX, Expiring, FACT_LEAD_MS_MAX, Reading, Standing};
pub use statement::{STATEMENTS_MAX, Statement};
pub use terms::Terms;

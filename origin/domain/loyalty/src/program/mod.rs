//! The merchant's program: its document, its checks, its formulas, and what an order earns by it.

pub(crate) mod definition;
pub(crate) mod document;
pub(crate) mod dry_run;
pub(crate) mod earning;
pub(crate) mod figures;
pub(crate) mod formula;
pub(crate) mod publication;
pub(crate) mod publishing;
pub(crate) mod rules;
pub(crate) mod shares;
pub(crate) mod trial;

pub use definition::{
    Each, Earning, Multiplier, NextTier, Program, ProgramVersion, Reward, RewardKind, Rule, Tier,
    TierUnit, TiersBy,
};
pub use dry_run::{
    DRY_RUN_DAYS_MAX, DRY_RUN_HORIZON_DAYS, DRY_RUN_ORDERS_MAX, Difference, OrderHistory,
    PastOrder, PastOrders,
};
pub use earning::{Earned, EarnedLine, EarningError, RuleFailure, RulePoints};
pub use figures::{FIGURES_LAG_MS, Figures};
pub use formula::{Condition, EXPRESSION_BYTES_MAX, Failure, Formula, NESTING_MAX, STEPS_MAX};
pub use publication::{
    ACTIVATION_LEAD_MS, Activation, HISTORY_MAX, ProgramEvent, ProgramPublication, ProgramStore,
    PublicationRequest, activate, newest, publish,
};
pub use publishing::{
    DESCRIPTION_BYTES_MAX, DOCUMENT_BYTES_MAX, PERCENT_MAX, REWARDS_MAX, TIERS_MAX, TITLE_BYTES_MAX,
};
pub use rules::{MULTIPLIERS_MAX, RULES_MAX};
pub use shares::Shares;

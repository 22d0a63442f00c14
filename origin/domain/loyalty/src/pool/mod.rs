//! Pools of reward codes: codes that Shopify accepts, made before anyone needs them.
//!
//! ```text
//! reward and month ─► discount at Shopify ─► codes added in batches ─► confirmed ─► ready slots
//!                                                                                      │ claimed by the
//!                                                                                      ▼ ledger's transaction
//!                                                                       settled redemption ─► code shown
//! ```
//!
//! A pool numbers its codes: a slot is a number, and its code is a pure function of the shop's seed, the
//! pool and the number. So nothing stores or publishes a code, every attempt to make one makes the same
//! one, and a slot that Shopify already knows is recognised by asking which discount its code belongs to.

pub(crate) mod claiming;
pub(crate) mod code;
pub(crate) mod discount;
pub(crate) mod filling;

pub use claiming::{LOW_WATER, PoolSlot, SlotClaim, Supply};
pub use code::{CodeSeed, RewardCode};
pub use discount::{Combines, Discount, DiscountValue, PoolId, pools_due};
pub use filling::{
    Added, BATCH_CODES_MAX, CodesRanLow, Created, CreationId, DiscountId, FillError, Filled,
    Filler, POLLS_MAX, Pool,
};

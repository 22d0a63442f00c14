//! Redemptions and adjustments: commands, their acceptance, the decision on them, and the view of
//! a client with commands pending.

pub(crate) mod accept;
pub(crate) mod deciding;
pub(crate) mod lifecycle;
pub(crate) mod loyalty_command;
pub(crate) mod view;

pub use accept::{
    AcceptedRedemption, LoyaltyRejection, REDEMPTIONS_MAX, RewardRequest, adjust, redeem,
};
pub use deciding::{DecideError, Decider, Delivery, Fate};
pub use lifecycle::{OVERDUE_MAX, Redemption, RedemptionItem, State};
pub use loyalty_command::{LoyaltyAction, LoyaltyCommand, LoyaltyEvent};
pub use view::{View, read_entries, read_redemption};

//! Redemptions and adjustments: commands, their acceptance, the decision on them, and the view of
//! a client with commands pending.

pub(crate) mod accept;
pub(crate) mod deciding;
pub(crate) mod lifecycle;
pub(crate) mod loyalty_command;
pub(crate) mod view;

pub use accept::{
    AcceptedRedemption, CommandRequest, LoyaltyCommands, LoyaltyRejection, REDEMPTIONS_MAX,
    RewardRequest,
};
pub use deciding::{DecideError, Decider, Delivery, Fate};
pub use lifecycle::{OVERDUE_MAX, Redemption, RedemptionItem, RewardCode, State};
pub use loyalty_command::{LoyaltyAction, LoyaltyCommand, LoyaltyEvent, LoyaltyRecord};
pub use view::{View, view};

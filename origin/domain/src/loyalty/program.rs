//! The programme: what a merchant promises. Data, published in versions; a version never changes
//! and never reaches into the past.

use serde::{Deserialize, Serialize};

use super::points::Points;
use crate::money::Money;
use crate::time::{SECOND_MS, Time};

/// How long points are held for a redemption: half an hour is longer than any outage that is put
/// right by itself.
const HOLD_MS: u64 = 30 * 60 * SECOND_MS;

/// One version of the programme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramVersion {
    /// Counts publications; the first is 1.
    pub version: u64,
    /// From when on it applies. Later versions begin later.
    pub active_from: Time,
    /// What it says.
    pub program: Program,
}

/// What a merchant promises. [`Program::parse`] makes one of a document that has no mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// What customers know it as.
    pub title: String,
    /// The currency of the shop.
    pub currency: String,
    /// How points are earned.
    pub earning: Earning,
    /// Whole days for which points stay pending after the order.
    pub pending_days: u32,
    /// Whole days for which points stay available after that; `None`: for ever.
    pub expiry_days: Option<u32>,
    /// For how many days points count towards a tier, the day they are earned on included.
    pub window_days: u32,
    /// The tier of everybody.
    pub base_tier: Tier,
    /// The tiers above it, lowest first.
    pub higher_tiers: Vec<Tier>,
    /// What points can be redeemed for.
    pub rewards: Vec<Reward>,
}

/// How points are earned: `points` for every whole `per_amount`, and that share of a part of it
/// which makes a whole point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earning {
    /// So many points.
    pub points: u32,
    /// For so much money.
    pub per_amount: Money,
    /// The rule in the merchant's words.
    pub description: String,
    /// Whether buying a gift card earns points.
    pub gift_cards: bool,
    /// Whether test orders earn points.
    pub test_orders: bool,
}

/// A rung of the ladder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    /// Its id.
    pub id: String,
    /// What customers know it as.
    pub title: String,
    /// Points that must be earned within the window.
    pub threshold: Points,
}

/// What points can be redeemed for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reward {
    /// Its id.
    pub id: String,
    /// What customers know it as.
    pub title: String,
    /// What it costs.
    pub points: Points,
}

// === impl Program ===

impl Program {
    /// A reward that is offered.
    #[must_use]
    pub fn reward(&self, id: &str) -> Option<&Reward> {
        self.rewards.iter().find(|reward| reward.id == id)
    }

    /// How long points are held for a redemption at the longest.
    #[must_use]
    pub fn hold_ms(&self) -> u64 {
        HOLD_MS
    }

    /// Every tier, lowest first.
    pub fn tiers(&self) -> impl DoubleEndedIterator<Item = &Tier> {
        std::iter::once(&self.base_tier).chain(&self.higher_tiers)
    }

    /// The tier of somebody who earned `qualifying` points within the window.
    #[must_use]
    pub fn tier(&self, qualifying: Points) -> &Tier {
        let reached = self.tiers().rev().find(|tier| tier.threshold <= qualifying);
        reached.unwrap_or(&self.base_tier)
    }

    /// The tier above that, if there is one.
    #[must_use]
    pub fn next_tier(&self, qualifying: Points) -> Option<&Tier> {
        self.higher_tiers.iter().find(|tier| tier.threshold > qualifying)
    }
}

//! Loyalty programs as plain numbers. The program document and the oracle's arithmetic are both
//! derived from them.

use serde_json::json;

use crate::engine::Rng;

/// One program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Cents per point.
    pub(crate) per: i64,
    /// Cents per additional point in the gold tier.
    pub(crate) per_gold: i64,
    /// The points required for silver and gold.
    pub(crate) thresholds: [i64; 2],
    pub(crate) pending_days: u64,
    pub(crate) expiry_days: Option<u64>,
    pub(crate) window_days: u64,
    pub(crate) keep_days: u64,
    pub(crate) hold_minutes: u64,
    /// Rewards and their costs.
    pub(crate) rewards: Vec<(&'static str, i64)>,
}

/// The names of the tiers, lowest first.
pub(crate) const TIERS: [&str; 3] = ["bronze", "silver", "gold"];

/// The rewards that a program may offer.
const REWARDS: [&str; 4] = ["bell", "lamp", "lock", "bike"];

// === impl Plan ===

impl Plan {
    pub(crate) fn random(rng: &Rng) -> Self {
        let cost = rng.pick(&[8, 11, 15]);
        let always = rng.index(REWARDS.len());
        let offered = |at: &usize| *at == always || rng.coin();
        let offered: Vec<usize> = (0..REWARDS.len()).filter(offered).collect();
        let priced = |at: usize| (REWARDS[at], cost * [1, 4, 12, 30][at]);
        Self {
            per: rng.pick(&[100, 100, 50]),
            per_gold: rng.pick(&[100, 20]),
            thresholds: rng.pick(&[[30, 60], [10, 100], [500, 1_000]]),
            pending_days: rng.pick(&[0, 0, 1, 3]),
            expiry_days: rng.pick(&[None, Some(2), Some(5), Some(30)]),
            window_days: rng.pick(&[4, 20, 365]),
            keep_days: rng.pick(&[0, 0, 3]),
            hold_minutes: rng.pick(&[1, 30, 60]),
            rewards: offered.into_iter().map(priced).collect(),
        }
    }

    /// The cost of a reward, if it is offered.
    pub(crate) fn cost(&self, reward: &str) -> Option<i64> {
        self.rewards.iter().find(|(name, _)| *name == reward).map(|(_, points)| *points)
    }

    /// The program as it is published; `number` distinguishes two programs.
    pub(crate) fn document(&self, number: usize) -> String {
        let reward = |(id, points): &(&str, i64)| json!({"id": id, "title": id, "points": points});
        let tier = |at: usize, threshold: i64| {
            let id = TIERS[at];
            json!({"id": id, "title": id, "threshold": threshold})
        };
        let rule = |id: &str, per: i64| {
            let points = "line.amount";
            json!({"id": id, "title": id, "each": "line", "points": points, "per": per})
        };
        let mut gold = rule("gold", self.per_gold);
        gold["if"] = json!("customer.tier == 'gold'");
        let mut document = json!({
            "title": format!("Plan {number}"), "currency": "EUR",
            "earning": {"description": "Points.", "rules": [rule("all", self.per), gold]},
            "pending_days": self.pending_days, "window_days": self.window_days,
            "tier_keep_days": self.keep_days, "hold_minutes": self.hold_minutes,
            "tiers": [tier(0, 0), tier(1, self.thresholds[0]), tier(2, self.thresholds[1])],
            "rewards": self.rewards.iter().map(reward).collect::<Vec<_>>(),
        });
        if let Some(days) = self.expiry_days {
            document["expiry_days"] = json!(days);
        }
        document.to_string()
    }
}

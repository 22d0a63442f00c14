//! Reading a programme as a merchant writes it. Every mistake is listed with its place; nothing
//! unknown, missing or contradictory passes.
//!
//! ```json
//! {"title": "Riders", "currency": "EUR",
//!  "earning": {"points": 1, "per_amount": 100, "description": "1 point for every euro."},
//!  "pending_days": 14, "expiry_days": 365, "window_days": 365,
//!  "tiers": [{"id": "bronze", "title": "Bronze", "threshold": 0}],
//!  "rewards": [{"id": "bell", "title": "A bell", "points": 250}]}
//! ```
//!
//! `per_amount` is in minor units. Without `expiry_days` points never expire; `earning.gift_cards`
//! and `earning.test_orders` are false unless stated.

use serde_json::Value;

use super::document::{Members, Reader};
use super::points::Points;
use super::program::{Earning, Program, Reward, Tier};
use crate::configurator::Mistake;
use crate::money::Money;

/// Most tiers: nobody remembers more.
pub const TIERS_MAX: usize = 20;
/// Most rewards: they are sent as one answer.
pub const REWARDS_MAX: usize = 200;
/// Longest title in bytes.
pub const TITLE_BYTES_MAX: usize = 200;
/// Longest description in bytes.
pub const DESCRIPTION_BYTES_MAX: usize = 2_000;
/// Most points per amount, so that no order's points pass the range of numbers.
const EARNING_POINTS_MAX: u32 = 1_000_000;
/// Largest amount that points are given for, in minor units.
const PER_AMOUNT_MAX: u32 = 1_000_000_000;
/// Most days of any period: ten years.
const DAYS_MAX: u32 = 3_650;

// === impl Program ===

impl Program {
    /// Reads a programme.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        let mut reader = Reader::default();
        let document = serde_json::from_str(text).map_err(|error| {
            vec![Mistake { field: String::new(), message: format!("is not JSON: {error}") }]
        })?;
        match reader.program(&document) {
            Some(program) if reader.mistakes.is_empty() => Ok(program),
            _ => Err(reader.mistakes),
        }
    }
}

// === impl Reader ===

impl Reader {
    fn program(&mut self, document: &Value) -> Option<Program> {
        const KNOWN: [&str; 8] = [
            "title",
            "currency",
            "earning",
            "pending_days",
            "expiry_days",
            "window_days",
            "tiers",
            "rewards",
        ];
        let all = self.members("", document, &KNOWN)?;
        let title = self.text(&all, "title", TITLE_BYTES_MAX);
        let currency = self.currency(&all);
        let earning = self.earning(&all);
        let pending_days = self.whole(&all, "pending_days", 0, DAYS_MAX);
        let expiry_days = match all.members.get("expiry_days") {
            None | Some(Value::Null) => Some(None),
            Some(_) => self.whole(&all, "expiry_days", 1, DAYS_MAX).map(Some),
        };
        let window_days = self.whole(&all, "window_days", 1, DAYS_MAX);
        let tiers = self.list(&all, "tiers", TIERS_MAX, Self::tier);
        self.check_tiers(&tiers);
        let rewards = self.list(&all, "rewards", REWARDS_MAX, Self::reward);
        self.check_ids("rewards", rewards.iter().map(|reward| reward.as_ref().map(|r| &*r.id)));
        let mut tiers = tiers.into_iter().collect::<Option<Vec<_>>>()?.into_iter();
        Some(Program {
            title: title?,
            currency: currency?,
            earning: earning?,
            pending_days: pending_days?,
            expiry_days: expiry_days?,
            window_days: window_days?,
            base_tier: tiers.next()?,
            higher_tiers: tiers.collect(),
            rewards: rewards.into_iter().collect::<Option<_>>()?,
        })
    }

    fn earning(&mut self, all: &Members<'_>) -> Option<Earning> {
        const KNOWN: [&str; 5] =
            ["points", "per_amount", "description", "gift_cards", "test_orders"];
        let Some(value) = all.members.get("earning") else {
            self.wrong(all.pointer_of("earning"), "is missing");
            return None;
        };
        let earning = self.members(&all.pointer_of("earning"), value, &KNOWN)?;
        let points = self.whole(&earning, "points", 1, EARNING_POINTS_MAX);
        let per_amount = self.whole(&earning, "per_amount", 1, PER_AMOUNT_MAX);
        let description = self.text(&earning, "description", DESCRIPTION_BYTES_MAX);
        let gift_cards = self.flag(&earning, "gift_cards");
        let test_orders = self.flag(&earning, "test_orders");
        Some(Earning {
            points: points?,
            per_amount: Money(i64::from(per_amount?)),
            description: description?,
            gift_cards: gift_cards?,
            test_orders: test_orders?,
        })
    }

    fn tier(&mut self, pointer: &str, value: &Value) -> Option<Tier> {
        let tier = self.members(pointer, value, &["id", "title", "threshold"])?;
        let id = self.id(&tier);
        let title = self.text(&tier, "title", TITLE_BYTES_MAX);
        let threshold = self.points(&tier, "threshold", 0);
        Some(Tier { id: id?, title: title?, threshold: threshold? })
    }

    fn reward(&mut self, pointer: &str, value: &Value) -> Option<Reward> {
        let reward = self.members(pointer, value, &["id", "title", "points"])?;
        let id = self.id(&reward);
        let title = self.text(&reward, "title", TITLE_BYTES_MAX);
        let points = self.points(&reward, "points", 1);
        Some(Reward { id: id?, title: title?, points: points? })
    }

    /// Everybody has a tier, and each tier is above the one before.
    fn check_tiers(&mut self, tiers: &[Option<Tier>]) {
        match tiers.first() {
            None => self.wrong("/tiers".to_owned(), "needs at least the tier of everybody"),
            Some(Some(base)) if base.threshold != Points::ZERO => {
                self.wrong("/tiers/0/threshold".to_owned(), "must be 0: it is everybody's tier");
            }
            Some(_) => {}
        }
        for (index, pair) in tiers.windows(2).enumerate() {
            if let [Some(lower), Some(higher)] = pair
                && higher.threshold <= lower.threshold
            {
                let message = format!("must be above {}, the tier before", lower.threshold.0);
                self.wrong(format!("/tiers/{}/threshold", index + 1), message);
            }
        }
        self.check_ids("tiers", tiers.iter().map(|tier| tier.as_ref().map(|tier| &*tier.id)));
    }
}

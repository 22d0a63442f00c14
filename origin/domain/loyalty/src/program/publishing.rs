//! Reading a program as a merchant writes it. Every mistake is listed with its place: unknown,
//! missing or contradictory members, and expressions that fail on an ordinary order.
//!
//! ```json
//! {"title": "Riders", "currency": "EUR",
//!  "earning": {
//!    "description": "1 point for every euro, twice that on helmets.",
//!    "multipliers": [{"id": "helmets", "title": "Double points on helmets",
//!                     "if": "line.sku.startsWith('HELMET-')", "percent": 200}],
//!    "rules": [{"id": "euro", "title": "1 point for every euro",
//!               "each": "line", "points": "line.amount", "per": 100}]},
//!  "pending_days": 14, "expiry_days": 365, "window_days": 365,
//!  "tiers": [{"id": "bronze", "title": "Bronze", "threshold": 0}],
//!  "rewards": [{"id": "bell", "title": "A bell", "points": 250}]}
//! ```
//!
//! Amounts are in minor units. Optional are `expiry_days` (points never expire), `hold_minutes`
//! (30), `tiers_by` (`customer.points`), `tier_keep_days` (0), a reward's `kind` (`other`),
//! `combines_with` (a list of `order`, `product` and `shipping`: the discounts its codes may be used
//! with; none) and `valid_months` (12), a rule's `if` and `per` (1), `multipliers`, `gift_cards` and
//! `test_orders` (false).

use domain_core::authoring::Mistake;
use domain_core::money::Money;
use domain_core::time::MINUTE_MS;
use serde_json::Value;

use super::definition::{Program, Reward, RewardKind, Tier, TierUnit, TiersBy};
use super::document::{Members, Reader};
use super::formula::{Checked, View, formula};
use crate::pool::Combines;

/// Most tiers: customers don't remember more.
pub const TIERS_MAX: usize = 20;
/// Most rewards: they are sent in one response.
pub const REWARDS_MAX: usize = 200;
/// Longest title in bytes.
pub const TITLE_BYTES_MAX: usize = 200;
/// Longest description in bytes.
pub const DESCRIPTION_BYTES_MAX: usize = 2_000;
/// Longest document in bytes: with all its texts at their longest it would be twice that, but real
/// ones are far smaller. It is stored as one item, which holds 400 KB.
pub const DOCUMENT_BYTES_MAX: usize = 256 * 1024;
/// Most percent of a multiplier: a hundred times.
pub const PERCENT_MAX: u32 = 10_000;
/// Largest amount off, in minor units.
const AMOUNT_OFF_MAX: u32 = 1_000_000_000;
/// How long points stay held unless the program says otherwise.
const HOLD_MINUTES: u32 = 30;
/// For how many whole months codes are valid unless the program says otherwise.
const VALID_MONTHS: u32 = 12;
/// Longest validity of codes: ten years.
const VALID_MONTHS_MAX: u32 = 120;
/// Longest time a tier is retained: a year, each day of which every reading evaluates.
const TIER_KEEP_DAYS_MAX: u32 = 366;
/// Longest hold: a day.
const HOLD_MINUTES_MAX: u32 = 1_440;
/// Most days of any period: ten years.
const DAYS_MAX: u32 = 3_650;

// === impl Program ===

impl Program {
    /// Reads a program to publish.
    ///
    /// # Errors
    /// All its mistakes; failures on sample orders only if there are no others.
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        let program = Self::read(text)?;
        let failures = program.failures_on_samples();
        if failures.is_empty() { Ok(program) } else { Err(failures) }
    }

    /// Reads a program that was published, perhaps before the sample orders of today existed.
    #[must_use]
    pub fn stored(text: &str) -> Option<Self> {
        Self::read(text).ok()
    }

    fn read(text: &str) -> Result<Self, Vec<Mistake>> {
        let of_all = |message| vec![Mistake { field: String::new(), message }];
        if text.len() > DOCUMENT_BYTES_MAX {
            return Err(of_all(format!("is longer than {DOCUMENT_BYTES_MAX} bytes")));
        }
        let document =
            serde_json::from_str(text).map_err(|error| of_all(format!("is not JSON: {error}")))?;
        let mut reader = Reader::default();
        match reader.program(&document) {
            Some(program) if reader.mistakes.is_empty() => Ok(program),
            _ => Err(reader.mistakes),
        }
    }
}

// === impl Reader ===

impl Reader {
    fn program(&mut self, document: &Value) -> Option<Program> {
        const KNOWN: [&str; 11] = [
            "title",
            "currency",
            "earning",
            "pending_days",
            "expiry_days",
            "hold_minutes",
            "window_days",
            "tiers_by",
            "tier_keep_days",
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
        let hold_minutes = self.whole_or(&all, "hold_minutes", HOLD_MINUTES, HOLD_MINUTES_MAX);
        let window_days = self.whole(&all, "window_days", 1, DAYS_MAX);
        let tiers_by = self.tiers_by(&all);
        let tier_keep_days = match all.members.get("tier_keep_days") {
            None => Some(0),
            Some(_) => self.whole(&all, "tier_keep_days", 0, TIER_KEEP_DAYS_MAX),
        };
        let tiers = self.list(&all, "tiers", TIERS_MAX, Self::tier);
        self.check_tiers(&tiers);
        let rewards = self.list(&all, "rewards", REWARDS_MAX, Self::reward);
        self.check_ids("/rewards", rewards.iter().map(|reward| reward.as_ref().map(|r| &*r.id)));
        let mut tiers = tiers.into_iter().collect::<Option<Vec<_>>>()?.into_iter();
        Some(Program {
            title: title?,
            currency: currency?,
            earning: earning?,
            pending_days: pending_days?,
            expiry_days: expiry_days?,
            hold_ms: u64::from(hold_minutes?) * MINUTE_MS,
            window_days: window_days?,
            tiers_by: tiers_by?,
            tier_keep_days: tier_keep_days?,
            base_tier: tiers.next()?,
            higher_tiers: tiers.collect(),
            rewards: rewards.into_iter().collect::<Option<_>>()?,
        })
    }

    fn tiers_by(&mut self, all: &Members<'_>) -> Option<TiersBy> {
        const DEFAULT: &str = "customer.points";
        let source = match all.members.get("tiers_by") {
            None => DEFAULT,
            Some(Value::String(source)) => source,
            Some(_) => {
                self.report(all.pointer_of("tiers_by"), "must be a text: a formula");
                return None;
            }
        };
        let unit = match source.trim() {
            DEFAULT => TierUnit::Points,
            "customer.spend" => TierUnit::Spend,
            "customer.orders" => TierUnit::Orders,
            _ => TierUnit::Own,
        };
        let checked = formula(source, View::Figures);
        let formula = self.checked(all.pointer_of("tiers_by"), checked)?;
        Some(TiersBy { formula, unit })
    }

    /// The checked expression, or `None` with its mistakes reported.
    pub(super) fn checked<T>(&mut self, pointer: String, checked: Checked<T>) -> Option<T> {
        match checked {
            Ok(checked) => Some(checked),
            Err(messages) => {
                messages.into_iter().for_each(|message| self.report(pointer.clone(), message));
                None
            }
        }
    }

    fn tier(&mut self, pointer: &str, value: &Value) -> Option<Tier> {
        let tier = self.members(pointer, value, &["id", "title", "threshold"])?;
        let id = self.id(&tier);
        let title = self.text(&tier, "title", TITLE_BYTES_MAX);
        let threshold = self.points(&tier, "threshold", 0);
        Some(Tier { id: id?, title: title?, threshold: threshold?.0 })
    }

    fn reward(&mut self, pointer: &str, value: &Value) -> Option<Reward> {
        const KNOWN: [&str; 8] =
            ["id", "title", "points", "kind", "amount", "percent", "combines_with", "valid_months"];
        let reward = self.members(pointer, value, &KNOWN)?;
        let id = self.id(&reward);
        let title = self.text(&reward, "title", TITLE_BYTES_MAX);
        let points = self.points(&reward, "points", 1);
        let kind = self.reward_kind(&reward);
        let combines = self.combines(&reward, kind);
        let valid_months =
            self.whole_or(&reward, "valid_months", VALID_MONTHS, VALID_MONTHS_MAX)?;
        let (id, title, points, kind) = (id?, title?, points?, kind?);
        Some(Reward { id, title, points, kind, combines: combines?, valid_months })
    }

    fn combines(&mut self, reward: &Members<'_>, kind: Option<RewardKind>) -> Option<Combines> {
        let mut combines = Combines::default();
        let Some(classes) = reward.members.get("combines_with") else { return Some(combines) };
        let pointer = reward.pointer_of("combines_with");
        let Some(classes) = classes.as_array().filter(|classes| classes.len() <= 3) else {
            self.report(pointer, "must be a list of order, product and shipping");
            return None;
        };
        for (index, class) in classes.iter().enumerate() {
            let flag = match class.as_str() {
                Some("order") => &mut combines.order,
                Some("product") => &mut combines.product,
                Some("shipping") => &mut combines.shipping,
                _ => {
                    self.report(format!("{pointer}/{index}"), "must be order, product or shipping");
                    return None;
                }
            };
            if class == "shipping" && kind == Some(RewardKind::FreeShipping) {
                let message = "is not possible: Shopify combines free shipping with no other";
                self.report(format!("{pointer}/{index}"), message);
            }
            if std::mem::replace(flag, true) {
                self.report(format!("{pointer}/{index}"), "is repeated");
            }
        }
        Some(combines)
    }

    fn reward_kind(&mut self, reward: &Members<'_>) -> Option<RewardKind> {
        let (kind, own) = match reward.members.get("kind").map(|kind| kind.as_str()) {
            Some(Some("amount_off")) => {
                let amount = self.whole(reward, "amount", 1, AMOUNT_OFF_MAX);
                (amount.map(|amount| RewardKind::AmountOff(Money(amount.into()))), "amount")
            }
            Some(Some("percent_off")) => {
                (self.whole(reward, "percent", 1, 100).map(RewardKind::PercentOff), "percent")
            }
            Some(Some("free_shipping")) => (Some(RewardKind::FreeShipping), ""),
            None | Some(Some("other")) => (Some(RewardKind::Other), ""),
            Some(_) => {
                let message = "must be amount_off, percent_off, free_shipping or other";
                self.report(reward.pointer_of("kind"), message);
                return None;
            }
        };
        for key in ["amount", "percent"] {
            if key != own && reward.members.contains_key(key) {
                self.report(reward.pointer_of(key), "does not belong to this kind of reward");
            }
        }
        kind
    }

    /// Every customer has a tier, and each tier is above the one before.
    fn check_tiers(&mut self, tiers: &[Option<Tier>]) {
        match tiers.first() {
            None => self.report("/tiers".to_owned(), "needs at least the tier of every customer"),
            Some(Some(base)) if base.threshold != 0 => {
                self.report(
                    "/tiers/0/threshold".to_owned(),
                    "must be 0: it is every customer's tier",
                );
            }
            Some(_) => {}
        }
        for (index, pair) in tiers.windows(2).enumerate() {
            if let [Some(lower), Some(higher)] = pair
                && higher.threshold <= lower.threshold
            {
                let message = format!("must be above {}, the tier before", lower.threshold);
                self.report(format!("/tiers/{}/threshold", index + 1), message);
            }
        }
        self.check_ids("/tiers", tiers.iter().map(|tier| tier.as_ref().map(|tier| &*tier.id)));
    }
}

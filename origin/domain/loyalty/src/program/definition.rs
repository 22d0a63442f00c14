//! The program: what a merchant promises. It is data, published in versions; a version never
//! changes and never applies to earlier orders.

use std::sync::Arc;

use domain_core::money::Money;
use domain_core::time::Time;

use super::figures::Figures;
use super::formula::{Condition, Formula, Subject};
use crate::day::Day;
use crate::ledger::terms::Terms;
use crate::points::Points;
use crate::pool::Combines;

/// The version of the program in effect, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramVersion {
    /// Counts activations: the later of two has the higher number.
    pub activation: u64,
    /// The version: the number of the activation that it was published with.
    pub version: u64,
    /// From when on it applies, until the next does.
    pub active_from: Time,
    /// The program itself.
    pub program: Arc<Program>,
}

/// What a merchant promises. [`Program::parse`] makes one of a document without mistakes; its
/// expressions are compiled, so a version is parsed once and evaluated for every order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Its title for customers.
    pub title: String,
    /// The currency of the shop.
    pub currency: String,
    /// How points are earned.
    pub earning: Earning,
    /// Whole days for which points stay pending after the order.
    pub pending_days: u32,
    /// Whole days for which points stay available after that; `None`: forever.
    pub expiry_days: Option<u32>,
    /// For how long points stay held for a redemption that nothing settles.
    pub hold_ms: u64,
    /// For how many days orders count towards a tier, the day they are placed on included.
    pub window_days: u32,
    /// The measure of tiers.
    pub tiers_by: TiersBy,
    /// For how many days a tier is retained after the figures fall below it; 0: not at all.
    pub tier_keep_days: u32,
    /// The lowest tier, which every customer has.
    pub base_tier: Tier,
    /// The tiers above it, lowest first.
    pub higher_tiers: Vec<Tier>,
    /// The rewards for points.
    pub rewards: Vec<Reward>,
}

/// How points are earned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earning {
    /// A summary in the merchant's words.
    pub description: String,
    /// Whether buying a gift card earns points.
    pub gift_cards: bool,
    /// Whether test orders earn points.
    pub test_orders: bool,
    /// Lines that count for more or less; the first one that matches a line counts.
    pub multipliers: Vec<Multiplier>,
    /// Each rule gives its own points.
    pub rules: Vec<Rule>,
}

/// Lines whose points count for more or less.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Multiplier {
    /// Its id.
    pub id: String,
    /// Its title for customers.
    pub title: String,
    /// Which lines.
    pub condition: Condition,
    /// For how much they count: 200 is twice.
    pub percent: u32,
}

/// One way to earn points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub id: String,
    /// Its title for customers.
    pub title: String,
    /// The subject of its formula.
    pub each: Each,
    /// When it applies; `None`: always.
    pub condition: Option<Condition>,
    /// How many points it gives, `per` times over.
    pub points: Formula,
    /// The divisor of the sum of its points; rounded down once per order.
    pub per: u32,
}

/// The subject of a rule's formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Each {
    /// The order as a whole.
    Order,
    /// Each line of it.
    Line,
}

/// The measure of tiers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TiersBy {
    /// The formula over a customer's figures.
    pub formula: Formula,
    /// The unit of its values.
    pub unit: TierUnit,
}

/// The units of the thresholds of tiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TierUnit {
    /// Points earned.
    Points,
    /// Money spent, in minor units.
    Spend,
    /// Orders paid.
    Orders,
    /// The merchant's own unit.
    Own,
}

/// A tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// Its id.
    pub id: String,
    /// Its title for customers.
    pub title: String,
    /// The value to reach within the window, in the unit of [`TiersBy`].
    pub threshold: i64,
}

/// The distance to a tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextTier {
    /// Its id.
    pub id: String,
    /// Its title for customers.
    pub title: String,
    /// The value still missing, in the unit of [`TiersBy`].
    pub remaining: i64,
}

/// A reward for points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reward {
    /// Its id.
    pub id: String,
    /// Its title for customers.
    pub title: String,
    /// Its cost.
    pub points: Points,
    /// Its kind.
    pub kind: RewardKind,
    /// With which other discounts its codes may be used.
    pub combines: Combines,
    /// For how many whole months after the one it was given in a code is valid.
    pub valid_months: u32,
}

/// The kinds of rewards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RewardKind {
    /// An amount off an order.
    AmountOff(Money),
    /// A percentage off an order.
    PercentOff(u32),
    /// Free shipping.
    FreeShipping,
    /// Described by its title only.
    Other,
}

// === impl Program ===

impl Program {
    /// A reward that is offered.
    #[must_use]
    pub fn reward(&self, id: &str) -> Option<&Reward> {
        self.rewards.iter().find(|reward| reward.id == id)
    }

    /// Every tier, lowest first.
    pub fn tiers(&self) -> impl DoubleEndedIterator<Item = &Tier> {
        std::iter::once(&self.base_tier).chain(&self.higher_tiers)
    }

    /// The tier of a customer with these figures.
    #[must_use]
    pub fn tier(&self, figures: &Figures) -> &Tier {
        let reached = self.qualifying(figures);
        let tier = self.tiers().rev().find(|tier| tier.threshold <= reached);
        tier.unwrap_or(&self.base_tier)
    }

    /// The highest tier of a customer who had these figures, one after the other.
    #[must_use]
    pub fn highest_tier(&self, figures: impl Iterator<Item = Figures>) -> &Tier {
        let tiers = figures.map(|figures| self.tier(&figures));
        tiers.max_by_key(|tier| tier.threshold).unwrap_or(&self.base_tier)
    }

    /// The tier above one, if there is one, and how far a customer with these figures is from it.
    #[must_use]
    pub fn next_tier(&self, tier: &Tier, figures: &Figures) -> Option<NextTier> {
        let reached = self.qualifying(figures);
        let next = self.higher_tiers.iter().find(|next| next.threshold > tier.threshold)?;
        Some(NextTier {
            id: next.id.clone(),
            title: next.title.clone(),
            remaining: next.threshold.saturating_sub(reached),
        })
    }

    /// The value of these figures for tiers; 0 if the formula fails.
    fn qualifying(&self, figures: &Figures) -> i64 {
        let subject = Subject::of_figures(*figures);
        self.tiers_by.formula.value(&subject, None).unwrap_or(0).max(0)
    }

    /// When points given at `at` count: at once, and for as long as others do.
    #[must_use]
    pub fn terms_of_gift(&self, at: Time) -> Terms {
        let expires_on = self.expiry_days.map(|days| Day::first_from(at).plus(days));
        Terms { expires_on, ..Terms::without_expiry(at) }
    }

    /// When points earned at `at` count. Days are whole ones: they begin with the first midnight
    /// (UTC) after the order, so that no customer gets less than was promised.
    #[must_use]
    pub fn terms(&self, at: Time) -> Terms {
        let available_on = Day::first_from(at).plus(self.pending_days);
        Terms {
            earned_on: Day::of(at),
            available_on: (self.pending_days > 0).then_some(available_on),
            expires_on: self.expiry_days.map(|days| available_on.plus(days)),
        }
    }
}

// === impl TierUnit ===

impl TierUnit {
    /// Its name in answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Points => "points",
            Self::Spend => "spend",
            Self::Orders => "orders",
            Self::Own => "own",
        }
    }
}

// === impl RewardKind ===

impl RewardKind {
    /// Its name in documents and answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AmountOff(_) => "amount_off",
            Self::PercentOff(_) => "percent_off",
            Self::FreeShipping => "free_shipping",
            Self::Other => "other",
        }
    }
}

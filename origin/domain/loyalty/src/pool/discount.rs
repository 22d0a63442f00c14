//! The discount behind a pool: what Shopify is to give for a code.

use domain_core::currency::decimals;
use domain_core::id::{digest, hex};
use domain_core::time::{DAY_MS, Time};
use serde::{Deserialize, Serialize};

use crate::program::definition::{Reward, RewardKind};

/// How long before a month its pools are filled.
const AHEAD_MS: u64 = 3 * DAY_MS;

/// Names a pool: `{reward}/{month}/{digest of the terms}`. Another value of the same reward is another
/// pool.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PoolId(String);

/// The discount of one reward and month. All of its codes end together, because Shopify's discounts have
/// one end each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discount {
    /// The pool of its codes.
    pub pool: PoolId,
    /// What the merchant's staff see at Shopify.
    pub title: String,
    /// What a code is worth.
    pub value: DiscountValue,
    /// With which other discounts a code may be used.
    pub combines: Combines,
    /// When codes become valid: the beginning of the month, or earlier.
    pub starts_at: Time,
    /// When they end.
    pub ends_at: Time,
}

/// What a code is worth, in Shopify's notation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiscountValue {
    /// A decimal amount off the order.
    Amount(String),
    /// Whole percent off the order.
    Percent(u32),
    /// Free shipping.
    FreeShipping,
}

/// The classes of discounts that a code may be used together with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Combines {
    /// Those on orders.
    pub order: bool,
    /// Those on products.
    pub product: bool,
    /// Those on shipping.
    pub shipping: bool,
}

// === impl PoolId ===

impl PoolId {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of its reward, which has no slash.
    #[must_use]
    pub fn reward(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }
}

impl std::fmt::Display for PoolId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

// === impl Discount ===

impl Discount {
    /// The discount of a reward for codes that are given out at `at`; `None` if Shopify can't give the
    /// reward, because only its title describes it.
    #[must_use]
    pub fn of(reward: &Reward, currency: &str, at: Time) -> Option<Self> {
        let value = match reward.kind {
            RewardKind::AmountOff(amount) => {
                DiscountValue::Amount(amount.to_decimal(decimals(currency)))
            }
            RewardKind::PercentOff(percent) => DiscountValue::Percent(percent),
            RewardKind::FreeShipping => DiscountValue::FreeShipping,
            RewardKind::Other => return None,
        };
        let month = Month::of(at);
        let combines = reward.combines;
        let (starts_at, ends_at) = (month.start(), month.plus(reward.valid_months + 1).start());
        let terms = format!("{value:?} {combines:?} {}", ends_at.0);
        let terms = digest("forecourt/pool-terms/1", &[terms.as_bytes()]);
        let pool = PoolId(format!("{}/{month}/{}", reward.id, &hex(&terms)[..8]));
        let title = format!("Forecourt: {} ({month})", reward.title);
        // Clocks differ: a code that is given out in the first seconds of a month is valid.
        let starts_at = starts_at.minus_ms(DAY_MS);
        Some(Self { pool, title, value, combines, starts_at, ends_at })
    }
}

/// The discounts of a reward that need codes at `now`: this month's, and soon the next one's.
#[must_use]
pub fn pools_due(reward: &Reward, currency: &str, now: Time) -> Vec<Discount> {
    let mut due: Vec<Discount> = [now, now.plus_ms(AHEAD_MS)]
        .into_iter()
        .filter_map(|at| Discount::of(reward, currency, at))
        .collect();
    due.dedup();
    due
}

/// A calendar month in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Month {
    /// Months since January of year 0.
    number: u32,
}

// === impl Month ===

impl Month {
    fn of(at: Time) -> Self {
        let text = at.to_rfc3339();
        let part = |range| text.get(range).and_then(|part: &str| part.parse::<u32>().ok());
        let (year, month) = (part(0..4).unwrap_or(9999), part(5..7).unwrap_or(12));
        Self { number: year * 12 + month - 1 }
    }

    fn plus(self, months: u32) -> Self {
        Self { number: self.number + months }
    }

    fn start(self) -> Time {
        Time::from_rfc3339(&format!("{self}-01T00:00:00Z")).unwrap_or(Time(u64::MAX))
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:04}-{:02}", self.number / 12, self.number % 12 + 1)
    }
}

#[cfg(test)]
mod tests {
    use domain_core::money::Money;
    use domain_core::time::Time;

    use super::{Combines, Discount, DiscountValue, pools_due};
    use crate::points::Points;
    use crate::program::definition::{Reward, RewardKind};

    fn reward(kind: RewardKind) -> Reward {
        Reward {
            id: "five".to_owned(),
            title: "5 off".to_owned(),
            points: Points(500),
            kind,
            combines: Combines::default(),
            valid_months: 12,
        }
    }

    fn time(text: &str) -> Time {
        Time::from_rfc3339(text).unwrap()
    }

    #[test]
    fn a_code_of_any_day_of_a_month_is_valid_for_as_many_whole_months() {
        let five = reward(RewardKind::AmountOff(Money(505)));
        for at in ["2026-12-01T00:00:00Z", "2026-12-31T23:59:59.999Z"] {
            let discount = Discount::of(&five, "EUR", time(at)).unwrap();
            assert_eq!(discount.starts_at, time("2026-11-30T00:00:00Z"));
            assert_eq!(discount.ends_at, time("2028-01-01T00:00:00Z"), "12 months after December");
            assert_eq!(discount.value, DiscountValue::Amount("5.05".to_owned()));
            assert_eq!(discount.title, "Forecourt: 5 off (2026-12)");
            assert!(discount.pool.as_str().starts_with("five/2026-12/"), "{}", discount.pool);
            assert_eq!(discount.pool.reward(), "five");
        }
    }

    #[test]
    fn another_value_or_currency_is_another_pool_and_another_title_is_not() {
        let at = time("2026-12-05T00:00:00Z");
        let of = |reward: &Reward, currency| Discount::of(reward, currency, at).unwrap().pool;
        let five = reward(RewardKind::AmountOff(Money(500)));
        let same = Reward { title: "Five off".to_owned(), points: Points(9), ..five.clone() };
        assert_eq!(of(&five, "EUR"), of(&same, "EUR"));
        let ten = Reward { kind: RewardKind::AmountOff(Money(1_000)), ..five.clone() };
        assert_ne!(of(&five, "EUR"), of(&ten, "EUR"));
        assert_ne!(of(&five, "EUR"), of(&five, "JPY"));
        let combines = Combines { shipping: true, ..Combines::default() };
        assert_ne!(of(&five, "EUR"), of(&Reward { combines, ..five.clone() }, "EUR"));
        assert_ne!(of(&five, "EUR"), of(&Reward { valid_months: 1, ..five.clone() }, "EUR"));
    }

    #[test]
    fn the_next_months_pool_is_due_three_days_before_it() {
        let ship = reward(RewardKind::FreeShipping);
        let due = |at| pools_due(&ship, "EUR", time(at)).len();
        assert_eq!((due("2026-12-28T23:59:59Z"), due("2026-12-29T00:00:00Z")), (1, 2));
        assert_eq!(pools_due(&reward(RewardKind::Other), "EUR", time("2026-12-29T00:00:00Z")), []);
    }
}

//! Dollars as whole picodollars: the smallest price (a millisecond of the smallest function) has
//! ten decimals, and money is never a float.

use std::fmt;
use std::iter::Sum;
use std::ops::Add;

use serde::{Deserialize, Serialize};

use crate::error::CostError;

/// Decimals of a parsed number.
const DECIMALS: u32 = 12;
/// Units of the twelfth decimal in one.
const ONE: i128 = 10_i128.pow(DECIMALS);
/// Most digits before the point: a thousand billion of anything.
const WHOLE_DIGITS_MAX: usize = 15;

/// A number written in decimals, exact to the twelfth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Decimal(i128);

/// An amount of US dollars, in picodollars.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dollars(pub i128);

/// Rupees for a dollar on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExchangeRate {
    /// Rupees per dollar.
    pub inr_per_usd: Decimal,
    /// The day of the rate.
    pub date: String,
}

// === impl Decimal ===

impl Decimal {
    /// Reads `0.0000166667`: digits, perhaps a point and at most twelve more.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
        let is_short = whole.len() <= WHOLE_DIGITS_MAX && fraction.len() <= DECIMALS as usize;
        if !is_digits(whole) || !is_digits(fraction) || !is_short {
            return None;
        }
        let places = DECIMALS - u32::try_from(fraction.len()).ok()?;
        let fraction = fraction.parse::<i128>().ok()? * 10_i128.pow(places);
        Some(Self(whole.parse::<i128>().ok()? * ONE + fraction))
    }

    /// A whole number in units of the twelfth decimal.
    #[must_use]
    pub(crate) fn units(number: i128) -> i128 {
        number * ONE
    }

    /// As dollars.
    #[must_use]
    pub fn dollars(self) -> Dollars {
        Dollars(self.0)
    }
}

impl TryFrom<String> for Decimal {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("is not a number")
    }
}

impl From<Decimal> for String {
    fn from(number: Decimal) -> Self {
        number.to_string()
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fraction = format!("{:012}", self.0 % ONE);
        match fraction.trim_end_matches('0') {
            "" => write!(out, "{}", self.0 / ONE),
            fraction => write!(out, "{}.{fraction}", self.0 / ONE),
        }
    }
}

// === impl Dollars ===

impl Dollars {
    /// The cost of `quantity` at this price for every `per`, to the nearest picodollar.
    #[must_use]
    pub fn for_quantity(self, quantity: u128, per: u128) -> Self {
        let exact = self.0 * i128::try_from(quantity).unwrap_or(i128::MAX / ONE);
        Self(nearest(exact, i128::try_from(per).unwrap_or(i128::MAX)))
    }

    /// In whole cents, to the nearest.
    #[must_use]
    pub fn cents(self) -> i128 {
        nearest(self.0, ONE / 100)
    }

    /// In whole rupees, to the nearest.
    #[must_use]
    pub fn rupees(self, rate: &ExchangeRate) -> i128 {
        nearest(self.0 * rate.inr_per_usd.0, ONE * ONE)
    }

    /// The share of `whole`, in tenths of a per cent.
    #[must_use]
    pub fn per_mille_of(self, whole: Self) -> i128 {
        if whole.0 == 0 { 0 } else { nearest(self.0 * 1_000, whole.0) }
    }
}

impl Add for Dollars {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sum for Dollars {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), Add::add)
    }
}

impl fmt::Display for Dollars {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cents = self.cents();
        write!(out, "{}.{:02}", cents / 100, cents % 100)
    }
}

/// All decimals, so that the reader of a bill can add it up.
impl Serialize for Dollars {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Decimal(self.0))
    }
}

// === impl ExchangeRate ===

impl ExchangeRate {
    /// Reads `88.75@2026-11-20`.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(text: &str) -> Result<Self, CostError> {
        let error = || CostError::Rate(text.to_owned());
        let (rate, date) = text.split_once('@').ok_or_else(error)?;
        let inr_per_usd = Decimal::parse(rate).filter(|rate| rate.0 > 0).ok_or_else(error)?;
        if !is_date(date) {
            return Err(error());
        }
        Ok(Self { inr_per_usd, date: date.to_owned() })
    }
}

/// `2026-11-20`, or `2026-11` where a source names no day.
pub(crate) fn is_date(text: &str) -> bool {
    let digits =
        |part: &str, length| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
    let mut parts = text.splitn(3, '-');
    let (year, month) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let is_day = parts.next().is_none_or(|day| digits(day, 2) && ("01"..="31").contains(&day));
    digits(year, 4) && digits(month, 2) && ("01"..="12").contains(&month) && is_day
}

/// Division of a nonnegative number to the nearest, halves up.
fn nearest(number: i128, by: i128) -> i128 {
    (number + by / 2) / by
}

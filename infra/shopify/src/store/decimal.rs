//! Decimal numbers of money and percentages, exact to six places.

use std::fmt;
use std::str::FromStr;

/// Millionths in one.
const ONE: i128 = 1_000_000;
const PLACES: usize = 6;
/// Most characters that are read.
const TEXT_MAX: usize = 30;

/// A decimal number. `Display` writes it as Shopify's `Decimal` scalar: at least one place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(i128);

/// The text is no decimal number, or has more than six places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal number")]
pub struct DecimalError;

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self(0);

    /// A whole number.
    pub fn whole(number: i64) -> Self {
        Self(i128::from(number) * ONE)
    }

    /// This number so many times.
    #[must_use]
    pub fn times(self, count: i64) -> Self {
        Self(self.0.saturating_mul(i128::from(count)))
    }

    /// This number of hundredths of `whole`, rounded half away from zero to `places`.
    #[must_use]
    pub fn percent_of(self, whole: Self, places: u32) -> Self {
        let exact = self.0.saturating_mul(whole.0) / ONE;
        Self(exact / 100).round(places)
    }

    /// Rounds half away from zero.
    #[must_use]
    pub fn round(self, places: u32) -> Self {
        let unit = 10_i128.pow(u32::try_from(PLACES).unwrap_or(6).saturating_sub(places));
        let half = if self.0 < 0 { -unit / 2 } else { unit / 2 };
        Self((self.0.saturating_add(half)) / unit * unit)
    }

    /// The part of this number that `part` is of `whole`, rounded half away from zero to `places`;
    /// zero of nothing.
    #[must_use]
    pub fn share(self, part: Self, whole: Self, places: u32) -> Self {
        let exact = self.0.saturating_mul(part.0).checked_div(whole.0);
        Self(exact.unwrap_or(0)).round(places)
    }

    /// Whether it is less than zero.
    pub fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Written with a fixed number of places, as prices are.
    pub fn fixed(self, places: u32) -> String {
        let rounded = self.round(places);
        let places = usize::try_from(places).unwrap_or(PLACES);
        let (whole, fraction) =
            (rounded.0.unsigned_abs() / 1_000_000, rounded.0.unsigned_abs() % 1_000_000);
        let sign = if rounded.0 < 0 { "-" } else { "" };
        match &format!("{fraction:06}")[..places.min(PLACES)] {
            "" => format!("{sign}{whole}"),
            fraction => format!("{sign}{whole}.{fraction}"),
        }
    }
}

impl std::ops::Add for Decimal {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::ops::Sub for Decimal {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl std::ops::Neg for Decimal {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl std::iter::Sum for Decimal {
    fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
        numbers.fold(Self::ZERO, |sum, one| sum + one)
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_digits =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if text.len() > TEXT_MAX
            || !is_digits(whole)
            || !is_digits(fraction)
            || fraction.len() > PLACES
        {
            return Err(DecimalError);
        }
        let millionths: i128 =
            format!("{whole}{fraction:0<6}").parse().map_err(|_| DecimalError)?;
        Ok(Self(sign * millionths))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.fixed(6);
        let text = text.trim_end_matches('0');
        let zero = if text.ends_with('.') { "0" } else { "" };
        write!(f, "{text}{zero}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn amounts_are_written_as_shopify_writes_them() {
        assert_eq!(decimal("5.00").to_string(), "5.0");
        assert_eq!(decimal("12.345").to_string(), "12.345");
        assert_eq!(decimal("-2.22").to_string(), "-2.22");
        assert_eq!(decimal("10").fixed(2), "10.00");
        assert_eq!(decimal("-0.5").fixed(0), "-1");
    }

    #[test]
    fn arithmetic_is_exact() {
        assert_eq!((decimal("0.1") + decimal("0.2")).to_string(), "0.3");
        assert_eq!(decimal("10").percent_of(decimal("40.00"), 2).to_string(), "4.0");
        assert_eq!(decimal("33.333").percent_of(decimal("0.05"), 2).to_string(), "0.02");
    }

    #[test]
    fn other_texts_are_no_numbers() {
        for text in ["", "-", ".", "1.", ".5", "1e3", "1.0000001", "NaN", "--1", "1 "] {
            assert_eq!(text.parse::<Decimal>(), Err(DecimalError), "{text}");
        }
    }
}

//! Money: whole minor units of the shop's one currency. Never a float, never a silent overflow.

use serde::{Deserialize, Serialize};

/// An amount in minor units (cents). Negative amounts are reductions.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Money(pub i64);

impl Money {
    /// Zero.
    pub const ZERO: Self = Self(0);

    /// The sum, or `None` past the range of `i64`.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// `quantity` times this amount, or `None` past the range of `i64`.
    #[must_use]
    pub fn times(self, quantity: u32) -> Option<Self> {
        self.0.checked_mul(i64::from(quantity)).map(Self)
    }

    /// Reads Shopify's decimal notation (`"129.90"`) exactly: at most `decimals` digits after the
    /// point, no exponent, no sign but a leading minus. `None` for anything else.
    #[must_use]
    pub fn from_decimal(text: &str, decimals: u32) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let places = decimals as usize;
        let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let excess = fraction.get(places..).unwrap_or("");
        let is_exact = excess.bytes().all(|byte| byte == b'0');
        if whole.is_empty() || !plain(whole) || !plain(fraction) || !is_exact {
            return None;
        }
        let digits = &fraction[..fraction.len().min(places)];
        let minor: i64 = format!("{whole}{digits:0<places$}").parse().ok()?;
        Some(Self(if negative { -minor } else { minor }))
    }

    /// The same notation with exactly `decimals` digits after the point.
    #[must_use]
    pub fn to_decimal(self, decimals: u32) -> String {
        let (sign, places) = (if self.0 < 0 { "-" } else { "" }, decimals as usize);
        let digits = format!("{:0>width$}", self.0.unsigned_abs(), width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }
}

#[cfg(test)]
mod tests {
    use super::Money;

    #[test]
    fn shopify_prices_are_read_to_the_cent() {
        for (text, minor) in
            [("129.90", 12_990), ("0.00", 0), ("-5.5", -550), ("7", 700), ("1.000", 100)]
        {
            assert_eq!(Money::from_decimal(text, 2), Some(Money(minor)), "{text}");
        }
        assert_eq!(Money::from_decimal("1200", 0), Some(Money(1_200)), "yen has no decimals");
    }

    #[test]
    fn amounts_are_written_in_the_same_notation() {
        for (minor, decimals, text) in [
            (12_990, 2, "129.90"),
            (5, 2, "0.05"),
            (-550, 2, "-5.50"),
            (1_200, 0, "1200"),
            (7, 3, "0.007"),
        ] {
            assert_eq!(Money(minor).to_decimal(decimals), text);
        }
    }

    #[test]
    fn a_price_that_is_not_an_exact_amount_is_rejected() {
        for text in ["", ".", ".5", "1.234", "1e3", "+1", "--1", "1,5", "9999999999999999999"] {
            assert_eq!(Money::from_decimal(text, 2), None, "{text}");
        }
    }

    #[test]
    fn an_overflowing_total_returns_none() {
        assert_eq!(Money(i64::MAX).times(2), None);
        assert_eq!(Money(i64::MAX).plus(Money(1)), None);
    }
}

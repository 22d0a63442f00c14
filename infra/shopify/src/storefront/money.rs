//! Money in minor units, and Shopify's two ways to write it.

use crate::store::decimals;

/// A currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Currency {
    code: [u8; 3],
    decimals: u32,
}

// === impl Currency ===

impl Currency {
    /// A currency by its ISO 4217 code.
    #[must_use]
    pub fn of(code: &str) -> Option<Self> {
        let bytes: [u8; 3] = code.as_bytes().try_into().ok()?;
        let decimals = decimals(code);
        let is_code = bytes.iter().all(u8::is_ascii_uppercase);
        is_code.then_some(Self { code: bytes, decimals })
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> &str {
        // Three capital letters.
        std::str::from_utf8(&self.code).unwrap_or_default()
    }

    /// As REST resources and webhooks write it: `12.90`, or `1290` for a currency without decimals.
    #[must_use]
    pub fn decimal(&self, minor: i64) -> String {
        let sign = if minor < 0 { "-" } else { "" };
        let unit = 10_u64.pow(self.decimals);
        let (whole, rest) = (minor.unsigned_abs() / unit, minor.unsigned_abs() % unit);
        match usize::try_from(self.decimals) {
            Ok(decimals) if decimals > 0 => format!("{sign}{whole}.{rest:0decimals$}"),
            _ => format!("{sign}{whole}"),
        }
    }

    /// What [`Self::decimal`] wrote, in minor units; fewer decimals are filled up.
    #[must_use]
    pub fn minor(&self, text: &str) -> Option<i64> {
        let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
        let places = usize::try_from(self.decimals).ok()?;
        let decimals = rest.get(..places.min(rest.len()))?;
        let is_exact = rest[decimals.len()..].bytes().all(|digit| digit == b'0');
        is_exact.then(|| format!("{whole}{decimals:0<places$}").parse().ok())?
    }

    /// As the Ajax API writes it: in subunits of the currency, and in hundredths for a currency without
    /// any (1,000 yen are 100000).
    #[must_use]
    pub fn ajax(&self, minor: i64) -> i64 {
        if self.decimals == 0 { minor.saturating_mul(100) } else { minor }
    }

    /// How many of the last digits of [`Self::ajax`] are decimals.
    #[must_use]
    pub fn ajax_decimals(&self) -> u32 {
        if self.decimals == 0 { 2 } else { self.decimals }
    }
}

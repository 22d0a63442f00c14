//! Versions of the API: one a quarter, named by year and month.

use serde_json::{Value, json};
use time::{Date, Month, OffsetDateTime};

/// First version of all that is served. Requests for an earlier one get this one, as Shopify
/// does.
const OLDEST: Version = Version { year: 2025, month: 1 };
/// Last version that is served: the release candidate after the version of the schema.
const NEWEST: Version = Version { year: 2026, month: 10 };
/// Months after which a stable version is not supported any more.
const SUPPORTED_MONTHS: i32 = 12;

/// A version, such as 2026-07.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    year: i32,
    month: u8,
}

impl Version {
    /// The version that answers a path segment, or nothing if the segment is no version.
    pub fn of_path(segment: &str) -> Option<Self> {
        let version = Self::parse(segment).filter(|version| *version <= NEWEST)?;
        Some(version.max(OLDEST))
    }

    /// The version that answers a request for this one at `now`: the oldest supported one if this one is
    /// not supported any more.
    pub(crate) fn served(self, now: OffsetDateTime) -> Self {
        let months = now.year() * 12 + i32::from(u8::from(now.month())) - SUPPORTED_MONTHS + 1;
        // The first quarter that begins in these months, counted from January.
        let quarters = (months - 1 + 2).div_euclid(3);
        let (year, quarter) = (quarters.div_euclid(4), quarters.rem_euclid(4));
        let month = u8::try_from(quarter * 3 + 1).unwrap_or(1);
        self.max(Self { year, month }).min(NEWEST)
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let version = Self { year: year.parse().ok()?, month: month.parse().ok()? };
        let is_quarter = [1, 4, 7, 10].contains(&version.month);
        (is_quarter && text.len() == 7 && (2019..2100).contains(&version.year)).then_some(version)
    }

    fn months(self) -> i32 {
        self.year * 12 + i32::from(self.month)
    }

    fn released_at(self) -> Option<OffsetDateTime> {
        let date =
            Date::from_calendar_date(self.year, Month::try_from(self.month).ok()?, 1).ok()?;
        Some(date.midnight().assume_utc())
    }

    /// The `ApiVersion` object. Before its quarter a version is a release candidate.
    pub(crate) fn describe(self, now: OffsetDateTime) -> Value {
        let current = now.year() * 12 + i32::from(u8::from(now.month()));
        let is_released = self.released_at().is_some_and(|at| at <= now);
        let age = current - self.months();
        let is_latest = is_released && age < 3;
        let suffix = match (is_released, is_latest) {
            (false, _) => " (Release candidate)",
            (true, true) => " (Latest)",
            (true, false) => "",
        };
        let handle = self.to_string();
        let name = format!("{handle}{suffix}");
        let is_supported = is_released && age < SUPPORTED_MONTHS;
        json!({ "handle": handle, "displayName": name, "supported": is_supported })
    }
}

impl Default for Version {
    /// The version of the schema.
    fn default() -> Self {
        Self { year: 2026, month: 7 }
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{:02}", self.year, self.month)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_quarters_are_versions() {
        assert_eq!(Version::of_path("2026-07").unwrap().to_string(), "2026-07");
        assert_eq!(Version::of_path("2019-04").unwrap().to_string(), "2025-01");
        for text in ["", "2026", "2026-7", "2026-08", "unstable", "2026-07-01", "2099-10"] {
            assert_eq!(Version::of_path(text), None, "{text}");
        }
    }

    #[test]
    fn a_version_is_served_for_a_year() {
        let at = |year, month| {
            let date = Date::from_calendar_date(year, month, 1).unwrap();
            date.midnight().assume_utc()
        };
        let served = |text: &str, at| Version::of_path(text).unwrap().served(at).to_string();
        assert_eq!(served("2025-01", at(2026, Month::December)), "2026-01");
        assert_eq!(served("2026-04", at(2026, Month::December)), "2026-04");
        assert_eq!(served("2025-10", at(2026, Month::September)), "2025-10");
        assert_eq!(served("2025-10", at(2026, Month::October)), "2026-01");
    }
}

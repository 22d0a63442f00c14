//! Time as a value: milliseconds since 1970, UTC. This crate reads no clock.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A point in time, milliseconds since 1970 UTC. Command times are a hybrid logical clock's.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Time(pub u64);

/// One second.
pub const SECOND_MS: u64 = 1_000;
/// One minute.
pub const MINUTE_MS: u64 = 60 * SECOND_MS;
/// One hour.
pub const HOUR_MS: u64 = 60 * MINUTE_MS;
/// One day.
pub const DAY_MS: u64 = 24 * HOUR_MS;

impl Time {
    /// The point `ms` later; saturates.
    #[must_use]
    pub fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// The point `ms` earlier; saturates at 1970.
    #[must_use]
    pub fn minus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_sub(ms))
    }

    /// Whole seconds since 1970.
    #[must_use]
    pub fn unix_s(self) -> u64 {
        self.0 / SECOND_MS
    }

    /// Reads RFC 3339 with any offset, as Shopify writes it; `None` for anything else or before
    /// 1970.
    #[must_use]
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        Self::from_rfc3339_with_offset(text).map(|(time, _)| time)
    }

    /// The same, with the offset from UTC in minutes that the text states.
    #[must_use]
    pub fn from_rfc3339_with_offset(text: &str) -> Option<(Self, i16)> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        let time = u64::try_from(moment.unix_timestamp_nanos() / 1_000_000).ok().map(Self)?;
        Some((time, moment.offset().whole_minutes()))
    }

    /// RFC 3339 in UTC, with milliseconds only if they are not zero.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        let nanos = i128::from(self.0) * 1_000_000;
        OffsetDateTime::from_unix_timestamp_nanos(nanos)
            .ok()
            .and_then(|moment| moment.format(&Rfc3339).ok())
            .unwrap_or_else(|| "9999-12-31T23:59:59Z".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::Time;

    #[test]
    fn offsets_are_parsed_and_times_are_written_in_utc() {
        let time = Time::from_rfc3339("2026-11-21T19:15:47+01:00").unwrap();
        assert_eq!(time, Time(1_795_284_947_000));
        assert_eq!(time.to_rfc3339(), "2026-11-21T18:15:47Z");
        assert_eq!(Time(1_795_284_947_120).to_rfc3339(), "2026-11-21T18:15:47.12Z");
    }

    #[test]
    fn the_offset_of_a_text_is_read_in_minutes() {
        let read = |text| Time::from_rfc3339_with_offset(text).map(|(_, minutes)| minutes);
        assert_eq!(read("2026-11-21T19:15:47+05:45"), Some(345));
        assert_eq!(read("2026-11-21T19:15:47-12:00"), Some(-720));
        assert_eq!(read("2026-11-21T19:15:47Z"), Some(0));
    }

    #[test]
    fn text_that_is_not_a_time_returns_none() {
        for text in ["", "yesterday", "2026-11-21", "1969-12-31T23:59:59Z"] {
            assert_eq!(Time::from_rfc3339(text), None, "{text}");
        }
    }
}

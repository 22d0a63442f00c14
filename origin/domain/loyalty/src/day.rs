//! Days: points of one day are interchangeable, so an account holds one lot per day instead of one per order.

use domain_core::time::{DAY_MS, Time};
use serde::{Deserialize, Serialize};

/// A calendar day in UTC: whole days since 1970.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Day(pub u32);

// === impl Day ===

impl Day {
    /// The day `time` is in.
    #[must_use]
    pub fn of(time: Time) -> Self {
        Self(u32::try_from(time.0 / DAY_MS).unwrap_or(u32::MAX))
    }

    /// The first day that begins at `time` or after it.
    #[must_use]
    pub fn first_from(time: Time) -> Self {
        Self(u32::try_from(time.0.div_ceil(DAY_MS)).unwrap_or(u32::MAX))
    }

    /// The midnight this day begins with.
    #[must_use]
    pub fn start(self) -> Time {
        Time(u64::from(self.0) * DAY_MS)
    }

    /// The day `days` earlier; stops in 1970.
    #[must_use]
    pub fn minus(self, days: u32) -> Self {
        Self(self.0.saturating_sub(days))
    }

    /// The day `days` later; stops at the end of time.
    #[must_use]
    pub fn plus(self, days: u32) -> Self {
        Self(self.0.saturating_add(days))
    }
}

#[cfg(test)]
mod tests {
    use super::Day;
    use domain_core::time::Time;

    #[test]
    fn a_time_is_in_one_day_and_before_the_start_of_the_next() {
        let evening = Time::from_rfc3339("2026-11-21T23:59:59.999Z").unwrap();
        assert_eq!(Day::of(evening).start().to_rfc3339(), "2026-11-21T00:00:00Z");
        assert_eq!(Day::first_from(evening).start().to_rfc3339(), "2026-11-22T00:00:00Z");
    }

    #[test]
    fn midnight_is_the_start_of_its_own_day() {
        let midnight = Time::from_rfc3339("2026-11-22T00:00:00Z").unwrap();
        assert_eq!(Day::of(midnight), Day::first_from(midnight));
        assert_eq!(Day::of(midnight).start(), midnight);
    }

    #[test]
    fn the_end_of_time_has_a_day() {
        assert_eq!(Day::of(Time(u64::MAX)), Day(u32::MAX));
        assert_eq!(Day(u32::MAX).plus(1), Day(u32::MAX));
    }
}

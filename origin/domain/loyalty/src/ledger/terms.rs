//! From when until when points count.

use domain_core::time::Time;
use serde::{Deserialize, Serialize};

use crate::day::Day;

/// From when until when points count. Points with the same terms are interchangeable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Terms {
    /// The day they were earned on: the qualifying window of the tiers begins with it.
    pub earned_on: Day,
    /// The day whose start makes them available; `None`: at once.
    pub available_on: Option<Day>,
    /// The day whose start ends them; `None`: never.
    pub expires_on: Option<Day>,
}

// === impl Terms ===

impl Terms {
    /// The terms of points given at `at` that count at once and never expire.
    #[must_use]
    pub fn without_expiry(at: Time) -> Self {
        Self { earned_on: Day::of(at), available_on: None, expires_on: None }
    }
}

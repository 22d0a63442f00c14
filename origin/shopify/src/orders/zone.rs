//! The shop's time zone. Webhooks state times on the shop's clock, the Admin API in UTC.

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// A time zone of the IANA database, which is part of this program.
#[derive(Debug, Clone)]
pub struct Zone(TimeZone);

/// The database has no such zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no time zone of the IANA database")]
pub struct UnknownZone(pub String);

// === impl Zone ===

impl Zone {
    /// The zone of this name.
    ///
    /// # Errors
    /// The time zone data has no zone of this name.
    pub fn named(name: &str) -> Result<Self, UnknownZone> {
        let zone = TimeZoneDatabase::bundled().get(name);
        zone.map(Self).map_err(|_| UnknownZone(name.to_owned()))
    }

    /// A time of RFC 3339 with the offset of this zone; what is no time stays as it is.
    #[must_use]
    pub fn local(&self, text: &str) -> String {
        let Ok(at) = text.parse::<Timestamp>() else { return text.to_owned() };
        at.display_with_offset(self.0.to_offset(at)).to_string()
    }
}

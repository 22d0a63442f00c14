//! The tombstone of an erasure of the whole shop: its time. Consumers drop events until then that
//! arrive after it, late or replayed from the archive.

use domain_core::time::Time;
use serde::{Deserialize, Serialize};

/// The tombstone of the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShopTombstone {
    /// Until when everything is erased.
    pub at: Time,
    /// Whether the erasure is done; before, it is demanded.
    pub is_done: bool,
}

// === impl ShopTombstone ===

impl ShopTombstone {
    /// The tombstone with which an erasure of everything until `at` begins, given the stored one.
    /// `None` if it was done before, or a later one does it: erasing again would erase newer
    /// events, too.
    #[must_use]
    pub fn begun(stored: Option<Self>, at: Time) -> Option<Self> {
        match stored {
            Some(stored) if stored.at > at || (stored.at == at && stored.is_done) => None,
            _ => Some(Self { at, is_done: false }),
        }
    }

    /// The same, once everything is erased.
    #[must_use]
    pub fn done(self) -> Self {
        Self { is_done: true, ..self }
    }

    /// Whether an event at `at` is erased, or dropped if it arrives later.
    #[must_use]
    pub fn covers(&self, at: Time) -> bool {
        at <= self.at
    }
}

#[cfg(test)]
mod tests {
    use super::ShopTombstone;
    use domain_core::time::Time;

    #[test]
    fn a_shop_is_erased_once_despite_redelivery() {
        let begun = ShopTombstone::begun(None, Time(10)).unwrap();
        assert_eq!(begun, ShopTombstone { at: Time(10), is_done: false });
        assert_eq!(ShopTombstone::begun(Some(begun), Time(10)), Some(begun), "it was interrupted");
        assert_eq!(ShopTombstone::begun(Some(begun.done()), Time(10)), None);
        assert_eq!(ShopTombstone::begun(Some(begun.done()), Time(9)), None);
        let later = ShopTombstone::begun(Some(begun.done()), Time(11)).unwrap();
        assert_eq!(later, ShopTombstone { at: Time(11), is_done: false });
        assert_eq!(ShopTombstone::begun(Some(later), Time(10)), None, "left to the later one");
    }

    #[test]
    fn a_tombstone_covers_events_until_its_time_only() {
        let tombstone = ShopTombstone { at: Time(10), is_done: false };
        assert_eq!([9, 10, 11].map(|at| tombstone.covers(Time(at))), [true, true, false]);
    }
}

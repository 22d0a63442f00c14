//! What an erasure of everybody leaves behind: its time. Whatever happened until then and is heard
//! of later, late or told again from the archive, is dropped.

use serde::{Deserialize, Serialize};

use crate::time::Time;

/// The tombstone of the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShopTombstone {
    /// Until when everything of everybody is erased.
    pub at: Time,
    /// Whether that was done; before, it is what was demanded.
    pub is_done: bool,
}

// === impl ShopTombstone ===

impl ShopTombstone {
    /// What an erasure of everything until `at` begins with, given what is there. `None` if it was
    /// done before, or a later one does it: erasing again would take what came after it, too.
    #[must_use]
    pub fn begun(there: Option<Self>, at: Time) -> Option<Self> {
        match there {
            Some(there) if there.at > at || (there.at == at && there.is_done) => None,
            _ => Some(Self { at, is_done: false }),
        }
    }

    /// The same, once everything is erased.
    #[must_use]
    pub fn done(self) -> Self {
        Self { is_done: true, ..self }
    }

    /// Whether something that happened at `at` is erased, or would have been.
    #[must_use]
    pub fn covers(&self, at: Time) -> bool {
        at <= self.at
    }
}

#[cfg(test)]
mod tests {
    use super::ShopTombstone;
    use crate::time::Time;

    #[test]
    fn everybody_is_erased_once_whatever_is_delivered_again() {
        let begun = ShopTombstone::begun(None, Time(10)).unwrap();
        assert_eq!(begun, ShopTombstone { at: Time(10), is_done: false });
        assert_eq!(ShopTombstone::begun(Some(begun), Time(10)), Some(begun), "it broke off");
        assert_eq!(ShopTombstone::begun(Some(begun.done()), Time(10)), None);
        assert_eq!(ShopTombstone::begun(Some(begun.done()), Time(9)), None);
        let later = ShopTombstone::begun(Some(begun.done()), Time(11)).unwrap();
        assert_eq!(later, ShopTombstone { at: Time(11), is_done: false });
        assert_eq!(ShopTombstone::begun(Some(later), Time(10)), None, "left to the later one");
    }

    #[test]
    fn what_happened_until_then_is_covered_and_nothing_after_it() {
        let tombstone = ShopTombstone { at: Time(10), is_done: false };
        assert_eq!([9, 10, 11].map(|at| tombstone.covers(Time(at))), [true, true, false]);
    }
}

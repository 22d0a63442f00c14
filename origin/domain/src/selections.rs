//! Saved selections: named by what they are, so that the same selection saved twice is one.

use serde::{Deserialize, Serialize};

use crate::configurator::Selection;
use crate::id::{digest, hex};
use crate::port::PortError;
use crate::time::{DAY_MS, Time};

/// How long a selection can be read after it was last saved: a link shared at Christmas still works
/// at the next.
pub const SELECTION_KEPT_MS: u64 = 400 * DAY_MS;

/// A shopper's selection of a product, kept to be shared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedSelection {
    /// The product's id.
    pub product: String,
    /// The choices, whatever rules there are today.
    pub selection: Selection,
}

/// Where selections are kept.
pub trait SavedSelections: Send + Sync {
    /// Keeps a selection for [`SELECTION_KEPT_MS`] from `now`; durable once it answers. Saving what
    /// is kept only lengthens its time.
    fn save(
        &self,
        saved: &SavedSelection,
        now: Time,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// The selection of this id; `None` if it was never saved, or its time has passed.
    fn saved(
        &self,
        id: &str,
        now: Time,
    ) -> impl Future<Output = Result<Option<SavedSelection>, PortError>> + Send;
}

// === impl SavedSelection ===

impl SavedSelection {
    /// Its name: 128 bits of a hash over product and choices, in hexadecimal. Whoever has it may
    /// read the selection, as is meant by sharing.
    #[must_use]
    pub fn id(&self) -> String {
        let choices = self.selection.iter().flat_map(|(option, value)| [option, value]);
        let parts: Vec<&[u8]> =
            std::iter::once(self.product.as_str()).chain(choices).map(str::as_bytes).collect();
        hex(&digest("forecourt/selection/1", &parts)[..16])
    }

    /// Until when it is kept if saved at `now`: whole days, so that one that many save at a time
    /// is written once a day.
    #[must_use]
    pub fn kept_until(now: Time) -> Time {
        Time((now.plus_ms(SELECTION_KEPT_MS).0 / DAY_MS + 1) * DAY_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::SavedSelection;
    use crate::configurator::Selection;
    use crate::time::{DAY_MS, Time};

    fn saved(product: &str, pairs: &[(&str, &str)]) -> SavedSelection {
        let selection = Selection::from_pairs(pairs.iter().copied()).unwrap();
        SavedSelection { product: product.to_owned(), selection }
    }

    #[test]
    fn a_selection_has_one_name_and_no_other_has_it() {
        let one = saved("bike", &[("frame", "steel"), ("fork", "air")]);
        let same = saved("bike", &[("fork", "air"), ("frame", "steel")]);
        assert_eq!(one.id(), same.id());
        assert_eq!(one.id(), "be9fbba216ebb8956d72ab5fae5f8708");
        let others = [
            saved("trike", &[("frame", "steel"), ("fork", "air")]),
            saved("bike", &[("frame", "steel")]),
            saved("bike", &[("frame", "air"), ("fork", "steel")]),
            saved("bike", &[]),
        ];
        for other in others {
            assert_ne!(one.id(), other.id(), "{other:?}");
        }
    }

    #[test]
    fn what_is_saved_twice_on_a_day_is_kept_equally_long() {
        let (morning, evening) = (Time(DAY_MS * 20_000), Time(DAY_MS * 20_001 - 1));
        assert_eq!(SavedSelection::kept_until(morning), SavedSelection::kept_until(evening));
        assert_eq!(SavedSelection::kept_until(morning), Time(DAY_MS * 20_401));
    }
}

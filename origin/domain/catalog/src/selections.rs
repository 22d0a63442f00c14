//! Saved selections, addressed by their content: the same selection, saved twice, is one.

use domain_configurator::Selection;
use domain_core::id::{digest, hex};
use domain_core::port::PortError;
use domain_core::time::{DAY_MS, Time};
use serde::{Deserialize, Serialize};

/// How long a selection can be read after it was last saved: a link shared at Christmas still works
/// at the next one.
pub const SELECTION_RETENTION_MS: u64 = 400 * DAY_MS;

/// A shopper's selection of a product, saved for sharing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedSelection {
    /// The product's id.
    pub product: String,
    /// The choices, independent of the current rules.
    pub selection: Selection,
}

/// The store of selections.
pub trait SavedSelections: Send + Sync {
    /// Stores a selection for [`SELECTION_RETENTION_MS`] from `now`; durable when the call returns.
    /// Saving a stored selection again only extends its time.
    fn save(
        &self,
        saved: &SavedSelection,
        now: Time,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// The selection with this id; `None` if it was never saved or has expired.
    fn saved(
        &self,
        id: &str,
        now: Time,
    ) -> impl Future<Output = Result<Option<SavedSelection>, PortError>> + Send;
}

// === impl SavedSelection ===

impl SavedSelection {
    /// Its id: 128 bits of a hash over product and choices, in hexadecimal. Anyone with the id may
    /// read the selection, which is the purpose of sharing.
    #[must_use]
    pub fn id(&self) -> String {
        let choices = self.selection.iter().flat_map(|(option, value)| [option, value]);
        let parts: Vec<&[u8]> =
            std::iter::once(self.product.as_str()).chain(choices).map(str::as_bytes).collect();
        hex(&digest("forecourt/selection/1", &parts)[..16])
    }

    /// The expiry time if saved at `now`: whole days, so that a selection that many shoppers save
    /// is written once a day.
    #[must_use]
    pub fn expires_at(now: Time) -> Time {
        Time((now.plus_ms(SELECTION_RETENTION_MS).0 / DAY_MS + 1) * DAY_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::SavedSelection;
    use domain_configurator::Selection;
    use domain_core::time::{DAY_MS, Time};

    fn saved(product: &str, pairs: &[(&str, &str)]) -> SavedSelection {
        let selection = Selection::from_pairs(pairs.iter().copied()).unwrap();
        SavedSelection { product: product.to_owned(), selection }
    }

    #[test]
    fn equal_selections_have_equal_ids_and_others_differ() {
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
    fn selections_saved_on_the_same_day_expire_together() {
        let (morning, evening) = (Time(DAY_MS * 20_000), Time(DAY_MS * 20_001 - 1));
        assert_eq!(SavedSelection::expires_at(morning), SavedSelection::expires_at(evening));
        assert_eq!(SavedSelection::expires_at(morning), Time(DAY_MS * 20_401));
    }
}

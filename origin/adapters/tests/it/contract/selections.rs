//! Saved selections.

use domain_catalog::{SELECTION_RETENTION_MS, SavedSelection, SavedSelections};
use domain_configurator::Selection;
use domain_core::time::DAY_MS;

use super::sample::MORNING;

fn saved(pairs: &[(&str, &str)]) -> SavedSelection {
    let selection = Selection::from_pairs(pairs.iter().copied()).unwrap();
    SavedSelection { product: "bike".to_owned(), selection }
}

pub(crate) async fn a_selection_never_saved_is_absent(selections: impl SavedSelections) {
    let id = saved(&[]).id();
    assert_eq!(selections.saved(&id, MORNING).await, Ok(None));
}

pub(crate) async fn a_saved_selection_comes_back_as_it_was(selections: impl SavedSelections) {
    for saved in [saved(&[("frame", "steel"), ("fork", "air")]), saved(&[])] {
        selections.save(&saved, MORNING).await.unwrap();
        assert_eq!(selections.saved(&saved.id(), MORNING).await, Ok(Some(saved)));
    }
}

pub(crate) async fn a_selection_saved_by_many_is_one(selections: impl SavedSelections) {
    let saved = saved(&[("frame", "steel")]);
    for _ in 0..3 {
        assert_eq!(selections.save(&saved, MORNING).await, Ok(()));
    }
    assert_eq!(selections.saved(&saved.id(), MORNING).await, Ok(Some(saved)));
}

pub(crate) async fn a_selection_expires_unless_saved_again(selections: impl SavedSelections) {
    let saved = saved(&[("frame", "steel")]);
    let id = saved.id();
    let later = MORNING.plus_ms(30 * DAY_MS);
    selections.save(&saved, MORNING).await.unwrap();
    let last = MORNING.plus_ms(SELECTION_RETENTION_MS);
    assert_eq!(selections.saved(&id, last).await, Ok(Some(saved.clone())));
    assert_eq!(selections.saved(&id, last.plus_ms(DAY_MS)).await, Ok(None));
    selections.save(&saved, later).await.unwrap();
    // A save with a clock behind shortens nothing.
    selections.save(&saved, MORNING).await.unwrap();
    assert_eq!(selections.saved(&id, last.plus_ms(DAY_MS)).await, Ok(Some(saved)));
}

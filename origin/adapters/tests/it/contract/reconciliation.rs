//! [`ReconciliationStore`].

use domain_core::port::Written;
use domain_loyalty::{Reconciliation, ReconciliationStore};

use super::sample::MORNING;

pub(crate) async fn a_reconciliation_comes_back_as_it_was_stored(store: impl ReconciliationStore) {
    let new = Reconciliation::default();
    assert_eq!(store.load().await, Ok(new.clone()));
    let run = new.next_run(MORNING);
    let paged = new.after_page(&run, 2, Some("cursor".to_owned()), MORNING);
    assert_eq!(store.save(&paged).await, Ok(Written::Done));
    assert_eq!(store.load().await, Ok(paged.clone()));
    assert_eq!(store.save(&paged).await, Ok(Written::Conflict));
    let finished = paged.after_page(&paged.next_run(MORNING), 1, None, MORNING);
    assert_eq!(store.save(&finished).await, Ok(Written::Done));
    assert_eq!(store.load().await, Ok(finished));
}

//! What a write to the table means for ledgers: the change that a consumer has committed.

use domain_loyalty::{Cause, Guarded, LedgerChange, LedgerEntry};

use crate::world::{Change, document};

/// The change among these writes, if they are about ledgers.
pub(super) fn ledger_change(changes: &[Change<'_>]) -> Option<LedgerChange> {
    let mut whole = LedgerChange::default();
    let mut is_any = false;
    for change in changes {
        let (kind, id) = change.key.pk.split_once('/').unwrap_or_default();
        let is_entry = change.key.sk.as_deref().is_some_and(|sk| sk.starts_with("entry/"));
        let seen = change.before.as_ref().map(|item| item.version);
        is_any |= matches!(kind, "cause" | "order" | "redemption" | "loyalty");
        match (kind, change.after) {
            ("cause", Some(item)) => whole.cause = Some(document::<Cause>(item)),
            ("order", Some(item)) => whole.order = Some(Guarded { seen, item: document(item) }),
            ("redemption", Some(item)) => {
                whole.redemptions.push(Guarded { seen, item: document(item) });
            }
            ("loyalty", Some(item)) if is_entry => {
                whole.put.push(document::<LedgerEntry>(item).of(id));
            }
            ("loyalty", Some(item)) => {
                whole.account = Some(Guarded { seen, item: document(item) });
            }
            ("loyalty", None) => {
                let gone = change.before.as_ref().map(document::<LedgerEntry>);
                whole.gone.extend(gone.map(|entry| entry.of(id)));
            }
            _ => {}
        }
    }
    is_any.then_some(whole)
}

//! Absorbing a merge of two customers: one transaction writes both accounts and claims the cause.

use domain_core::port::{CONFLICT_ROUNDS_MAX, Written};

use super::absorb::{AbsorbError, Absorber, Outcome, lost};
use super::account::Account;
use super::merge::CustomerMerge;
use crate::ports::{Guarded, LedgerChange, LedgerStore, LoadRequest, Programs};

// === impl Absorber ===

impl<L: LedgerStore, P: Programs> Absorber<'_, L, P> {
    pub(super) async fn absorb_merge(&self, merge: &CustomerMerge) -> Result<Outcome, AbsorbError> {
        let cause = merge.cause();
        for _ in 0..CONFLICT_ROUNDS_MAX {
            let of = |customer| LoadRequest { customer: Some(customer), ..LoadRequest::default() };
            let request = LoadRequest { cause: Some(&cause), ..of(&merge.gone) };
            let gone = self.ledger.load(request).await?;
            if gone.is_claimed {
                return Ok(Outcome::Known { cause });
            }
            // Another delivery has merged it since the claim was read.
            if gone.account.as_ref().is_some_and(|account| account.customer != merge.gone) {
                continue;
            }
            let remaining = self.ledger.load(of(&merge.remaining)).await?.account;
            let change = merge_change(gone.account, remaining, merge)?;
            if self.ledger.commit(&change).await? == Written::Done {
                return Ok(Outcome::of(cause, &change));
            }
        }
        Err(lost())
    }
}

/// The change that merges two accounts.
fn merge_change(
    gone: Option<Account>,
    remaining: Option<Account>,
    merge: &CustomerMerge,
) -> Result<LedgerChange, AbsorbError> {
    let version = |account: &Option<Account>| account.as_ref().map(|account| account.version);
    let (gone_seen, remaining_seen) = (version(&gone), version(&remaining));
    let is_erased = |account: &Account| account.erased_at.is_some_and(|at| merge.at <= at);
    if let (Some(gone), Some(remaining)) = (&gone, &remaining)
        && is_erased(gone) != is_erased(remaining)
    {
        let uncovered = if is_erased(gone) { &merge.remaining } else { &merge.gone };
        return Err(AbsorbError::MergedBeforeErasure { customer: uncovered.clone() });
    }
    let gone = gone.unwrap_or_else(|| Account::empty(&merge.gone));
    let remaining = remaining.unwrap_or_else(|| Account::empty(&merge.remaining));
    if remaining.customer == merge.gone {
        let CustomerMerge { remaining, gone, at: _ } = merge.clone();
        return Err(AbsorbError::MergedBack { remaining, gone });
    }
    let (account, mark) = remaining.merging(gone, merge)?;
    Ok(LedgerChange {
        cause: Some(merge.cause()),
        account: Some(Guarded { seen: remaining_seen, item: account }),
        mark: Some(Guarded { seen: gone_seen, item: mark }),
        ..LedgerChange::default()
    })
}

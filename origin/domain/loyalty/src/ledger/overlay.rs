//! Changes that are only in memory, over a store: what would be in the ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain_core::port::{PortError, Written};

use super::account::Account;
use super::cause::Cause;
use super::facts::OrderItem;
use crate::ports::{LedgerChange, LedgerStore, LoadRequest, LoadedLedger};

/// A store whose changes are not written. It absorbs orders only: no redemptions and no merges.
#[derive(Debug)]
pub(crate) struct Overlay<'a, L> {
    store: &'a L,
    changes: Mutex<Changes>,
}

#[derive(Debug, Default)]
struct Changes {
    causes: BTreeSet<Cause>,
    orders: BTreeMap<String, OrderItem>,
    accounts: BTreeMap<String, Account>,
}

// === impl Overlay ===

impl<'a, L: LedgerStore> Overlay<'a, L> {
    pub(crate) fn over(store: &'a L) -> Self {
        Self { store, changes: Mutex::default() }
    }

    fn changes(&self) -> MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<L: LedgerStore> LedgerStore for Overlay<'_, L> {
    async fn load(&self, request: LoadRequest<'_>) -> Result<LoadedLedger, PortError> {
        let loaded = self.store.load(request).await?;
        let changes = self.changes();
        let is_claimed =
            loaded.is_claimed || request.cause.is_some_and(|cause| changes.causes.contains(cause));
        let order = request.order.and_then(|order| changes.orders.get(order)).cloned();
        // A customer who was merged has the account of the other one.
        let customer = loaded.account.as_ref().map(|account| account.customer.as_str());
        let customer = customer.or(request.customer);
        let account = customer.and_then(|customer| changes.accounts.get(customer)).cloned();
        let (order, account) = (order.or(loaded.order), account.or(loaded.account));
        Ok(LoadedLedger { is_claimed, order, account, ..loaded })
    }

    async fn commit(&self, change: &LedgerChange) -> Result<Written, PortError> {
        let mut changes = self.changes();
        changes.causes.extend(change.cause.clone());
        if let Some(order) = &change.order {
            changes.orders.insert(order.item.facts.order.clone(), order.item.clone());
        }
        if let Some(account) = &change.account {
            changes.accounts.insert(account.item.customer.clone(), account.item.clone());
        }
        Ok(Written::Done)
    }
}

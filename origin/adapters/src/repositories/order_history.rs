//! Past orders by the day they were placed on: one partition of the index per day, so that no
//! partition grows with the shop's age.

use std::sync::Arc;

use domain_core::port::PortError;
use domain_loyalty::{
    Account, DRY_RUN_DAYS_MAX, DRY_RUN_ORDERS_MAX, Day, OrderHistory, OrderItem, PastOrder,
    PastOrders,
};

use super::document::{decode, read};
use super::ledger::followed;
use crate::table::{ItemKey, Key, SharedTable, index_of_order, orders_of_day};

/// The orders of the hot table.
#[derive(Debug, Clone)]
pub struct OrderHistoryRepository {
    table: SharedTable,
}

// === impl OrderHistoryRepository ===

impl OrderHistoryRepository {
    /// The orders in these tables.
    #[must_use]
    pub fn new(table: &SharedTable) -> Self {
        Self { table: Arc::clone(table) }
    }

    /// The orders of these keys and their customers' accounts, in this order.
    async fn read(&self, keys: &[Key]) -> Result<Vec<(OrderItem, Option<Account>)>, PortError> {
        let items = self.table.batch_get(keys).await?;
        let orders = keys.iter().filter_map(|key| items.get(key));
        let orders = orders.map(|item| decode::<OrderItem>("order", &item.document));
        let orders = orders.collect::<Result<Vec<_>, _>>()?;
        let account = |order: &OrderItem| {
            order.facts.account().map(|customer| ItemKey::Account { customer }.key())
        };
        let accounts: Vec<Key> = orders.iter().filter_map(account).collect();
        let accounts = self.table.batch_get(&accounts).await?;
        let mut with_account = Vec::with_capacity(orders.len());
        for order in orders {
            let item = account(&order).and_then(|key| accounts.get(&key));
            let own: Option<Account> = item.map(read).transpose()?;
            with_account.push((order, followed(&self.table, own).await?));
        }
        Ok(with_account)
    }
}

impl OrderHistory for OrderHistoryRepository {
    async fn past_orders(&self, before: &PastOrder) -> Result<PastOrders, PortError> {
        let mut end = index_of_order(before.at, &before.order);
        let mut day = Day::of(before.at);
        let last_day = day.minus(DRY_RUN_DAYS_MAX - 1);
        let mut keys = Vec::new();
        loop {
            let limit = DRY_RUN_ORDERS_MAX - keys.len();
            keys.extend(self.table.query_index(&end, limit).await?);
            if keys.len() == DRY_RUN_ORDERS_MAX || day == last_day {
                break;
            }
            day = day.minus(1);
            end.pk = orders_of_day(day);
        }
        let orders = self.read(&keys).await?;
        let last = orders.last().and_then(|(order, _)| PastOrder::of(&order.facts));
        let is_full = keys.len() == DRY_RUN_ORDERS_MAX;
        let start = PastOrder { at: day.start(), order: String::new() };
        Ok(PastOrders { orders, next: last.filter(|_| is_full).unwrap_or(start) })
    }
}

//! Carts in the hot table.

use std::sync::Arc;

use domain_cart::CommandRecord;
use domain_cart::{CartChange, CartItem, CartSource, CartWriter};
use domain_core::id::CommandId;
use domain_core::port::{Consistency, PortError, Written};

use super::document::{decode, encode};
use crate::error::corrupt;
use crate::table::{Guard, Item, ItemKey, Key, Put, SharedTable, Transacted};

/// Carts, and with them the records of pending commands.
#[derive(Debug, Clone)]
pub struct CartRepository {
    table: SharedTable,
}

// === impl CartRepository ===

impl CartRepository {
    /// Carts in these tables.
    #[must_use]
    pub fn new(table: &SharedTable) -> Self {
        Self { table: Arc::clone(table) }
    }
}

impl CartSource for CartRepository {
    async fn item(
        &self,
        cart: &str,
        consistency: Consistency,
    ) -> Result<Option<CartItem>, PortError> {
        let item = self.table.get(&ItemKey::Cart { cart }.key(), consistency).await?;
        item.as_ref().map(read).transpose()
    }

    async fn item_and_records(
        &self,
        cart: &str,
        ids: &[CommandId],
    ) -> Result<(Option<CartItem>, Vec<CommandRecord>), PortError> {
        let cart = ItemKey::Cart { cart }.key();
        let records: Vec<Key> = ids.iter().map(|id| ItemKey::Command { id: *id }.key()).collect();
        let keys: Vec<Key> = std::iter::once(&cart).chain(&records).cloned().collect();
        let mut items = self.table.batch_get(&keys).await?;
        let item = items.get(&cart).map(read).transpose()?;
        let records = records
            .iter()
            .filter_map(|key| items.remove(key))
            .map(|record| decode("command record", &record.document));
        Ok((item, records.collect::<Result<_, _>>()?))
    }
}

impl CartWriter for CartRepository {
    async fn store(
        &self,
        cart: &str,
        item: &CartItem,
        seen: Option<&CartItem>,
    ) -> Result<Written, PortError> {
        Ok(self.table.put(&put(CartChange { cart, item, seen })).await?.into())
    }

    /// A collision with another transaction decides nothing. The merge reads both carts and decides
    /// again, as after a failed condition: the other may have been a command of one of them.
    async fn store_both(&self, changes: [CartChange<'_>; 2]) -> Result<Written, PortError> {
        Ok(match self.table.transact(&changes.map(put), &[]).await? {
            Transacted::Done => Written::Done,
            Transacted::ConditionFailed | Transacted::Collided => Written::Conflict,
        })
    }
}

fn put(change: CartChange<'_>) -> Put {
    let CartChange { cart, item, seen } = change;
    Put {
        key: ItemKey::Cart { cart }.key(),
        item: Item::new(item.version, encode(item)).expiring(item.expires_at()),
        guard: seen.map_or(Guard::Absent, |seen| Guard::Life {
            version: seen.version,
            expires_at: seen.expires_at(),
        }),
    }
}

fn read(item: &Item) -> Result<CartItem, PortError> {
    let cart: CartItem = decode("cart", &item.document)?;
    // The next write's guard uses the document's version, which must be the item's, too.
    if cart.version == item.version { Ok(cart) } else { Err(corrupt("cart", "two versions")) }
}

//! Carts in the hot table.

use std::sync::Arc;

use domain_cart::{CartChange, CartItem, CartWriter};
use domain_core::id::CommandId;
use domain_core::port::{Consistency, PortError, Written};
use domain_core::resource::{Read, Source};

use super::command_log::batch;
use super::document::{Versioned, encode, read, stored};
use crate::table::{Guard, Item, ItemKey, Put, SharedTable, Transacted};

stored!(CartItem);

impl Versioned for CartItem {
    const NAME: &'static str = "cart";

    fn version(&self) -> u64 {
        self.version
    }
}

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

impl Source<CartItem> for CartRepository {
    async fn item(
        &self,
        cart: &str,
        consistency: Consistency,
    ) -> Result<Option<CartItem>, PortError> {
        let item = self.table.get(&ItemKey::Cart { cart }.key(), consistency).await?;
        item.as_ref().map(read).transpose()
    }

    async fn batch(&self, cart: &str, commands: &[CommandId]) -> Result<Read<CartItem>, PortError> {
        batch(&self.table, cart, ItemKey::Cart { cart }.key(), commands).await
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

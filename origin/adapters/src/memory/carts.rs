//! Carts in memory.

use std::sync::Arc;

use domain_cart::CommandRecord;
use domain_cart::{CartChange, CartItem, CartSource, CartWriter};
use domain_core::id::CommandId;
use domain_core::port::{Consistency, PortError, Written};

use super::tables::{Guarded, Item, MemoryTables, PutOutcome, Value};
use crate::document::encode;
use crate::keys::ItemKey;

/// Carts, and with them the records of pending commands.
#[derive(Debug, Clone)]
pub struct MemoryCarts {
    tables: MemoryTables,
}

// === impl MemoryCarts ===

impl MemoryCarts {
    /// Carts in these tables.
    #[must_use]
    pub fn new(tables: &MemoryTables) -> Self {
        Self { tables: tables.clone() }
    }

    /// The stored bytes of a cart, as a backup would hold them.
    #[must_use]
    pub fn stored(&self, cart: &str) -> Option<Arc<[u8]>> {
        let item = self.tables.get(&ItemKey::Cart { cart }.key(), Consistency::Strong);
        item.map(|item| item.document)
    }
}

impl CartSource for MemoryCarts {
    async fn item(
        &self,
        cart: &str,
        consistency: Consistency,
    ) -> Result<Option<CartItem>, PortError> {
        Ok(
            match self.tables.get(&ItemKey::Cart { cart }.key(), consistency).map(|item| item.value)
            {
                Some(Value::Cart(cart)) => Some((*cart).clone()),
                _ => None,
            },
        )
    }

    async fn item_and_records(
        &self,
        cart: &str,
        ids: &[CommandId],
    ) -> Result<(Option<CartItem>, Vec<CommandRecord>), PortError> {
        let item = self.item(cart, Consistency::Strong).await?;
        let mut records: Vec<CommandRecord> = Vec::new();
        for (at, id) in ids.iter().enumerate() {
            let item = self.tables.get(&ItemKey::Command { id: *id }.key(), Consistency::Strong);
            // A batch returns an item once, however often its key is named.
            if let Some(Value::Record(record)) = item.map(|item| item.value)
                && !ids[..at].contains(id)
            {
                records.push((*record).clone());
            }
        }
        Ok((item, records))
    }
}

impl CartWriter for MemoryCarts {
    async fn store(
        &self,
        cart: &str,
        item: &CartItem,
        seen: Option<&CartItem>,
    ) -> Result<Written, PortError> {
        self.put_all([CartChange { cart, item, seen }])
    }

    async fn store_both(&self, changes: [CartChange<'_>; 2]) -> Result<Written, PortError> {
        self.put_all(changes)
    }
}

impl MemoryCarts {
    fn put_all<const N: usize>(&self, changes: [CartChange<'_>; N]) -> Result<Written, PortError> {
        Ok(match self.tables.put_all(changes.map(put))? {
            PutOutcome::Done => Written::Done,
            PutOutcome::ConditionFailed(_) => Written::Conflict,
        })
    }
}

fn put(CartChange { cart, item, seen }: CartChange<'_>) -> Guarded<'_> {
    let is_seen = move |present: Option<&Item>| match (present, seen) {
        (None, None) => true,
        (Some(present), Some(seen)) => {
            present.version == seen.version
                && present.expires_at.unix_s() == seen.expires_at().unix_s()
        }
        _ => false,
    };
    let item = Item {
        version: item.version,
        document: encode(item).into(),
        value: Value::Cart(Arc::new(item.clone())),
        expires_at: item.expires_at(),
    };
    Guarded { key: ItemKey::Cart { cart }.key(), item, guard: Box::new(is_seen) }
}

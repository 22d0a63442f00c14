//! Pools of reward codes. No item holds a code: slots are numbers, and the seed is in an item of its own.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use domain_core::port::{Consistency, PortError, Written};
use domain_loyalty::{
    CodePools, CodeSeed, LOW_WATER, Pool, PoolId, PoolSlot, PoolStore, SlotClaim, Supply,
};

use super::document::{Versioned, decode, encode, read, stored};
use crate::error::corrupt;
use crate::table::{
    BATCH_KEYS_MAX, Guard, Item, ItemKey, Key, Page, Put, Range as Partition, SharedTable,
    TRANSACTION_WRITES_MAX,
};

/// Slots, claims and the seed never change.
const ONLY_VERSION: u64 = 1;

/// The pools of one shop in these tables.
#[derive(Debug, Clone)]
pub struct PoolRepository {
    table: SharedTable,
    shop: Arc<str>,
}

stored!(Pool, PoolSlot, SlotClaim, CodeSeed);

impl Versioned for Pool {
    const NAME: &'static str = "pool";

    fn version(&self) -> u64 {
        self.version
    }
}

// === impl PoolRepository ===

impl PoolRepository {
    /// The pools of this shop in these tables.
    #[must_use]
    pub fn new(table: &SharedTable, shop: &str) -> Self {
        Self { table: Arc::clone(table), shop: shop.into() }
    }
}

impl CodePools for PoolRepository {
    async fn supply(&self, pool: &PoolId) -> Result<Supply, PortError> {
        let page = Page {
            range: Partition::ready_slots(pool.as_str()),
            before: None,
            items_max: LOW_WATER,
            consistency: Consistency::Strong,
        };
        let items = self.table.query(&page).await?;
        // Only an empty pool asks whether the shop has pools at all.
        let tokens = ItemKey::ShopTokens { shop: &self.shop }.key();
        if items.is_empty() && self.table.get(&tokens, Consistency::Strong).await?.is_none() {
            return Ok(Supply::OwnCodes);
        }
        let slots = items.iter().map(|item| decode::<PoolSlot>("slot", &item.document));
        Ok(Supply::Slots(slots.map(|slot| Ok(slot?.slot)).collect::<Result<_, PortError>>()?))
    }

    async fn seed(&self) -> Result<Option<CodeSeed>, PortError> {
        let item = self.table.get(&ItemKey::CodeSeed.key(), Consistency::Strong).await?;
        item.map(|item| decode("seed", &item.document)).transpose()
    }
}

impl PoolStore for PoolRepository {
    async fn save_seed(&self, seed: &CodeSeed) -> Result<Written, PortError> {
        let item = Item::new(ONLY_VERSION, encode(seed));
        let put = Put { key: ItemKey::CodeSeed.key(), item, guard: Guard::Absent };
        Ok(self.table.put(&put).await?.into())
    }

    async fn pool(&self, pool: &PoolId) -> Result<Option<Pool>, PortError> {
        let key = ItemKey::Pool { pool: pool.as_str() }.key();
        self.table.get(&key, Consistency::Strong).await?.as_ref().map(read).transpose()
    }

    async fn claimed(&self, pool: &PoolId, slots: Range<u32>) -> Result<BTreeSet<u32>, PortError> {
        let key = |slot| ItemKey::SlotClaim { pool: pool.as_str(), slot }.key();
        let keys: Vec<Key> = slots.map(key).collect();
        let mut claimed = BTreeSet::new();
        for keys in keys.chunks(BATCH_KEYS_MAX) {
            for item in self.table.batch_get(keys).await?.values() {
                let claim: SlotClaim = decode("claim", &item.document)?;
                claimed.insert(claim.slot.slot);
            }
        }
        Ok(claimed)
    }

    async fn save(
        &self,
        seen: Option<u64>,
        pool: &Pool,
        ready: &[u32],
    ) -> Result<Written, PortError> {
        if ready.len() >= TRANSACTION_WRITES_MAX {
            return Err(corrupt("pool", "more slots than a transaction takes"));
        }
        let id = &pool.discount.pool;
        let written = Put {
            key: ItemKey::Pool { pool: id.as_str() }.key(),
            item: Item::new(pool.version, encode(pool)).expiring(pool.discount.ends_at),
            guard: seen.map_or(Guard::Absent, Guard::Version),
        };
        let slot = |slot: &u32| Put {
            key: ItemKey::ReadySlot { pool: id.as_str(), slot: *slot }.key(),
            item: Item::new(ONLY_VERSION, encode(&PoolSlot { pool: id.clone(), slot: *slot }))
                .expiring(pool.discount.ends_at),
            guard: Guard::Sibling,
        };
        let puts: Vec<Put> = std::iter::once(written).chain(ready.iter().map(slot)).collect();
        self.table.transact(&puts, &[]).await?.written()
    }
}

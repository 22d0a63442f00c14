//! Demands and exports in the hot table, and the erasure of all customers.

use std::sync::Arc;

use domain_core::blob::BlobRef;
use domain_core::port::{Consistency, PortError, Written};
use domain_core::time::{DAY_MS, Time};
use domain_privacy::{DEMANDS_LISTED_MAX, DemandRecord, Privacy, ShopTombstone, Tombstones};
use serde::{Deserialize, Serialize};

use super::blobs::PayloadRepository;
use super::document::{decode, encode, stored};
use crate::table::{Guard, Item, ItemKey, Key, Page, Put, Range, SharedTable, TableName};

/// How long the record of a demand is stored: an auditor needs a year.
const DEMAND_RECORD_TTL_MS: u64 = 400 * DAY_MS;
/// A repeated record of a demand replaces the first one.
const ONLY_VERSION: u64 = 1;
/// Keys deleted at once (DynamoDB's limit of a transaction).
const DELETED_AT_ONCE: usize = 100;

/// Demands in these tables.
#[derive(Debug, Clone)]
pub struct PrivacyRepository {
    table: SharedTable,
    files: PayloadRepository,
}

/// The stored form of a demand.
#[derive(Debug, Serialize, Deserialize)]
struct StoredDemand {
    record: DemandRecord,
    file: Option<BlobRef>,
}

// === impl PrivacyRepository ===

impl PrivacyRepository {
    /// Demands in these tables.
    #[must_use]
    pub fn new(table: &SharedTable) -> Self {
        Self { table: Arc::clone(table), files: PayloadRepository::new(table) }
    }

    async fn delete_personal(&self, table: TableName) -> Result<u64, PortError> {
        let (mut deleted, mut after) = (0, None);
        // Ends with the table: each page begins where the last one ended.
        loop {
            let page = self.table.scan_keys(table, after.as_ref()).await?;
            let keys: Vec<Key> = page.keys.into_iter().filter(Key::is_personal).collect();
            for keys in keys.chunks(DELETED_AT_ONCE) {
                self.table.transact(&[], keys).await?.written()?;
                deleted += keys.len() as u64;
            }
            let Some(next) = page.next else { return Ok(deleted) };
            after = Some(next);
        }
    }
}

stored!(StoredDemand, ShopTombstone);

impl Tombstones for PrivacyRepository {
    async fn shop_tombstone(&self) -> Result<Option<ShopTombstone>, PortError> {
        let item = self.table.get(&ItemKey::ShopTombstone.key(), Consistency::Strong).await?;
        item.map(|item| decode("tombstone", &item.document)).transpose()
    }
}

impl Privacy for PrivacyRepository {
    async fn note(
        &self,
        record: &DemandRecord,
        file: Option<&[u8]>,
        until: Time,
    ) -> Result<(), PortError> {
        let file = match file {
            Some(file) => Some(self.files.store(file, until).await?),
            None => None,
        };
        let demand = StoredDemand { record: record.clone(), file };
        let item = Item::new(ONLY_VERSION, encode(&demand));
        let put = Put {
            key: ItemKey::Demand { id: &record.id }.key(),
            item: item.expiring(record.at.plus_ms(DEMAND_RECORD_TTL_MS)),
            guard: Guard::Sibling,
        };
        self.table.put(&put).await.map(|_| ())
    }

    async fn list(&self) -> Result<Vec<DemandRecord>, PortError> {
        let page = Page {
            range: Range::demands(),
            before: None,
            items_max: DEMANDS_LISTED_MAX,
            consistency: Consistency::Strong,
        };
        let items = self.table.query(&page).await?;
        items
            .iter()
            .map(|item| Ok(decode::<StoredDemand>("demand", &item.document)?.record))
            .collect()
    }

    async fn file(&self, id: &str) -> Result<Option<Vec<u8>>, PortError> {
        let key = ItemKey::Demand { id }.key();
        let item = self.table.get(&key, Consistency::Strong).await?;
        let Some(item) = item else { return Ok(None) };
        let demand: StoredDemand = decode("demand", &item.document)?;
        let Some(file) = demand.file else { return Ok(None) };
        match self.files.fetch(&file).await {
            Ok(file) => Ok(Some(file)),
            // The file has expired.
            Err(PortError::Corrupt(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn put_shop_tombstone(
        &self,
        tombstone: &ShopTombstone,
        seen: Option<&ShopTombstone>,
    ) -> Result<Written, PortError> {
        let put = Put {
            key: ItemKey::ShopTombstone.key(),
            item: Item::new(version_of(tombstone), encode(tombstone)),
            guard: seen.map_or(Guard::Absent, |seen| Guard::Version(version_of(seen))),
        };
        Ok(self.table.put(&put).await?.into())
    }

    async fn erase_everybody(&self) -> Result<u64, PortError> {
        let hot = self.delete_personal(TableName::Hot).await?;
        Ok(hot + self.delete_personal(TableName::Commands).await?)
    }
}

/// Two versions for each moment: demanded, and done.
fn version_of(tombstone: &ShopTombstone) -> u64 {
    tombstone.at.0.saturating_mul(2).saturating_add(u64::from(tombstone.is_done))
}

#[cfg(test)]
mod tests;

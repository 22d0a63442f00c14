//! What a publication reads and writes.

use std::collections::BTreeMap;
use std::time::Duration;

use domain_catalog::{
    ANNOUNCED_AT_ONCE_MAX, ActivationChange, ActiveVersion, Announcement, CatalogStore, Claim,
    ClaimChange, Epoch, OldVersion, Outbox, ProductVersion, PublishedEvent,
};
use domain_core::blob::BlobRef;
use domain_core::port::{Consistency, PortError, Written};
use domain_core::time::Time;

use super::{CatalogRepository, DELETED, Pointer, StoredClaim};
use crate::error::corrupt;
use crate::repositories::blobs;
use crate::repositories::document::{decode, encode};
use crate::repositories::staff::audit_entry;
use crate::table::{Guard, Item, ItemKey, Key, Page, Put, Range, Transacted, index_of_product};

/// The wait before the second attempt; then it doubles. Eight attempts wait 1.3 s together.
const BACK_OFF_MS: u64 = 10;

impl CatalogStore for CatalogRepository {
    async fn epoch(&self) -> Result<Epoch, PortError> {
        let item = self.table.get(&ItemKey::Epoch.key(), Consistency::Strong).await?;
        Ok(Epoch(item.map(|item| item.version)))
    }

    async fn active_version(
        &self,
        product: &str,
        consistency: Consistency,
    ) -> Result<Option<ActiveVersion>, PortError> {
        let item = self.table.get(&ItemKey::Product { product }.key(), consistency).await?;
        item.as_ref().map(active_version).transpose()
    }

    async fn stored_version(
        &self,
        product: &str,
        version: u64,
    ) -> Result<Option<ProductVersion>, PortError> {
        let key = ItemKey::ProductVersion { product, version }.key();
        let item = self.table.get(&key, Consistency::Strong).await?;
        item.as_ref().filter(is_retained).map(product_version).transpose()
    }

    async fn versions_before(
        &self,
        product: &str,
        before: u64,
        limit: usize,
    ) -> Result<Vec<OldVersion>, PortError> {
        let page = Page {
            range: Range::product_versions(product),
            before: Some(ItemKey::ProductVersion { product, version: before }.key()),
            items_max: limit,
            consistency: Consistency::Strong,
        };
        let items = self.table.query(&page).await?;
        let with_content = items.iter().filter(|item| !item.document.is_empty());
        let old_version = |item: &Item| {
            Ok(if is_retained(&item) {
                OldVersion { version: product_version(item)?, is_deleted: false }
            } else {
                OldVersion { version: decode("product", &item.document)?, is_deleted: true }
            })
        };
        with_content.map(old_version).collect()
    }

    async fn claims(&self, variant_ids: &[&str]) -> Result<BTreeMap<String, Claim>, PortError> {
        let key_of = |variant_id: &&str| ItemKey::Variant { variant_id }.key();
        let keys: Vec<Key> = variant_ids.iter().map(key_of).collect();
        let items = self.table.batch_get(&keys).await?;
        let claimed =
            variant_ids.iter().zip(&keys).filter_map(|(id, key)| Some((id, items.get(key)?)));
        let claim = |(variant_id, item): (&&str, &Item)| {
            let StoredClaim { product } = decode("claim", &item.document)?;
            Ok(((*variant_id).to_owned(), Claim { product, number: item.version }))
        };
        claimed.map(claim).collect()
    }

    async fn claim(&self, change: &ClaimChange<'_>) -> Result<Written, PortError> {
        let claims = change.claims.iter();
        let claims =
            claims.map(|(variant_id, replaced)| claim(change.product, variant_id, *replaced));
        let puts: Vec<Put> = claims.chain(change.epoch.map(advance)).collect();
        self.write(&puts).await
    }

    async fn activate(&self, change: &ActivationChange<'_>) -> Result<Written, PortError> {
        let ActivationChange { product, active, is_new, epoch, deleted } = *change;
        let pointer = Pointer {
            active: active.version.clone(),
            newest: Some(active.newest),
            replaced: Some(active.replaced),
            withdrawn: active.is_withdrawn,
        };
        let number = active.version.version;
        let pointer = Put {
            key: ItemKey::Product { product }.key(),
            item: Item::new(active.sequence, encode(&pointer))
                .indexed(Some(index_of_product(product))),
            guard: match active.sequence {
                1 => Guard::Absent,
                sequence => Guard::Version(sequence - 1),
            },
        };
        let version = Put {
            key: ItemKey::ProductVersion { product, version: number }.key(),
            item: Item::new(number, encode(&active.version)),
            guard: if is_new { Guard::Absent } else { Guard::Version(number) },
        };
        let deleted = deleted.iter().map(|version| mark_deleted(product, version));
        let entry = self.act.as_ref().map(|act| {
            let detail = if active.is_withdrawn { "withdrawn" } else { "" };
            audit_entry(&act.entry(&format!("configurators/{product}/versions/{number}"), detail))
        });
        let event = PublishedEvent {
            product: product.to_owned(),
            version: number,
            withdrawn: active.is_withdrawn,
        };
        let announcement = Put {
            key: ItemKey::Announcement { product, sequence: active.sequence }.key(),
            item: Item::new(active.sequence, encode(&event)),
            guard: Guard::Sibling,
        };
        let written = [pointer, version, advance(epoch), announcement].into_iter();
        let puts: Vec<Put> = written.chain(deleted).chain(entry).collect();
        self.write(&puts).await
    }

    fn content_ref(&self, owner: &str, content: &[u8]) -> BlobRef {
        blobs::reference(owner, content)
    }

    async fn write_content(&self, owner: &str, content: &[u8]) -> Result<BlobRef, PortError> {
        self.blobs.write(owner, content).await
    }

    async fn read_content(&self, blob: &BlobRef) -> Result<Vec<u8>, PortError> {
        self.blobs.read(blob).await
    }

    async fn delete_content(
        &self,
        product: &str,
        version: &ProductVersion,
        now: Time,
    ) -> Result<(), PortError> {
        for blob in std::iter::once(&version.blob).chain(&version.artefact) {
            self.blobs.delete(blob, now).await?;
        }
        let emptied = Put {
            key: ItemKey::ProductVersion { product, version: version.version }.key(),
            item: Item::new(DELETED, Vec::new()).expiring(now),
            guard: Guard::Version(DELETED),
        };
        self.table.put(&emptied).await.map(|_| ())
    }

    async fn back_off(&self, attempt: u32) {
        let wait_ms = BACK_OFF_MS << attempt.saturating_sub(1);
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
    }
}

impl Outbox for CatalogRepository {
    async fn announcements(&self) -> Result<Vec<Announcement>, PortError> {
        let page = Page {
            range: Range::announcements(),
            before: None,
            items_max: ANNOUNCED_AT_ONCE_MAX,
            consistency: Consistency::Strong,
        };
        let announcement = |item: &Item| {
            let event = decode("announcement", &item.document)?;
            Ok(Announcement { sequence: item.version, event })
        };
        self.table.query(&page).await?.iter().map(announcement).collect()
    }

    async fn announced(&self, done: &[Announcement]) -> Result<(), PortError> {
        let key = |Announcement { sequence, event }: &Announcement| {
            ItemKey::Announcement { product: &event.product, sequence: *sequence }.key()
        };
        let keys: Vec<Key> = done.iter().map(key).collect();
        self.table.transact(&[], &keys).await?.written().map(|_| ())
    }
}

impl CatalogRepository {
    /// A collision with another transaction is a conflict, too: the caller decides again.
    async fn write(&self, puts: &[Put]) -> Result<Written, PortError> {
        Ok(match self.table.transact(puts, &[]).await? {
            Transacted::Done => Written::Done,
            Transacted::ConditionFailed | Transacted::Collided => Written::Conflict,
        })
    }
}

/// The write that advances the epoch if it has not changed since it was read.
fn advance(epoch: Epoch) -> Put {
    Put {
        key: ItemKey::Epoch.key(),
        item: Item::new(epoch.0.map_or(1, |version| version + 1), encode(&())),
        guard: epoch.0.map_or(Guard::Absent, Guard::Version),
    }
}

fn claim(product: &str, variant_id: &str, replaced: Option<u64>) -> Put {
    let document = encode(&StoredClaim { product: product.to_owned() });
    Put {
        key: ItemKey::Variant { variant_id }.key(),
        item: Item::new(replaced.map_or(1, |number| number + 1), document),
        guard: replaced.map_or(Guard::Absent, Guard::Version),
    }
}

fn mark_deleted(product: &str, version: &ProductVersion) -> Put {
    let number = version.version;
    Put {
        key: ItemKey::ProductVersion { product, version: number }.key(),
        item: Item::new(DELETED, encode(version)),
        guard: Guard::Version(number),
    }
}

pub(super) fn is_retained(item: &&Item) -> bool {
    item.version != DELETED
}

pub(super) fn product_version(item: &Item) -> Result<ProductVersion, PortError> {
    let product: ProductVersion = decode("product", &item.document)?;
    if item.version == product.version {
        Ok(product)
    } else {
        Err(corrupt("product", "two versions"))
    }
}

pub(super) fn active_version(item: &Item) -> Result<ActiveVersion, PortError> {
    let Pointer { active, newest, replaced, withdrawn } = decode("product", &item.document)?;
    Ok(ActiveVersion {
        sequence: item.version,
        newest: newest.unwrap_or(active.version),
        replaced: replaced.unwrap_or(active.version.saturating_sub(1)),
        version: active,
        is_withdrawn: withdrawn,
    })
}

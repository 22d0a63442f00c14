//! Saved selections in the hot table: one small item each, which expires.

use std::sync::Arc;

use domain_catalog::{SavedSelection, SavedSelections};
use domain_core::port::{Consistency, PortError};
use domain_core::time::Time;

use super::document::{decode, encode, stored};
use crate::error::corrupt;
use crate::table::{Guard, Item, ItemKey, Put, SharedTable};

/// A saved selection never changes, nor does its version.
const ONLY_VERSION: u64 = 1;

/// [`SavedSelections`] in DynamoDB.
#[derive(Debug, Clone)]
pub struct SelectionRepository {
    table: SharedTable,
}

// === impl SelectionRepository ===

impl SelectionRepository {
    /// Selections in these tables.
    #[must_use]
    pub fn new(table: &SharedTable) -> Self {
        Self { table: Arc::clone(table) }
    }
}

stored!(SavedSelection);

impl SavedSelections for SelectionRepository {
    async fn save(&self, saved: &SavedSelection, now: Time) -> Result<(), PortError> {
        let until = SavedSelection::expires_at(now);
        let put = Put {
            key: ItemKey::Selection { id: &saved.id() }.key(),
            item: Item::new(ONLY_VERSION, encode(saved)).expiring(until),
            guard: Guard::DifferentOrBefore(until),
        };
        // If the condition fails, it is already stored at least as long.
        self.table.put(&put).await.map(|_| ())
    }

    async fn saved(&self, id: &str, now: Time) -> Result<Option<SavedSelection>, PortError> {
        let key = ItemKey::Selection { id }.key();
        let item = self.table.get(&key, Consistency::Strong).await?;
        // The table deletes late.
        let is_unexpired = |item: &Item| item.expires_at.is_some_and(|at| now < at);
        let Some(item) = item.filter(is_unexpired) else { return Ok(None) };
        let saved: SavedSelection = decode("selection", &item.document)?;
        if saved.id() == id { Ok(Some(saved)) } else { Err(corrupt("selection", "another's id")) }
    }
}

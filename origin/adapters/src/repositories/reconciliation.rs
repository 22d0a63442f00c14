//! Where the nightly reconciliation stands.

use std::sync::Arc;

use domain_core::port::{Consistency, PortError, Written};
use domain_loyalty::{Reconciliation, ReconciliationStore};

use super::document::{Versioned, encode, read, stored};
use crate::table::{Guard, Item, ItemKey, Put, SharedTable};

/// The reconciliation of the shop in these tables.
#[derive(Debug, Clone)]
pub struct ReconciliationRepository {
    table: SharedTable,
}

stored!(Reconciliation);

impl Versioned for Reconciliation {
    const NAME: &'static str = "reconciliation";

    fn version(&self) -> u64 {
        self.version
    }
}

// === impl ReconciliationRepository ===

impl ReconciliationRepository {
    /// The reconciliation in these tables.
    #[must_use]
    pub fn new(table: &SharedTable) -> Self {
        Self { table: Arc::clone(table) }
    }
}

impl ReconciliationStore for ReconciliationRepository {
    async fn load(&self) -> Result<Reconciliation, PortError> {
        let item = self.table.get(&ItemKey::Reconciliation.key(), Consistency::Strong).await?;
        Ok(item.as_ref().map(read).transpose()?.unwrap_or_default())
    }

    async fn save(&self, item: &Reconciliation) -> Result<Written, PortError> {
        let put = Put {
            key: ItemKey::Reconciliation.key(),
            item: Item::new(item.version, encode(item)),
            guard: match item.version {
                1 => Guard::Absent,
                version => Guard::Version(version - 1),
            },
        };
        Ok(self.table.put(&put).await?.into())
    }
}

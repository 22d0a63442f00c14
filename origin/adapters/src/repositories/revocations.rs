//! Revocations in the hot table: one small item for each holder, which expires.

use std::sync::Arc;

use domain_core::port::{Consistency, PortError, Written};
use domain_core::revocation::{Revocation, Revocations, TokenHolder};
use domain_staff::StaffAct;

use super::document::{Versioned, encode, read, stored};
use super::staff::audit_entry;
use crate::table::{Guard, Item, ItemKey, Put, SharedTable};

/// [`Revocations`] in these tables.
#[derive(Debug, Clone)]
pub struct RevocationRepository {
    table: SharedTable,
    act: Option<StaffAct>,
}

stored!(Revocation);

impl Versioned for Revocation {
    const NAME: &'static str = "revocation";

    fn version(&self) -> u64 {
        self.version
    }
}

// === impl RevocationRepository ===

impl RevocationRepository {
    /// Revocations in these tables.
    #[must_use]
    pub fn new(table: &SharedTable) -> Self {
        Self { table: Arc::clone(table), act: None }
    }

    /// The same, changed by this act of staff: each revocation is written with its entry in the audit
    /// log.
    #[must_use]
    pub fn on_behalf_of(&self, act: StaffAct) -> Self {
        Self { act: Some(act), ..self.clone() }
    }
}

impl Revocations for RevocationRepository {
    async fn revocation(&self, holder: TokenHolder<'_>) -> Result<Option<Revocation>, PortError> {
        let (holder, id) = holder.parts();
        let key = ItemKey::Revocation { holder, id }.key();
        let item = self.table.get(&key, Consistency::Strong).await?;
        item.as_ref().map(read).transpose()
    }

    async fn save(
        &self,
        of: TokenHolder<'_>,
        revocation: &Revocation,
    ) -> Result<Written, PortError> {
        let (holder, id) = of.parts();
        let item = Item::new(revocation.version, encode(revocation));
        let put = Put {
            key: ItemKey::Revocation { holder, id }.key(),
            item: item.expiring(revocation.expires_at(of)),
            guard: match revocation.version {
                1 => Guard::Absent,
                version => Guard::Version(version - 1),
            },
        };
        let Some(act) = &self.act else { return Ok(self.table.put(&put).await?.into()) };
        let entry = audit_entry(&act.entry(&format!("{holder}/{id}"), ""));
        self.table.transact(&[put, entry], &[]).await?.written()
    }
}

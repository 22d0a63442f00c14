//! The merchant's staff and the audit log.

use std::sync::Arc;

use domain_core::port::{Consistency, PortError, Written};
use domain_core::time::Time;
use domain_staff::{
    AUDIT_PAGE_MAX, AUDIT_RETENTION_MS, AuditCursor, AuditEntry, AuditLog, Roster, RosterStore,
};

use super::document::{Versioned, decode, encode, read, stored};
use crate::table::{Guard, Item, ItemKey, Page, Put, Range, SharedTable};

/// Entries are never changed.
const ONLY_VERSION: u64 = 1;

/// Staff in these tables.
#[derive(Debug, Clone)]
pub struct StaffRepository {
    table: SharedTable,
}

stored!(Roster, AuditEntry);

impl Versioned for Roster {
    const NAME: &'static str = "roster";

    fn version(&self) -> u64 {
        self.version
    }
}

// === impl StaffRepository ===

impl StaffRepository {
    /// Staff in these tables.
    #[must_use]
    pub fn new(table: &SharedTable) -> Self {
        Self { table: Arc::clone(table) }
    }
}

impl RosterStore for StaffRepository {
    async fn roster(&self) -> Result<Option<Roster>, PortError> {
        let item = self.table.get(&ItemKey::Roster.key(), Consistency::Strong).await?;
        item.as_ref().map(read).transpose()
    }

    async fn save(&self, roster: &Roster, entry: &AuditEntry) -> Result<Written, PortError> {
        let put = Put {
            key: ItemKey::Roster.key(),
            item: Item::new(roster.version, encode(roster)),
            guard: match roster.version {
                1 => Guard::Absent,
                version => Guard::Version(version - 1),
            },
        };
        self.table.transact(&[put, audit_entry(entry)], &[]).await?.written()
    }
}

impl AuditLog for StaffRepository {
    async fn append(&self, entry: &AuditEntry) -> Result<(), PortError> {
        self.table.put(&audit_entry(entry)).await.map(|_| ())
    }

    async fn entries(
        &self,
        before: Option<&AuditCursor>,
        now: Time,
    ) -> Result<Vec<AuditEntry>, PortError> {
        // DynamoDB deletes expired entries days late.
        let first = now.minus_ms(AUDIT_RETENTION_MS);
        // DynamoDB accepts no start outside the range.
        if before.is_some_and(|before| before.at < first) {
            return Ok(Vec::new());
        }
        let key = |AuditCursor { at, id }: &AuditCursor| ItemKey::AuditEntry { at: *at, id }.key();
        let page = Page {
            range: Range::audit_entries(first),
            before: before.map(key),
            items_max: AUDIT_PAGE_MAX,
            consistency: Consistency::Strong,
        };
        let items = self.table.query(&page).await?;
        items.iter().map(|item| decode("audit entry", &item.document)).collect()
    }
}

/// The write of an entry: it has no condition of its own, so it can join any transaction.
pub(super) fn audit_entry(entry: &AuditEntry) -> Put {
    Put {
        key: ItemKey::AuditEntry { at: entry.at, id: &entry.id() }.key(),
        item: Item::new(ONLY_VERSION, encode(entry)).expiring(entry.at.plus_ms(AUDIT_RETENTION_MS)),
        guard: Guard::Sibling,
    }
}

//! The loyalty program: the document of each version, and each activation under its number, which
//! is unique, and under the time it is active from, for queries by time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain_core::port::{Consistency, PortError, Written};
use domain_core::time::Time;
use domain_loyalty::{Activation, Program, ProgramStore, ProgramVersion, Programs};
use domain_staff::StaffAct;

use super::document::{decode, encode, stored};
use super::staff::audit_entry;
use crate::error::corrupt;
use crate::table::{Guard, Item, ItemKey, Page, Put, Range, SharedTable};

/// Most compiled versions in memory, the newest: orders belong to the present one, and to the one
/// before for a day or two after a change.
const COMPILED_MAX: usize = 8;

/// The program's versions in the hot table. Clones share the compiled programs.
#[derive(Debug, Clone)]
pub struct ProgramRepository {
    table: SharedTable,
    compiled: Compiled,
    act: Option<StaffAct>,
}

/// Compiled versions by number. A version never changes, so it is read and compiled once. Clones
/// are the same.
#[derive(Debug, Clone, Default)]
struct Compiled(Arc<Mutex<BTreeMap<u64, Arc<Program>>>>);

// === impl Compiled ===

impl Compiled {
    fn get(&self, version: u64) -> Option<Arc<Program>> {
        self.lock().get(&version).map(Arc::clone)
    }

    /// Compiles the document of an active version.
    fn insert(&self, version: u64, document: Option<String>) -> Result<Arc<Program>, PortError> {
        let document =
            document.ok_or_else(|| corrupt("program", "the active version is missing"))?;
        let program = Program::stored(&document);
        let program = program.ok_or_else(|| corrupt("program", "not one this release reads"))?;
        let program = Arc::new(program);
        let mut compiled = self.lock();
        compiled.insert(version, Arc::clone(&program));
        if compiled.len() > COMPILED_MAX {
            compiled.pop_first();
        }
        Ok(program)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Program>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl ProgramRepository ===

impl ProgramRepository {
    /// The program in these tables.
    #[must_use]
    pub fn new(table: &SharedTable) -> Self {
        Self { table: Arc::clone(table), compiled: Compiled::default(), act: None }
    }

    /// The same, changed by this act of staff: each activation is written with its entry in the
    /// audit log.
    #[must_use]
    pub fn on_behalf_of(&self, act: StaffAct) -> Self {
        Self { act: Some(act), ..self.clone() }
    }
}

stored!(Activation);

impl Programs for ProgramRepository {
    async fn in_effect(
        &self,
        at: Time,
        consistency: Consistency,
    ) -> Result<Option<ProgramVersion>, PortError> {
        let range = Range::activations_until(at);
        let page = Page { range, before: None, items_max: 1, consistency };
        let items = self.table.query(&page).await?;
        let Some(item) = items.first() else { return Ok(None) };
        let Activation { number, version, active_from } = decode("activation", &item.document)?;
        let program = match self.compiled.get(version) {
            Some(program) => program,
            None => self.compiled.insert(version, self.document(version).await?)?,
        };
        Ok(Some(ProgramVersion { activation: number, version, active_from, program }))
    }
}

impl ProgramStore for ProgramRepository {
    async fn history(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Activation>, PortError> {
        let page = Page {
            range: Range::activations(),
            before: before.map(|number| ItemKey::Activation { number }.key()),
            items_max: limit,
            consistency: Consistency::Strong,
        };
        let items = self.table.query(&page).await?;
        items.iter().map(|item| decode("activation", &item.document)).collect()
    }

    async fn document(&self, version: u64) -> Result<Option<String>, PortError> {
        let key = ItemKey::ProgramDocument { version }.key();
        let item = self.table.get(&key, Consistency::Strong).await?;
        item.map(|item| decode("program", &item.document)).transpose()
    }

    async fn activate(
        &self,
        activation: &Activation,
        document: Option<&str>,
    ) -> Result<Written, PortError> {
        let mut puts = writes(activation, document);
        puts.extend(self.act.as_ref().map(|act| {
            let subject = format!("loyalty/program/versions/{}", activation.version);
            audit_entry(&act.entry(&subject, ""))
        }));
        self.table.transact(&puts, &[]).await?.written()
    }
}

/// The writes of an activation: everything or nothing.
fn writes(activation: &Activation, document: Option<&str>) -> Vec<Put> {
    let Activation { number, version, active_from } = *activation;
    let encoded = encode(activation);
    let by_number = (ItemKey::Activation { number }, number, encoded.clone());
    let by_time = (ItemKey::ActiveFrom { active_from, number }, number, encoded);
    let document = document.map(|document| {
        (ItemKey::ProgramDocument { version }, version, encode(&document.to_owned()))
    });
    let written = [by_number, by_time].into_iter().chain(document);
    let put = |(item, version, document): (ItemKey<'_>, u64, Vec<u8>)| Put {
        key: item.key(),
        item: Item::new(version, document),
        guard: Guard::Absent,
    };
    written.map(put).collect()
}

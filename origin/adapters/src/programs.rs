//! The loyalty programme: the document of each version, and each activation under its number, which
//! can be taken once, and under the time it is active from, by which it is found.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use origin_domain::loyalty::{Activation, Program, ProgramShelf, ProgramVersion, Programs};
use origin_domain::port::{Consistency, PortError, Written};
use origin_domain::time::Time;

use crate::aws::Aws;
use crate::document::{decode, encode};
use crate::error::corrupt;
use crate::item::{Guard, Item, Put};
use crate::keys::{ItemKey, Range};
use crate::tables::Page;

/// Most compiled versions that are kept, the newest: orders are of the present one, and of the one
/// before for a day or two after a change.
const COMPILED_MAX: usize = 8;

/// The programme's versions in the hot table. Clones share what they compiled.
#[derive(Debug, Clone)]
pub struct DynamoPrograms {
    aws: Aws,
    compiled: Compiled,
}

/// Versions that were read: one never changes, so it is read and compiled once. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Compiled(Arc<Mutex<BTreeMap<u64, Arc<Program>>>>);

// === impl Compiled ===

impl Compiled {
    pub(crate) fn get(&self, version: u64) -> Option<Arc<Program>> {
        self.kept().get(&version).map(Arc::clone)
    }

    /// Compiles the document of an active version.
    pub(crate) fn keep(
        &self,
        version: u64,
        document: Option<String>,
    ) -> Result<Arc<Program>, PortError> {
        let document = document.ok_or_else(|| corrupt("programme", "active, and not there"))?;
        let program = Program::stored(&document);
        let program = program.ok_or_else(|| corrupt("programme", "not one this release reads"))?;
        let program = Arc::new(program);
        let mut kept = self.kept();
        kept.insert(version, Arc::clone(&program));
        if kept.len() > COMPILED_MAX {
            kept.pop_first();
        }
        Ok(program)
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Program>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl DynamoPrograms ===

impl DynamoPrograms {
    /// The programme in these tables.
    #[must_use]
    pub fn new(aws: &Aws) -> Self {
        Self { aws: aws.clone(), compiled: Compiled::default() }
    }
}

impl Programs for DynamoPrograms {
    async fn in_effect(
        &self,
        at: Time,
        consistency: Consistency,
    ) -> Result<Option<ProgramVersion>, PortError> {
        let range = Range::activations_until(at);
        let page = Page { range, before: None, items_max: 1, consistency };
        let items = self.aws.query(page).await?;
        let Some(item) = items.first() else { return Ok(None) };
        let Activation { number, version, active_from } = decode("activation", &item.document)?;
        let program = match self.compiled.get(version) {
            Some(program) => program,
            None => self.compiled.keep(version, self.document(version).await?)?,
        };
        Ok(Some(ProgramVersion { activation: number, version, active_from, program }))
    }
}

impl ProgramShelf for DynamoPrograms {
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
        let items = self.aws.query(page).await?;
        items.iter().map(|item| decode("activation", &item.document)).collect()
    }

    async fn document(&self, version: u64) -> Result<Option<String>, PortError> {
        let key = ItemKey::ProgramDocument { version }.key();
        let item = self.aws.get(&key, Consistency::Strong).await?;
        item.map(|item| decode("programme", &item.document)).transpose()
    }

    async fn activate(
        &self,
        activation: &Activation,
        document: Option<&str>,
    ) -> Result<Written, PortError> {
        self.aws.transact(&writes(activation, document)).await?.written()
    }
}

/// What an activation writes: everything or nothing.
pub(crate) fn writes(activation: &Activation, document: Option<&str>) -> Vec<Put> {
    let Activation { number, version, active_from } = *activation;
    let told = encode(activation);
    let by_number = (ItemKey::Activation { number }, number, told.clone());
    let by_time = (ItemKey::ActiveFrom { active_from, number }, number, told);
    let document =
        document.map(|document| (ItemKey::ProgramDocument { version }, version, encode(&document)));
    let written = [by_number, by_time].into_iter().chain(document);
    let put = |(item, version, document): (ItemKey<'_>, u64, Vec<u8>)| Put {
        key: item.key(),
        item: Item::new(version, document),
        guard: Guard::Absent,
    };
    written.map(put).collect()
}

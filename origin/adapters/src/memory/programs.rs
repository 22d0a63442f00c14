//! The loyalty program in memory: the writes of `DynamoPrograms`, under the same guards.

use domain_core::port::{Consistency, PortError, Written};
use domain_core::time::Time;
use domain_loyalty::{Activation, ProgramStore, ProgramVersion, Programs};

use super::items::MemoryItems;
use super::tables::Replicas;
use crate::document::decode;
use crate::keys::{ItemKey, Range};
use crate::programs::{Compiled, writes};

/// The program's versions. Clones are the same and share the compiled programs.
#[derive(Clone)]
pub struct MemoryPrograms {
    items: MemoryItems,
    compiled: Compiled,
}

// === impl MemoryPrograms ===

impl MemoryPrograms {
    /// No program yet, on these replicas.
    #[must_use]
    pub fn new(replicas: Replicas) -> Self {
        Self { items: MemoryItems::new(replicas), compiled: Compiled::default() }
    }
}

impl std::fmt::Debug for MemoryPrograms {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "MemoryPrograms({} items)", self.items.all().len())
    }
}

impl Programs for MemoryPrograms {
    async fn in_effect(
        &self,
        at: Time,
        consistency: Consistency,
    ) -> Result<Option<ProgramVersion>, PortError> {
        let items = self.items.query(Range::activations_until(at), None, 1, consistency);
        let Some(item) = items.first() else { return Ok(None) };
        let Activation { number, version, active_from } = decode("activation", &item.document)?;
        let program = match self.compiled.get(version) {
            Some(program) => program,
            None => self.compiled.insert(version, self.document(version).await?)?,
        };
        Ok(Some(ProgramVersion { activation: number, version, active_from, program }))
    }
}

impl ProgramStore for MemoryPrograms {
    async fn history(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Activation>, PortError> {
        let before = before.map(|number| ItemKey::Activation { number }.key());
        let items = self.items.query(Range::activations(), before, limit, Consistency::Strong);
        items.iter().map(|item| decode("activation", &item.document)).collect()
    }

    async fn document(&self, version: u64) -> Result<Option<String>, PortError> {
        let key = ItemKey::ProgramDocument { version }.key();
        let item = self.items.get(&key, Consistency::Strong);
        item.map(|item| decode("program", &item.document)).transpose()
    }

    async fn activate(
        &self,
        activation: &Activation,
        document: Option<&str>,
    ) -> Result<Written, PortError> {
        Ok(match self.items.write(writes(activation, document), &[])? {
            Ok(()) => Written::Done,
            Err(_) => Written::Conflict,
        })
    }
}

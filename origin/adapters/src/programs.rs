//! The loyalty programme: the document of each version, and each activation under its number, which
//! can be taken once, and under the time it is active from, by which it is found.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use origin_domain::loyalty::{Activation, Program, ProgramShelf, ProgramVersion, Programs};
use origin_domain::port::{Consistency, PortError, Written};
use origin_domain::time::Time;

use crate::aws::Aws;
use crate::document::{decode, encode};
use crate::error::corrupt;
use crate::item::{Guard, Item, Put};
use crate::keys::{Range, Shape};
use crate::tables::Page;

/// Most compiled versions that are kept, the newest: orders are of the present one, and of the one
/// before for a day or two after a change.
const COMPILED_MAX: usize = 8;

/// The programme's versions in the hot table. Clones share what they compiled.
#[derive(Debug, Clone)]
pub struct DynamoPrograms {
    aws: Aws,
    /// A version never changes: it is read and compiled once.
    compiled: Arc<Mutex<BTreeMap<u64, Arc<Program>>>>,
}

// === impl DynamoPrograms ===

impl DynamoPrograms {
    /// The programme in these tables.
    #[must_use]
    pub fn new(aws: &Aws) -> Self {
        Self { aws: aws.clone(), compiled: Arc::default() }
    }

    async fn program(&self, version: u64) -> Result<Arc<Program>, PortError> {
        let compiled = || self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(program) = compiled().get(&version) {
            return Ok(Arc::clone(program));
        }
        let document = self.document(version).await?;
        let document = document.ok_or_else(|| corrupt("programme", "active, and not there"))?;
        let program = Program::stored(&document);
        let program = program.ok_or_else(|| corrupt("programme", "not one this release reads"))?;
        let program = Arc::new(program);
        let mut kept = compiled();
        kept.insert(version, Arc::clone(&program));
        if kept.len() > COMPILED_MAX {
            kept.pop_first();
        }
        Ok(program)
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
        let program = self.program(version).await?;
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
            before: before.map(|number| Shape::Activation { number }.key()),
            items_max: limit,
            consistency: Consistency::Strong,
        };
        let items = self.aws.query(page).await?;
        items.iter().map(|item| decode("activation", &item.document)).collect()
    }

    async fn document(&self, version: u64) -> Result<Option<String>, PortError> {
        let key = Shape::ProgramDocument { version }.key();
        let item = self.aws.get(&key, Consistency::Strong).await?;
        item.map(|item| decode("programme", &item.document)).transpose()
    }

    async fn activate(
        &self,
        activation: &Activation,
        document: Option<&str>,
    ) -> Result<Written, PortError> {
        let Activation { number, version, active_from } = *activation;
        let told = encode(activation);
        let by_number = (Shape::Activation { number }, number, told.clone());
        let by_time = (Shape::ActiveFrom { active_from, number }, number, told);
        let document = document
            .map(|document| (Shape::ProgramDocument { version }, version, encode(&document)));
        let puts: Vec<Put> = [by_number, by_time]
            .into_iter()
            .chain(document)
            .map(|(shape, version, document)| Put {
                key: shape.key(),
                item: Item::new(version, document),
                guard: Guard::Absent,
            })
            .collect();
        self.aws.transact(&puts).await?.written()
    }
}

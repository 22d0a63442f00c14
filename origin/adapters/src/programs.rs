//! The loyalty programme: each version under its number, which can be taken once, and under the
//! time it is active from, by which it is found.

use origin_domain::loyalty::{ProgramVersion, ProgramWriter, Programs};
use origin_domain::port::{Consistency, PortError, Written};
use origin_domain::time::Time;

use crate::aws::Aws;
use crate::document::{decode, encode};
use crate::item::{Guard, Item, Put};
use crate::keys::{Range, Shape};
use crate::tables::Page;

/// The programme's versions in the hot table.
#[derive(Debug, Clone)]
pub struct DynamoPrograms {
    aws: Aws,
}

// === impl DynamoPrograms ===

impl DynamoPrograms {
    /// The programme in these tables.
    #[must_use]
    pub fn new(aws: &Aws) -> Self {
        Self { aws: aws.clone() }
    }
}

impl Programs for DynamoPrograms {
    async fn in_effect(
        &self,
        at: Time,
        consistency: Consistency,
    ) -> Result<Option<ProgramVersion>, PortError> {
        let range = Range::programs_until(at);
        let page = Page { range, before: None, items_max: 1, consistency };
        let items = self.aws.query(page).await?;
        items.first().map(|item| decode("programme", &item.document)).transpose()
    }
}

impl ProgramWriter for DynamoPrograms {
    async fn publish(&self, program: &ProgramVersion) -> Result<Written, PortError> {
        let ProgramVersion { version, active_from, .. } = *program;
        let shapes = [Shape::Program { version }, Shape::ProgramFrom { active_from, version }];
        let puts = shapes.map(|shape| Put {
            key: shape.key(),
            item: Item::new(version, encode(program)),
            guard: Guard::Absent,
        });
        self.aws.transact(&puts).await?.written()
    }
}

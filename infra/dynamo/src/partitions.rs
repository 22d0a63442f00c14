//! Maintenance of the file: checks whether partitions have items, and deletes them. DynamoDB would
//! have to scan for either, so production has neither.

use std::collections::HashMap;

use dynoxide::actions::delete_item::DeleteItemRequest;
use dynoxide::actions::scan::ScanRequest;
use dynoxide::{AttributeValue, DynoxideError, Item};

use crate::embedded::Embedded;

/// Items read in one step.
const STEP_ITEMS: usize = 500;

/// Some partitions of one table.
#[derive(Clone, Copy, Debug)]
pub struct Partitions<'a> {
    /// The table.
    pub table: &'a str,
    /// Its partition key attribute, and its sort key attribute if it has one.
    pub keys: &'a [&'a str],
    /// The prefix of the partition key, a string.
    pub prefix: &'a str,
}

// === impl Embedded ===

impl Embedded {
    /// Whether there is any item in these partitions. A missing table has no items.
    ///
    /// # Errors
    /// If the file fails.
    pub fn holds_any(&self, partitions: &Partitions<'_>) -> std::io::Result<bool> {
        Ok(!self.keys_after(partitions, None)?.0.is_empty())
    }

    /// Deletes every item of these partitions and returns their number. Runs on this thread, step
    /// by step.
    ///
    /// # Errors
    /// If the file fails, after some are deleted.
    pub fn delete(&self, partitions: &Partitions<'_>) -> std::io::Result<usize> {
        let mut deleted = 0;
        let mut after = None;
        loop {
            let (keys, next) = self.keys_after(partitions, after)?;
            for key in keys {
                let table_name = partitions.table.to_owned();
                let request = DeleteItemRequest { table_name, key, ..Default::default() };
                self.database().delete_item(request).map_err(std::io::Error::other)?;
                deleted += 1;
            }
            let Some(next) = next else { return Ok(deleted) };
            after = Some(next);
        }
    }

    /// The matching keys of the step after `after`, and the start of the next one; stops at the
    /// first step with a matching key.
    fn keys_after(
        &self,
        partitions: &Partitions<'_>,
        mut after: Option<Item>,
    ) -> std::io::Result<(Vec<Item>, Option<Item>)> {
        let Partitions { table, keys, prefix } = partitions;
        loop {
            let request = ScanRequest {
                table_name: (*table).to_owned(),
                projection_expression: Some(keys.join(", ")),
                limit: Some(STEP_ITEMS),
                exclusive_start_key: after,
                ..Default::default()
            };
            let step = match self.database().scan(request) {
                Err(DynoxideError::ResourceNotFoundException(_)) => return Ok((Vec::new(), None)),
                step => step.map_err(std::io::Error::other)?,
            };
            let begins = |item: &HashMap<String, AttributeValue>| match item.get(keys[0]) {
                Some(AttributeValue::S(key)) => key.starts_with(prefix),
                _ => false,
            };
            let mut matching = step.items.unwrap_or_default();
            matching.retain(|item| begins(item));
            if !matching.is_empty() || step.last_evaluated_key.is_none() {
                return Ok((matching, step.last_evaluated_key));
            }
            after = step.last_evaluated_key;
        }
    }
}

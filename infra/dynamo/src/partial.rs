//! Batches processed in part, as DynamoDB does when it runs out of capacity half-way.

use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::operation::Operation;

/// A batch cut in two.
pub(crate) struct Cut {
    /// The request for the part to be processed.
    request: Value,
    /// The rest, in the form of `RequestItems`.
    rest: Map<String, Value>,
    /// The member of the response that names the rest.
    unprocessed: &'static str,
}

/// Cuts a batch of several items so that one is processed; `None` for anything else.
pub(crate) fn cut(operation: Operation, body: &[u8]) -> Option<Cut> {
    let unprocessed = unprocessed(operation)?;
    let mut request: Value = serde_json::from_slice(body).ok()?;
    let tables = request.get_mut("RequestItems")?.as_object_mut()?;
    let mut rest = tables.clone();
    let mut has_first = false;
    for (name, table) in tables.iter_mut() {
        let processed = items(operation, table)?;
        let count = usize::from(!has_first).min(processed.len());
        has_first |= count > 0;
        processed.truncate(count);
        items(operation, rest.get_mut(name)?)?.drain(..count);
    }
    let is_empty = |items_of: &mut Value| items(operation, items_of).is_none_or(|it| it.is_empty());
    tables.retain(|_, table| !is_empty(table));
    rest.retain(|_, table| !is_empty(table));
    (!rest.is_empty()).then_some(Cut { request, rest, unprocessed })
}

// === impl Cut ===

impl Cut {
    /// Runs the part and adds the rest to the response.
    pub(crate) fn run(self, run: impl FnOnce(&[u8]) -> Answer) -> Answer {
        run(self.request.to_string().as_bytes()).with(self.unprocessed, json!(self.rest))
    }
}

/// The member of the response that lists the unprocessed items.
fn unprocessed(operation: Operation) -> Option<&'static str> {
    match operation {
        Operation::BatchGetItem => Some("UnprocessedKeys"),
        Operation::BatchWriteItem => Some("UnprocessedItems"),
        _ => None,
    }
}

/// The keys or writes of one table in a batch.
fn items(operation: Operation, table: &mut Value) -> Option<&mut Vec<Value>> {
    match operation {
        Operation::BatchGetItem => table.get_mut("Keys")?.as_array_mut(),
        _ => table.as_array_mut(),
    }
}

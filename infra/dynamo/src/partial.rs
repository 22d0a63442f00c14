//! Batches served in part, as DynamoDB does when it runs out of capacity half-way.

use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::operation::Operation;

/// A batch cut in two.
pub(crate) struct Cut {
    /// The request for the part to be served.
    request: Value,
    /// The rest, in the form of `RequestItems`.
    rest: Map<String, Value>,
    /// Where the answer names the rest.
    unprocessed: &'static str,
}

/// Cuts a batch of several items so that one is served; `None` for anything else.
pub(crate) fn cut(operation: Operation, body: &[u8]) -> Option<Cut> {
    let unprocessed = unprocessed(operation)?;
    let mut request: Value = serde_json::from_slice(body).ok()?;
    let tables = request.get_mut("RequestItems")?.as_object_mut()?;
    let mut rest = tables.clone();
    let mut is_served = false;
    for (name, served) in tables.iter_mut() {
        let served = items(operation, served)?;
        let kept = usize::from(!is_served).min(served.len());
        is_served |= kept > 0;
        served.truncate(kept);
        items(operation, rest.get_mut(name)?)?.drain(..kept);
    }
    let is_empty = |items_of: &mut Value| items(operation, items_of).is_none_or(|it| it.is_empty());
    tables.retain(|_, served| !is_empty(served));
    rest.retain(|_, left| !is_empty(left));
    (!rest.is_empty()).then_some(Cut { request, rest, unprocessed })
}

// === impl Cut ===

impl Cut {
    /// Has the part served and adds the rest to the answer.
    pub(crate) fn serve(self, run: impl FnOnce(&[u8]) -> Answer) -> Answer {
        run(self.request.to_string().as_bytes()).with(self.unprocessed, json!(self.rest))
    }
}

/// Where the answer lists what was not served.
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

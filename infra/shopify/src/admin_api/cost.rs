//! Cost of queries and the leaky bucket of each token.

use std::collections::BTreeMap;

use apollo_compiler::ExecutableDocument;
use apollo_compiler::executable::{Field, Operation, Selection, SelectionSet};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::schema::is_connection;

/// Points of a full bucket.
pub const BUCKET_MAX: u64 = 2_000;
/// Points that come back in a second.
pub const RESTORE_PER_SECOND: u64 = 100;
/// Most points of one query.
pub const COST_MAX: u64 = 1_000;
/// Points of a mutation.
const MUTATION: u64 = 10;
/// Points of a count at the root.
const ROOT_COUNT: u64 = 10;
/// Types whose objects cost nothing.
const FREE: [&str; 3] = ["MoneyBag", "MoneyV2", "PageInfo"];
/// Sizes of pages from which on their nodes cost a point more: powers of the square root of e.
const PAGE_STEPS: [u64; 11] = [2, 3, 5, 8, 13, 21, 34, 55, 91, 149, 245];
/// Most tokens with a bucket; full ones are forgotten first.
const TOKENS_MAX: usize = 1_000;
/// Deepest selection that is counted; the parser allows no deeper ones.
const DEPTH_MAX: usize = 100;

/// The points of each token. A token that is not listed has a full bucket.
#[derive(Debug, Default)]
pub(crate) struct Buckets(BTreeMap<String, Bucket>);

/// Points in thousandths, and when they were counted.
#[derive(Debug)]
struct Bucket {
    thousandths: u64,
    at: OffsetDateTime,
}

impl Buckets {
    /// Takes points and returns what is left.
    pub(crate) fn take(&mut self, token: &str, points: u64, now: OffsetDateTime) -> u64 {
        if self.0.len() >= TOKENS_MAX && !self.0.contains_key(token) {
            self.0.retain(|_, bucket| bucket.restored(now) < BUCKET_MAX * 1_000);
            if self.0.len() >= TOKENS_MAX {
                self.0.pop_first();
            }
        }
        let full = Bucket { thousandths: BUCKET_MAX * 1_000, at: now };
        let bucket = self.0.entry(token.to_owned()).or_insert(full);
        bucket.thousandths = bucket.restored(now).saturating_sub(points * 1_000);
        bucket.at = now;
        bucket.thousandths / 1_000
    }
}

impl Bucket {
    fn restored(&self, now: OffsetDateTime) -> u64 {
        let elapsed = u64::try_from((now - self.at).whole_milliseconds()).unwrap_or(0);
        let gained = elapsed.saturating_mul(RESTORE_PER_SECOND);
        self.thousandths.saturating_add(gained).min(BUCKET_MAX * 1_000)
    }
}

/// The answer to a query that is too expensive, or has to wait.
pub(crate) fn refuse(requested: u64, available: u64) -> Option<Value> {
    let (message, code) = if requested > COST_MAX {
        (
            format!(
                "Query cost is {requested}, which exceeds the single query max cost limit ({COST_MAX})."
            ),
            "MAX_COST_EXCEEDED",
        )
    } else if requested > available {
        ("Throttled".to_owned(), "THROTTLED")
    } else {
        return None;
    };
    Some(json!({
        "errors": [{ "message": message, "extensions": { "code": code,
            "documentation": "https://shopify.dev/api/usage/rate-limits" } }],
        "extensions": { "cost": report(requested, None, available) },
    }))
}

/// The part `extensions.cost` of an answer.
pub(crate) fn report(requested: u64, actual: Option<u64>, available: u64) -> Value {
    json!({
        "requestedQueryCost": requested,
        "actualQueryCost": actual,
        "throttleStatus": {
            "maximumAvailable": BUCKET_MAX,
            "currentlyAvailable": available,
            "restoreRate": RESTORE_PER_SECOND,
        },
    })
}

/// Points of a query before it runs.
pub(crate) fn requested(
    document: &ExecutableDocument,
    operation: &Operation,
    variables: &Value,
) -> u64 {
    if operation.is_mutation() {
        return mutations(document, operation);
    }
    let mut costs = Costs { document, variables, fragments: BTreeMap::new() };
    costs.of_set(&operation.selection_set, DEPTH_MAX)
}

/// Points of the mutations of an operation, also of those in fragments.
fn mutations(document: &ExecutableDocument, operation: &Operation) -> u64 {
    MUTATION * u64::try_from(operation.root_fields(document).count()).unwrap_or(1)
}

/// Sums the costs of selections. A fragment is counted once and its cost remembered: a document of
/// a few lines can spread fragments in each other 2ⁿ times.
struct Costs<'d> {
    document: &'d ExecutableDocument,
    variables: &'d Value,
    fragments: BTreeMap<&'d str, u64>,
}

impl<'d> Costs<'d> {
    fn of_set(&mut self, set: &'d SelectionSet, depth: usize) -> u64 {
        if depth == 0 {
            return COST_MAX;
        }
        let mut sum: u64 = 0;
        for selection in &set.selections {
            sum = sum.saturating_add(match selection {
                Selection::InlineFragment(fragment) => {
                    self.of_set(&fragment.selection_set, depth - 1)
                }
                Selection::FragmentSpread(spread) => {
                    self.of_fragment(spread.fragment_name.as_str(), depth)
                }
                Selection::Field(field) => self.of_field(field, depth),
            });
        }
        sum
    }

    fn of_fragment(&mut self, name: &'d str, depth: usize) -> u64 {
        if let Some(cost) = self.fragments.get(name) {
            return *cost;
        }
        let Some(fragment) = self.document.fragments.get(name) else { return 0 };
        let cost = self.of_set(&fragment.selection_set, depth - 1);
        self.fragments.insert(name, cost);
        cost
    }

    /// An object costs one, a connection two and the nodes of its page, which get cheaper with their
    /// number. Fitted to the recorded costs of a real shop.
    fn of_field(&mut self, field: &'d Field, depth: usize) -> u64 {
        if field.selection_set.selections.is_empty() {
            return 0;
        }
        let ty = field.ty().inner_named_type().as_str();
        let below = self.of_set(&field.selection_set, depth - 1);
        if is_connection(ty) {
            let size =
                field.arguments.iter().find(|one| ["first", "last"].contains(&one.name.as_str()));
            let size = size.and_then(|size| match size.value.as_variable() {
                Some(name) => self.variables[name.as_str()].as_u64(),
                None => size.value.to_i32().and_then(|size| u64::try_from(size).ok()),
            });
            return below.saturating_mul(page_weight(size.unwrap_or(1))).saturating_add(2);
        }
        if ty == "Count" && depth == DEPTH_MAX {
            return ROOT_COUNT;
        }
        let is_free = FREE.contains(&ty) || ty.ends_with("Edge");
        below.saturating_add(u64::from(!is_free))
    }
}

/// What the nodes of a page cost: twice the natural logarithm of their number, rounded down.
fn page_weight(size: u64) -> u64 {
    let steps = PAGE_STEPS.iter().filter(|step| **step <= size).count();
    u64::try_from(steps).unwrap_or(1).max(1)
}

/// Points of an answer: one for each object.
pub(crate) fn actual(
    response: &Value,
    document: &ExecutableDocument,
    operation: &Operation,
) -> u64 {
    if operation.is_mutation() {
        return mutations(document, operation);
    }
    response.get("data").map_or(0, |data| objects(data).saturating_sub(1))
}

fn objects(value: &Value) -> u64 {
    match value {
        Value::Object(fields) => 1 + fields.values().map(objects).sum::<u64>(),
        Value::Array(items) => items.iter().map(objects).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;

    #[test]
    fn a_bucket_empties_and_fills_on_the_clock() {
        let start = OffsetDateTime::UNIX_EPOCH;
        let mut buckets = Buckets::default();
        assert_eq!(buckets.take("a", 1_500, start), 500);
        assert_eq!(buckets.take("b", 10, start), 1_990);
        assert_eq!(buckets.take("a", 0, start + Duration::milliseconds(500)), 550);
        assert_eq!(buckets.take("a", 0, start + Duration::seconds(60)), 2_000);
        assert_eq!(refuse(600, 500).unwrap()["errors"][0]["extensions"]["code"], "THROTTLED");
        assert_eq!(refuse(500, 500), None);
    }
}

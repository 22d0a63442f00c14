//! The operations on the tables: get, batch get, query, guarded put, transaction.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    self, AttributeValue, KeysAndAttributes, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use domain_core::port::{Consistency, PortError, Written};

use crate::aws::Aws;
use crate::error::{coded, corrupt, port_error, unavailable};
use crate::item::{Item, Put};
use crate::keys::{INDEX, INDEX_PK, INDEX_SK, Key, PK, Range, SK, Table};

/// Most keys of one `BatchGetItem` (DynamoDB's limit).
pub(crate) const BATCH_KEYS_MAX: usize = 100;
/// Most writes of one `TransactWriteItems` (DynamoDB's limit).
pub(crate) const TRANSACTION_WRITES_MAX: usize = 100;
/// How often keys that a batch left unprocessed are requested again: with doubling waits from
/// [`UNPROCESSED_WAIT_MS`] that is 150 ms; a table throttled for longer is an outage.
pub(crate) const UNPROCESSED_ROUNDS_MAX: u32 = 5;
const UNPROCESSED_WAIT_MS: u64 = 10;

/// The outcome of a guarded put.
pub(crate) enum PutOutcome {
    /// It is durable.
    Done,
    /// The guard failed; this is the present item.
    ConditionFailed(Option<Item>),
}

/// The outcome of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transacted {
    /// All of it is durable.
    Done,
    /// A guard failed; nothing was written.
    ConditionFailed,
    /// Another transaction held one of the items; nothing was decided or written.
    Collided,
}

/// One page of a partition, highest sort key first.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) range: Range,
    /// Only items before this key.
    pub(crate) before: Option<Key>,
    pub(crate) items_max: usize,
    pub(crate) consistency: Consistency,
}

// === impl Aws ===

impl Aws {
    pub(crate) fn table(&self, table: Table) -> &str {
        match table {
            Table::Hot => self.hot_table(),
            Table::Commands => self.commands_table(),
        }
    }

    pub(crate) async fn get(
        &self,
        key: &Key,
        consistency: Consistency,
    ) -> Result<Option<Item>, PortError> {
        let read = self
            .dynamodb()
            .get_item()
            .table_name(self.table(key.table))
            .set_key(Some(key.attributes()))
            .consistent_read(consistency == Consistency::Strong)
            .send()
            .await
            .map_err(|error| port_error("get", &error))?;
        read.item.map(Item::read).transpose()
    }

    /// Reads many keys of either table, strongly consistent; missing items are omitted.
    pub(crate) async fn batch_get(&self, keys: &[Key]) -> Result<HashMap<Key, Item>, PortError> {
        let mut items = HashMap::with_capacity(keys.len());
        // DynamoDB rejects a batch that names a key twice.
        let mut distinct: Vec<&Key> = keys.iter().collect();
        distinct.sort_by_key(|key| (key.table as u8, &key.pk, &key.sk));
        distinct.dedup();
        for batch in distinct.chunks(BATCH_KEYS_MAX) {
            self.one_batch(batch, &mut items).await?;
        }
        Ok(items)
    }

    async fn one_batch(
        &self,
        keys: &[&Key],
        items: &mut HashMap<Key, Item>,
    ) -> Result<(), PortError> {
        let mut pending: HashMap<String, Vec<HashMap<String, AttributeValue>>> = HashMap::new();
        for key in keys {
            pending.entry(self.table(key.table).to_owned()).or_default().push(key.attributes());
        }
        for round in 0..UNPROCESSED_ROUNDS_MAX {
            if round > 0 {
                let wait = UNPROCESSED_WAIT_MS << (round - 1);
                tokio::time::sleep(Duration::from_millis(wait)).await;
            }
            let request = pending
                .into_iter()
                .map(|(table, keys)| Ok((table, strong(keys)?)))
                .collect::<Result<_, PortError>>()?;
            let read = self
                .dynamodb()
                .batch_get_item()
                .set_request_items(Some(request))
                .send()
                .await
                .map_err(|error| port_error("batch get", &error))?;
            for (table, rows) in read.responses.unwrap_or_default() {
                let table = self.table_named(&table)?;
                for attributes in rows {
                    items.insert(Key::read(table, &attributes)?, Item::read(attributes)?);
                }
            }
            let unprocessed = read.unprocessed_keys.unwrap_or_default();
            if unprocessed.is_empty() {
                return Ok(());
            }
            pending = unprocessed.into_iter().map(|(table, keys)| (table, keys.keys)).collect();
        }
        Err(unavailable("batch get", "keys left unprocessed"))
    }

    fn table_named(&self, name: &str) -> Result<Table, PortError> {
        [Table::Hot, Table::Commands]
            .into_iter()
            .find(|table| self.table(*table) == name)
            .ok_or_else(|| corrupt("batch get", "an answer from an unknown table"))
    }

    pub(crate) async fn query(&self, page: Page) -> Result<Vec<Item>, PortError> {
        let Range { pk, first_sk, last_sk } = page.range;
        let read = self
            .dynamodb()
            .query()
            .table_name(self.hot_table())
            .key_condition_expression("#pk = :pk AND #sk BETWEEN :first AND :last")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":pk", AttributeValue::S(pk))
            .expression_attribute_values(":first", AttributeValue::S(first_sk))
            .expression_attribute_values(":last", AttributeValue::S(last_sk))
            .set_exclusive_start_key(page.before.map(|key| key.attributes()))
            .consistent_read(page.consistency == Consistency::Strong)
            .scan_index_forward(false)
            .limit(i32::try_from(page.items_max).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| port_error("query", &error))?;
        read.items.unwrap_or_default().into_iter().map(Item::read).collect()
    }

    /// The keys of one page of a table after `after`, and the start of the next page. This is the
    /// only scan: erasing all customers happens once in the life of a deployment, which does not
    /// justify an index.
    pub(crate) async fn scan_keys(
        &self,
        table: Table,
        after: Option<HashMap<String, AttributeValue>>,
    ) -> Result<(Vec<Key>, Option<HashMap<String, AttributeValue>>), PortError> {
        let names: &[&str] = match table {
            Table::Hot => &[PK, SK],
            Table::Commands => &[PK],
        };
        let read = self
            .dynamodb()
            .scan()
            .table_name(self.table(table))
            .projection_expression(names.join(", "))
            .set_exclusive_start_key(after)
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| port_error("scan", &error))?;
        let items = read.items.unwrap_or_default();
        let keys = items.iter().map(|item| Key::read(table, item)).collect::<Result<_, _>>()?;
        Ok((keys, read.last_evaluated_key))
    }

    /// The keys of items in one partition of the index, those before a sort key, highest first. The
    /// index holds keys only and follows the table within seconds.
    pub(crate) async fn query_index(
        &self,
        index_pk: String,
        before_sk: String,
        items_max: usize,
    ) -> Result<Vec<Key>, PortError> {
        let read = self
            .dynamodb()
            .query()
            .table_name(self.hot_table())
            .index_name(INDEX)
            .key_condition_expression("#pk = :pk AND #sk < :before")
            .expression_attribute_names("#pk", INDEX_PK)
            .expression_attribute_names("#sk", INDEX_SK)
            .expression_attribute_values(":pk", AttributeValue::S(index_pk))
            .expression_attribute_values(":before", AttributeValue::S(before_sk))
            .scan_index_forward(false)
            .limit(i32::try_from(items_max).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| port_error("query", &error))?;
        let keys = read.items.unwrap_or_default();
        keys.iter().map(|attributes| Key::read(Table::Hot, attributes)).collect()
    }

    /// Writes one item if its guard holds. The SDK repeats an attempt whose answer was lost, so our
    /// own first attempt may have failed the guard: every caller reads again or compares.
    pub(crate) async fn put(&self, put: &Put) -> Result<PutOutcome, PortError> {
        let condition = put.condition();
        let sent = self
            .dynamodb()
            .put_item()
            .table_name(self.table(put.key.table))
            .set_item(Some(put.attributes()))
            .set_condition_expression(condition.expression.map(str::to_owned))
            .set_expression_attribute_names(condition.names)
            .set_expression_attribute_values(condition.values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(PutOutcome::Done),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failure)) => {
                    let existing = failure.item().cloned().map(Item::read).transpose()?;
                    Ok(PutOutcome::ConditionFailed(existing))
                }
                _ => Err(port_error("put", &error)),
            },
        }
    }

    /// Writes all or nothing. The SDK's token makes its own repetitions of one call harmless.
    pub(crate) async fn transact(&self, puts: &[Put]) -> Result<Transacted, PortError> {
        self.transact_and_delete(puts, &[]).await
    }

    /// As [`Self::transact`], and deletes items that the guards of these writes cover.
    pub(crate) async fn transact_and_delete(
        &self,
        puts: &[Put],
        deletes: &[Key],
    ) -> Result<Transacted, PortError> {
        let puts = puts.iter().map(|put| self.transact_put(put));
        let deletes = deletes.iter().map(|key| self.transact_delete(key));
        let writes = puts.chain(deletes).collect::<Result<Vec<_>, PortError>>()?;
        let sent =
            self.dynamodb().transact_write_items().set_transact_items(Some(writes)).send().await;
        let Err(error) = sent else { return Ok(Transacted::Done) };
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
            error.as_service_error()
        else {
            return Err(port_error("transact", &error));
        };
        let reasons = cancelled.cancellation_reasons().iter();
        outcome_of(reasons.filter_map(types::CancellationReason::code))
    }

    fn transact_put(&self, put: &Put) -> Result<TransactWriteItem, PortError> {
        let condition = put.condition();
        let write = types::Put::builder()
            .table_name(self.table(put.key.table))
            .set_item(Some(put.attributes()))
            .set_condition_expression(condition.expression.map(str::to_owned))
            .set_expression_attribute_names(condition.names)
            .set_expression_attribute_values(condition.values)
            .build()
            .map_err(|_| corrupt("transact", "a write without table or item"))?;
        Ok(TransactWriteItem::builder().put(write).build())
    }

    fn transact_delete(&self, key: &Key) -> Result<TransactWriteItem, PortError> {
        let delete = types::Delete::builder()
            .table_name(self.table(key.table))
            .set_key(Some(key.attributes()))
            .build()
            .map_err(|_| corrupt("transact", "a delete without table or key"))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}

/// The outcome of a cancelled transaction by its reasons. A failed guard takes precedence over any
/// other reason: the caller has to read again anyway.
fn outcome_of<'a>(codes: impl Iterator<Item = &'a str> + Clone) -> Result<Transacted, PortError> {
    let mut failures = codes.filter(|code| *code != "None");
    if failures.clone().any(|code| code == "ConditionalCheckFailed") {
        return Ok(Transacted::ConditionFailed);
    }
    if failures.clone().any(|code| code == "TransactionConflict") {
        return Ok(Transacted::Collided);
    }
    match failures.next() {
        Some("ValidationError") => Err(corrupt("transact", "ValidationError")),
        Some(code) => Err(coded("transact", code)),
        None => Err(unavailable("transact", "cancelled for no reason")),
    }
}

fn strong(keys: Vec<HashMap<String, AttributeValue>>) -> Result<KeysAndAttributes, PortError> {
    KeysAndAttributes::builder()
        .set_keys(Some(keys))
        .consistent_read(true)
        .build()
        .map_err(|_| corrupt("batch get", "no keys"))
}

// === impl Transacted ===

impl Transacted {
    /// For callers that read and decide again themselves: after a collision nothing is decided, so
    /// the same call may succeed.
    pub(crate) fn written(self) -> Result<Written, PortError> {
        match self {
            Self::Done => Ok(Written::Done),
            Self::ConditionFailed => Ok(Written::Conflict),
            Self::Collided => Err(unavailable("transact", "TransactionConflict")),
        }
    }
}

// === impl PutOutcome ===

impl From<PutOutcome> for Written {
    fn from(outcome: PutOutcome) -> Self {
        match outcome {
            PutOutcome::Done => Self::Done,
            PutOutcome::ConditionFailed(_) => Self::Conflict,
        }
    }
}

#[cfg(test)]
mod tests {
    use domain_core::port::PortError;

    use super::{Transacted, outcome_of};

    fn of(codes: &[&'static str]) -> Result<Transacted, PortError> {
        outcome_of(codes.iter().copied())
    }

    #[test]
    fn the_reasons_of_a_cancelled_transaction_decide_its_outcome() {
        assert_eq!(of(&["None", "ConditionalCheckFailed"]), Ok(Transacted::ConditionFailed));
        assert_eq!(
            of(&["TransactionConflict", "ConditionalCheckFailed"]),
            Ok(Transacted::ConditionFailed)
        );
        assert_eq!(of(&["None", "TransactionConflict"]), Ok(Transacted::Collided));
        assert!(of(&["None", "ThrottlingError"]).unwrap_err().is_retryable());
        assert!(of(&["ProvisionedThroughputExceeded"]).unwrap_err().is_retryable());
        assert!(of(&["None"]).unwrap_err().is_retryable());
        assert!(!of(&["ValidationError", "None"]).unwrap_err().is_retryable());
    }
}

//! The port `Table` on DynamoDB: reads, conditional puts, transactions.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, KeysAndAttributes, ReturnValuesOnConditionCheckFailure,
};
use domain_core::port::{Consistency, PortError};

use super::attributes::{
    Attributes, Condition, INDEX, INDEX_PK, INDEX_SK, PK, SK, of_key, of_put, read_item, read_key,
};
use crate::aws::Aws;
use crate::error::{corrupt, port_error, unavailable};
use crate::table::{
    Answer, BATCH_KEYS_MAX, IndexKey, Item, Key, KeyPage, Page, Put, PutOutcome, Range,
    SharedTable, Table, TableName, Transacted,
};

/// How often keys that a batch left unprocessed are requested again: with doubling waits from
/// [`UNPROCESSED_WAIT_MS`] that is 150 ms; a table throttled for longer is an outage.
const UNPROCESSED_ROUNDS_MAX: u32 = 5;
const UNPROCESSED_WAIT_MS: u64 = 10;

/// Both tables on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoTable {
    pub(super) aws: Aws,
}

// === impl DynamoTable ===

impl DynamoTable {
    /// The configured tables, for repositories to share.
    #[must_use]
    pub fn shared(aws: &Aws) -> SharedTable {
        Arc::new(Self { aws: aws.clone() })
    }

    async fn one_batch(
        &self,
        keys: &[&Key],
        items: &mut HashMap<Key, Item>,
    ) -> Result<(), PortError> {
        let mut pending: HashMap<String, Vec<Attributes>> = HashMap::new();
        for key in keys {
            let table = self.aws.table_name(key.table).to_owned();
            pending.entry(table).or_default().push(of_key(key));
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
                .aws
                .dynamodb()
                .batch_get_item()
                .set_request_items(Some(request))
                .send()
                .await
                .map_err(|error| port_error("batch get", &error))?;
            for (table, rows) in read.responses.unwrap_or_default() {
                let table = self.table_named(&table)?;
                for attributes in rows {
                    items.insert(read_key(table, &attributes)?, read_item(attributes)?);
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

    fn table_named(&self, name: &str) -> Result<TableName, PortError> {
        [TableName::Hot, TableName::Commands]
            .into_iter()
            .find(|table| self.aws.table_name(*table) == name)
            .ok_or_else(|| corrupt("batch get", "an answer from an unknown table"))
    }
}

impl Table for DynamoTable {
    fn get<'a>(&'a self, key: &'a Key, consistency: Consistency) -> Answer<'a, Option<Item>> {
        Box::pin(async move {
            let read = self
                .aws
                .dynamodb()
                .get_item()
                .table_name(self.aws.table_name(key.table))
                .set_key(Some(of_key(key)))
                .consistent_read(consistency == Consistency::Strong)
                .send()
                .await
                .map_err(|error| port_error("get", &error))?;
            read.item.map(read_item).transpose()
        })
    }

    fn batch_get<'a>(&'a self, keys: &'a [Key]) -> Answer<'a, HashMap<Key, Item>> {
        Box::pin(async move {
            let mut items = HashMap::with_capacity(keys.len());
            // DynamoDB rejects a batch that names a key twice.
            let mut distinct: Vec<&Key> = keys.iter().collect();
            distinct.sort_unstable();
            distinct.dedup();
            for batch in distinct.chunks(BATCH_KEYS_MAX) {
                self.one_batch(batch, &mut items).await?;
            }
            Ok(items)
        })
    }

    fn query<'a>(&'a self, page: &'a Page) -> Answer<'a, Vec<Item>> {
        Box::pin(async move {
            let Range { pk, first_sk, last_sk } = &page.range;
            let read = self
                .aws
                .dynamodb()
                .query()
                .table_name(self.aws.table_name(TableName::Hot))
                .key_condition_expression("#pk = :pk AND #sk BETWEEN :first AND :last")
                .expression_attribute_names("#pk", PK)
                .expression_attribute_names("#sk", SK)
                .expression_attribute_values(":pk", AttributeValue::S(pk.clone()))
                .expression_attribute_values(":first", AttributeValue::S(first_sk.clone()))
                .expression_attribute_values(":last", AttributeValue::S(last_sk.clone()))
                .set_exclusive_start_key(page.before.as_ref().map(of_key))
                .consistent_read(page.consistency == Consistency::Strong)
                .scan_index_forward(false)
                .limit(limit(page.items_max))
                .send()
                .await
                .map_err(|error| port_error("query", &error))?;
            read.items.unwrap_or_default().into_iter().map(read_item).collect()
        })
    }

    fn query_index<'a>(&'a self, before: &'a IndexKey, items_max: usize) -> Answer<'a, Vec<Key>> {
        Box::pin(async move {
            let read = self
                .aws
                .dynamodb()
                .query()
                .table_name(self.aws.table_name(TableName::Hot))
                .index_name(INDEX)
                .key_condition_expression("#pk = :pk AND #sk < :before")
                .expression_attribute_names("#pk", INDEX_PK)
                .expression_attribute_names("#sk", INDEX_SK)
                .expression_attribute_values(":pk", AttributeValue::S(before.pk.clone()))
                .expression_attribute_values(":before", AttributeValue::S(before.sk.clone()))
                .scan_index_forward(false)
                .limit(limit(items_max))
                .send()
                .await
                .map_err(|error| port_error("query", &error))?;
            let keys = read.items.unwrap_or_default();
            keys.iter().map(|attributes| read_key(TableName::Hot, attributes)).collect()
        })
    }

    fn scan_keys<'a>(&'a self, table: TableName, after: Option<&'a Key>) -> Answer<'a, KeyPage> {
        Box::pin(async move {
            let names: &[&str] = match table {
                TableName::Hot => &[PK, SK],
                TableName::Commands => &[PK],
            };
            let read = self
                .aws
                .dynamodb()
                .scan()
                .table_name(self.aws.table_name(table))
                .projection_expression(names.join(", "))
                .set_exclusive_start_key(after.map(of_key))
                .consistent_read(true)
                .send()
                .await
                .map_err(|error| port_error("scan", &error))?;
            let key = |attributes: &Attributes| read_key(table, attributes);
            let keys = read.items.unwrap_or_default().iter().map(key).collect::<Result<_, _>>()?;
            let next = read.last_evaluated_key.as_ref().map(key).transpose()?;
            Ok(KeyPage { keys, next })
        })
    }

    fn put<'a>(&'a self, put: &'a Put) -> Answer<'a, PutOutcome> {
        Box::pin(async move {
            let condition = Condition::of(put);
            let sent = self
                .aws
                .dynamodb()
                .put_item()
                .table_name(self.aws.table_name(put.key.table))
                .set_item(Some(of_put(put)))
                .set_condition_expression(condition.expression.map(str::to_owned))
                .set_expression_attribute_names(condition.names)
                .set_expression_attribute_values(condition.values)
                .return_values_on_condition_check_failure(
                    ReturnValuesOnConditionCheckFailure::AllOld,
                )
                .send()
                .await;
            let Err(error) = sent else { return Ok(PutOutcome::Done) };
            match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failure)) => {
                    let existing = failure.item().cloned().map(read_item).transpose()?;
                    Ok(PutOutcome::ConditionFailed(existing))
                }
                _ => Err(port_error("put", &error)),
            }
        })
    }

    fn transact<'a>(&'a self, puts: &'a [Put], deletes: &'a [Key]) -> Answer<'a, Transacted> {
        Box::pin(self.write_transaction(puts, deletes))
    }
}

fn limit(items_max: usize) -> i32 {
    i32::try_from(items_max).unwrap_or(i32::MAX)
}

fn strong(keys: Vec<Attributes>) -> Result<KeysAndAttributes, PortError> {
    KeysAndAttributes::builder()
        .set_keys(Some(keys))
        .consistent_read(true)
        .build()
        .map_err(|_| corrupt("batch get", "no keys"))
}

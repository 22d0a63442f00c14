//! Creates the tables. On AWS the template creates them; this is for everywhere else.

use std::time::Duration;

use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TableStatus, TimeToLiveSpecification, TimeToLiveStatus,
};
use domain_core::port::PortError;

use super::attributes::{INDEX, INDEX_PK, INDEX_SK, PK, SK, TTL};
use crate::aws::Aws;
use crate::error::{corrupt, port_error, unavailable};
use crate::table::{ItemKind, TableName};

/// How often we poll whether a new table is active; DynamoDB needs a few seconds.
const ACTIVE_POLLS_MAX: u32 = 60;
const ACTIVE_POLL_MS: u64 = 500;

/// The hot table's key, partition first: for maintenance of whole tables.
pub const HOT_KEY: [&str; 2] = [PK, SK];
/// The prefix of the partition keys of carts, and of no other item.
pub const CARTS_BEGIN_WITH: &str = ItemKind::Cart.prefix();

/// Creates both tables unless they exist.
///
/// # Errors
/// DynamoDB's failure, or a table that does not become active.
pub async fn create_tables(aws: &Aws) -> Result<(), PortError> {
    for table in [TableName::Hot, TableName::Commands] {
        create(aws, table).await?;
        wait_until_active(aws, aws.table_name(table)).await?;
        expire(aws, aws.table_name(table)).await?;
    }
    Ok(())
}

async fn create(aws: &Aws, table: TableName) -> Result<(), PortError> {
    let request = aws
        .dynamodb()
        .create_table()
        .table_name(aws.table_name(table))
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(text(PK)?)
        .key_schema(part(PK, KeyType::Hash)?);
    let request = match table {
        TableName::Commands => request,
        TableName::Hot => request
            .attribute_definitions(text(SK)?)
            .attribute_definitions(text(INDEX_PK)?)
            .attribute_definitions(text(INDEX_SK)?)
            .key_schema(part(SK, KeyType::Range)?)
            .global_secondary_indexes(index()?),
    };
    match request.send().await {
        Ok(_) => Ok(()),
        Err(error) => match error.as_service_error() {
            Some(CreateTableError::ResourceInUseException(_)) => Ok(()),
            _ => Err(port_error("create table", &error)),
        },
    }
}

async fn wait_until_active(aws: &Aws, table: &str) -> Result<(), PortError> {
    for poll in 0..ACTIVE_POLLS_MAX {
        if poll > 0 {
            tokio::time::sleep(Duration::from_millis(ACTIVE_POLL_MS)).await;
        }
        let described = aws
            .dynamodb()
            .describe_table()
            .table_name(table)
            .send()
            .await
            .map_err(|error| port_error("describe table", &error))?;
        let status = described.table().and_then(|table| table.table_status());
        if status == Some(&TableStatus::Active) {
            return Ok(());
        }
    }
    Err(unavailable("create table", "not active"))
}

async fn expire(aws: &Aws, table: &str) -> Result<(), PortError> {
    let described = aws
        .dynamodb()
        .describe_time_to_live()
        .table_name(table)
        .send()
        .await
        .map_err(|error| port_error("describe expiry", &error))?;
    let status = described.time_to_live_description().and_then(|ttl| ttl.time_to_live_status());
    if matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)) {
        return Ok(());
    }
    let specification = TimeToLiveSpecification::builder()
        .attribute_name(TTL)
        .enabled(true)
        .build()
        .map_err(|_| corrupt("expiry", "no attribute"))?;
    aws.dynamodb()
        .update_time_to_live()
        .table_name(table)
        .time_to_live_specification(specification)
        .send()
        .await
        .map_err(|error| port_error("set expiry", &error))?;
    Ok(())
}

fn index() -> Result<GlobalSecondaryIndex, PortError> {
    // Keys only: the items are read from the table itself, strongly consistent.
    let projection = Projection::builder().projection_type(ProjectionType::KeysOnly).build();
    GlobalSecondaryIndex::builder()
        .index_name(INDEX)
        .key_schema(part(INDEX_PK, KeyType::Hash)?)
        .key_schema(part(INDEX_SK, KeyType::Range)?)
        .projection(projection)
        .build()
        .map_err(|_| corrupt("index", "incomplete"))
}

fn text(name: &str) -> Result<AttributeDefinition, PortError> {
    AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(ScalarAttributeType::S)
        .build()
        .map_err(|_| corrupt("attribute", "incomplete"))
}

fn part(name: &str, kind: KeyType) -> Result<KeySchemaElement, PortError> {
    KeySchemaElement::builder()
        .attribute_name(name)
        .key_type(kind)
        .build()
        .map_err(|_| corrupt("key", "incomplete"))
}

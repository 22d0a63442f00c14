//! A client on embedded tables, and calls that many tests make.

use std::collections::HashMap;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType, TimeToLiveSpecification,
};
use aws_sdk_dynamodb::{Client, Config};
use infra_dynamo::Embedded;

pub(crate) const HOT: &str = "hot";
pub(crate) const LOG: &str = "idempotency";

pub(crate) type Item = HashMap<String, AttributeValue>;

/// A client with the SDK's own retries, three attempts.
pub(crate) fn client(tables: &Embedded) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("local"))
        .credentials_provider(Credentials::new("local", "local", None, None, "test"))
        .http_client(tables.http_client())
        .build();
    Client::from_conf(config)
}

/// Both tables, in memory.
pub(crate) async fn fresh() -> (Embedded, Client) {
    let tables = Embedded::memory().unwrap();
    let client = client(&tables);
    create(&client, HOT).await;
    create(&client, LOG).await;
    (tables, client)
}

pub(crate) async fn create(client: &Client, table: &str) {
    let attribute = |name: &str| {
        let kind = ScalarAttributeType::S;
        AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().unwrap()
    };
    let key = |name: &str, kind: KeyType| {
        KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap()
    };
    client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("pk"))
        .attribute_definitions(attribute("sk"))
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
        .send()
        .await
        .unwrap();
    let ttl = TimeToLiveSpecification::builder().attribute_name("ttl").enabled(true);
    client
        .update_time_to_live()
        .table_name(table)
        .time_to_live_specification(ttl.build().unwrap())
        .send()
        .await
        .unwrap();
}

pub(crate) fn string(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

pub(crate) fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(crate) fn key(pk: &str) -> Item {
    Item::from([("pk".to_owned(), string(pk)), ("sk".to_owned(), string("item"))])
}

/// Adds one to an item's version.
pub(crate) async fn increment(client: &Client, table: &str, pk: &str) {
    client
        .update_item()
        .table_name(table)
        .set_key(Some(key(pk)))
        .update_expression("ADD v :one")
        .expression_attribute_values(":one", number(1))
        .send()
        .await
        .unwrap();
}

/// An item with a version.
pub(crate) fn item(pk: &str, version: u64) -> Item {
    let mut item = key(pk);
    item.insert("v".to_owned(), number(version));
    item
}

pub(crate) async fn get(client: &Client, table: &str, pk: &str) -> Option<Item> {
    let get = client.get_item().table_name(table).set_key(Some(key(pk))).consistent_read(true);
    get.send().await.unwrap().item
}

pub(crate) async fn put(client: &Client, table: &str, item: Item) {
    client.put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
}

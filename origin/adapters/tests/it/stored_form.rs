//! The items themselves, as other releases, the console and the expiry read them.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue::{self, B, N, S};
use aws_sdk_dynamodb::types::{TableDescription, TimeToLiveStatus};
use domain_cart::{CartCommand, CartEvent, CartWriter as _, ITEM_TTL_MS};
use domain_core::idempotency::{Fingerprint, RECORD_TTL_MS};
use domain_core::port::{Consistency, PortError};
use domain_core::resource::{CommandLog as _, CommandRecord, Source as _};
use origin_adapters::{CartRepository, CommandLogRepository, schema};
use serde::Serialize;

use crate::contract::sample::{MORNING, absorbed, add, record};
use crate::world::{COMMANDS, HOT, World, table};

/// One item of a table.
type Attributes = HashMap<String, AttributeValue>;

/// The cart `a`.
async fn cart(world: &World) -> Attributes {
    let get = world.raw().get_item().table_name(HOT).key("pk", S("cart/a".to_owned()));
    get.key("sk", S("cart".to_owned())).send().await.unwrap().item.unwrap()
}

/// Stores a record and reads its item.
async fn record_attributes(world: &World, record: &CommandRecord<CartEvent>) -> Attributes {
    CommandLogRepository::new(&world.table).record(record).await.unwrap();
    let pk = S(format!("command/{}", record.event.command.id));
    let get = world.raw().get_item().table_name(COMMANDS).key("pk", pk);
    get.send().await.unwrap().item.unwrap()
}

async fn put(world: &World, table: &str, item: Attributes) {
    world.raw().put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
}

fn names(item: &Attributes) -> Vec<&str> {
    let mut names: Vec<&str> = item.keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn a_cart_expires_after_its_latest_possible_command() {
    let world = World::new().await;
    let item = absorbed(None, &[add(MORNING.plus_ms(999), "one")]);
    CartRepository::new(&world.table).store("a", &item, None).await.unwrap();
    let stored = cart(&world).await;
    assert_eq!(names(&stored), ["d", "pk", "sk", "ttl", "v"]);
    assert_eq!(stored["ttl"], N((1_795_251_600 + ITEM_TTL_MS / 1_000).to_string()));
    assert_eq!(stored["v"], N("1".into()));
    assert_eq!(stored["d"].as_b().unwrap().as_ref()[0], 1, "the format byte");
}

#[tokio::test]
async fn a_record_expires_with_its_command_id() {
    let world = World::new().await;
    let record = record(MORNING, "one");
    let stored = record_attributes(&world, &record).await;
    assert_eq!(names(&stored), ["d", "pk", "ttl", "v"]);
    assert_eq!(stored["ttl"], N((1_795_251_600 + RECORD_TTL_MS / 1_000).to_string()));
}

/// The record of a cart command as its fields are stored, in this order.
#[derive(Serialize)]
struct StoredRecord<'a> {
    fingerprint: &'a Fingerprint,
    cart: &'a str,
    command: &'a CartCommand,
}

#[tokio::test]
async fn a_record_names_its_cart_beside_the_command() {
    let world = World::new().await;
    let record = record(MORNING, "one");
    let stored = record_attributes(&world, &record).await;
    let CartEvent { cart, command } = &record.event;
    let expected = StoredRecord { fingerprint: &record.fingerprint, cart, command };
    let expected = rmp_serde::to_vec_named(&expected).unwrap();
    assert_eq!(stored["d"].as_b().unwrap().as_ref(), [&[1][..], &expected].concat());
}

#[tokio::test]
async fn attributes_of_a_later_release_are_ignored() {
    let world = World::new().await;
    let carts = CartRepository::new(&world.table);
    let item = absorbed(None, &[add(MORNING, "one")]);
    carts.store("a", &item, None).await.unwrap();
    let mut later = cart(&world).await;
    later.insert("x".to_owned(), AttributeValue::Bool(true));
    put(&world, HOT, later).await;
    assert_eq!(carts.item("a", Consistency::Strong).await, Ok(Some(item)));
}

#[tokio::test]
async fn an_unknown_form_is_corrupt_and_never_an_empty_cart() {
    let world = World::new().await;
    let carts = CartRepository::new(&world.table);
    let item = absorbed(None, &[add(MORNING, "one")]);
    carts.store("a", &item, None).await.unwrap();
    let good = cart(&world).await;
    let document = good["d"].as_b().unwrap().as_ref().to_vec();
    let other_format = [vec![2], document[1..].to_vec()].concat();
    let cases: [(&str, Option<AttributeValue>, &str); 6] = [
        ("d", Some(B(Blob::new(other_format))), "cart: not a format this release reads"),
        ("d", Some(B(Blob::new([1, 0x80]))), "cart: not a document of this kind"),
        ("d", Some(S("{}".into())), "item: no document"),
        ("d", None, "item: no document"),
        ("v", Some(N("7".into())), "cart: two versions"),
        ("v", None, "item: no version"),
    ];
    for (attribute, value, expected) in cases {
        let mut bad = good.clone();
        bad.remove(attribute);
        bad.extend(value.map(|value| (attribute.to_owned(), value)));
        put(&world, HOT, bad).await;
        let expected = PortError::Corrupt(expected.to_owned());
        assert_eq!(carts.item("a", Consistency::Strong).await, Err(expected.clone()));
        assert_eq!(carts.batch("a", &[]).await, Err(expected));
    }
}

#[tokio::test]
async fn a_cart_larger_than_an_item_is_a_permanent_error() {
    let world = World::new().await;
    let mut item = absorbed(None, &[add(MORNING, "one")]);
    item.base.contents.attributes.insert("long".to_owned(), "x".repeat(400 * 1024));
    let error = CartRepository::new(&world.table).store("a", &item, None).await.unwrap_err();
    assert_eq!(error, PortError::Corrupt("put: ValidationException".to_owned()));
}

#[tokio::test]
async fn tables_are_created_once_with_expiry_and_one_index() {
    let world = World::new().await;
    schema::create_tables(&world.aws).await.unwrap();
    let raw = world.raw();
    for (table, keys, indexes) in
        [(HOT, vec!["pk", "sk"], vec!["overloaded"]), (COMMANDS, vec!["pk"], vec![])]
    {
        let described = raw.describe_table().table_name(table).send().await.unwrap();
        let described: &TableDescription = described.table().unwrap();
        let names: Vec<_> = described.key_schema().iter().map(|key| key.attribute_name()).collect();
        assert_eq!(names, keys);
        let names = described.global_secondary_indexes().iter();
        let names: Vec<_> = names.filter_map(|index| index.index_name()).collect();
        assert_eq!(names, indexes);
        let expiry = raw.describe_time_to_live().table_name(table).send().await.unwrap();
        let expiry = expiry.time_to_live_description().unwrap();
        assert_eq!(expiry.attribute_name(), Some("ttl"));
        assert_eq!(expiry.time_to_live_status(), Some(&TimeToLiveStatus::Enabled));
    }
}

#[tokio::test]
async fn without_tables_a_cart_is_unavailable_not_empty() {
    let empty = infra_dynamo::Embedded::memory().unwrap();
    let carts = CartRepository::new(&table(empty.http_client()));
    let error = carts.item("a", Consistency::Strong).await.unwrap_err();
    assert_eq!(error, PortError::Unavailable("get: ResourceNotFoundException".to_owned()));
}

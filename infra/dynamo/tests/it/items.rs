//! Reads, conditional writes, transactions and batches.

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{
    AttributeValue, KeysAndAttributes, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};

use crate::tables::{HOT, LOG, fresh, get, increment, item, key, number, put, string};

#[tokio::test(start_paused = true)]
async fn an_item_comes_back_byte_for_byte_and_digit_for_digit() {
    let (_, client) = fresh().await;
    let mut cart = item("cart/1", 9_007_199_254_740_993);
    let every_byte: Vec<u8> = (0..=255).collect();
    cart.insert("d".to_owned(), AttributeValue::B(Blob::new(every_byte)));
    cart.insert("empty".to_owned(), AttributeValue::B(Blob::new(Vec::new())));
    cart.insert("price".to_owned(), AttributeValue::N("-0.00000000000000000129".to_owned()));
    cart.insert("title".to_owned(), string("Fahrrad 🚲 \u{0} \"x\""));
    cart.insert("list".to_owned(), AttributeValue::L(vec![number(1), AttributeValue::Null(true)]));

    put(&client, HOT, cart.clone()).await;
    let mut read = get(&client, HOT, "cart/1").await.unwrap();
    // One number has many spellings, and DynamoDB has its own.
    let price = read.remove("price").unwrap();
    assert_eq!(price.as_n().unwrap(), "-0.00000000000000000129");
    cart.remove("price");
    assert_eq!(read, cart);
}

#[tokio::test(start_paused = true)]
async fn a_failed_condition_returns_the_present_item() {
    let (_, client) = fresh().await;
    put(&client, HOT, item("cart/1", 5)).await;

    let error = client
        .put_item()
        .table_name(HOT)
        .set_item(Some(item("cart/1", 5)))
        .condition_expression("v = :seen")
        .expression_attribute_values(":seen", number(4))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(error.is_conditional_check_failed_exception());
    assert_eq!(get(&client, HOT, "cart/1").await.unwrap(), item("cart/1", 5));
    let present = match error {
        aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(e) => {
            e.item.unwrap()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(present, item("cart/1", 5));
}

fn if_absent(table: &str, pk: &str, version: u64) -> TransactWriteItem {
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(item(pk, version)))
        .condition_expression("attribute_not_exists(pk)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .build()
        .unwrap();
    TransactWriteItem::builder().put(put).build()
}

#[tokio::test(start_paused = true)]
async fn a_transaction_is_all_or_nothing_with_a_reason_per_item() {
    let (_, client) = fresh().await;
    put(&client, LOG, item("cause/1", 7)).await;

    let error = client
        .transact_write_items()
        .transact_items(if_absent(HOT, "account/1", 1))
        .transact_items(if_absent(LOG, "cause/1", 8))
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else {
        panic!("{error:?}")
    };
    let reasons = cancelled.cancellation_reasons.unwrap();
    let codes: Vec<_> = reasons.iter().map(|reason| reason.code().unwrap()).collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed"]);
    assert_eq!(reasons[1].item().unwrap(), &item("cause/1", 7));
    assert_eq!(get(&client, HOT, "account/1").await, None);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_repeated_with_its_token_is_applied_once() {
    let (_, client) = fresh().await;
    for _ in 0..2 {
        client
            .transact_write_items()
            .client_request_token("one-intent")
            .transact_items(if_absent(HOT, "account/1", 1))
            .send()
            .await
            .unwrap();
    }
    assert_eq!(get(&client, HOT, "account/1").await.unwrap(), item("account/1", 1));
}

fn keys(pks: &[&str]) -> KeysAndAttributes {
    let keys = pks.iter().map(|pk| key(pk)).collect();
    KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn one_batch_reads_the_item_and_its_pending_records_from_two_tables() {
    let (_, client) = fresh().await;
    put(&client, HOT, item("cart/1", 5)).await;
    put(&client, LOG, item("command/a", 1)).await;

    let batch = client
        .batch_get_item()
        .request_items(HOT, keys(&["cart/1"]))
        .request_items(LOG, keys(&["command/a", "command/never"]));
    let responses = batch.send().await.unwrap().responses.unwrap();
    assert_eq!(responses[HOT], [item("cart/1", 5)]);
    assert_eq!(responses[LOG], [item("command/a", 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_query_reads_one_partition_in_order_and_in_pages() {
    let (_, client) = fresh().await;
    for entry in ["e/2", "e/1", "e/3", "x"] {
        let mut item = item("account/1", 1);
        item.insert("sk".to_owned(), string(entry));
        put(&client, HOT, item).await;
    }
    let query = |from| {
        client
            .query()
            .table_name(HOT)
            .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
            .expression_attribute_values(":pk", string("account/1"))
            .expression_attribute_values(":sk", string("e/"))
            .scan_index_forward(false)
            .limit(2)
            .set_exclusive_start_key(from)
            .send()
    };
    let first = query(None).await.unwrap();
    let second = query(first.last_evaluated_key.clone()).await.unwrap();
    let order: Vec<_> =
        first.items().iter().chain(second.items()).map(|item| item["sk"].clone()).collect();
    assert_eq!(order, [string("e/3"), string("e/2"), string("e/1")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_increment_of_64_concurrent_writers_is_lost() {
    let (_, client) = fresh().await;
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let client = client.clone();
        writers.spawn(async move {
            for _ in 0..20 {
                increment(&client, HOT, "account/1").await;
            }
        });
    }
    writers.join_all().await;
    assert_eq!(get(&client, HOT, "account/1").await.unwrap(), item("account/1", 64 * 20));
}

#[tokio::test(start_paused = true)]
async fn a_sweep_deletes_only_expired_items() {
    let (tables, client) = fresh().await;
    for (pk, ttl) in [("cart/old", 1_000_000_000), ("cart/new", 99_999_999_999)] {
        let mut item = item(pk, 1);
        item.insert("ttl".to_owned(), number(ttl));
        put(&client, HOT, item).await;
    }
    assert_eq!(tables.sweep_expired().unwrap(), 1);
    assert_eq!(get(&client, HOT, "cart/old").await, None);
    assert!(get(&client, HOT, "cart/new").await.is_some());
}

#[tokio::test(start_paused = true)]
async fn an_unsupported_operation_is_an_error() {
    let (_, client) = fresh().await;
    let error = client.list_backups().send().await.unwrap_err();
    assert_eq!(error.code(), Some("UnknownOperationException"));
}

#[tokio::test(start_paused = true)]
async fn a_missing_table_and_an_invalid_expression_have_dynamodbs_codes() {
    let (_, client) = fresh().await;
    let read = client.get_item().set_key(Some(key("cart/1")));
    let error = read.clone().table_name("cold").send().await.unwrap_err();
    assert_eq!(error.code(), Some("ResourceNotFoundException"));
    let error = read.table_name(HOT).projection_expression("a..b").send().await.unwrap_err();
    assert_eq!(error.code(), Some("ValidationException"));
}

#[tokio::test(start_paused = true)]
async fn an_invalid_number_is_a_validation_error() {
    let (_, client) = fresh().await;
    let mut cart = item("cart/1", 1);
    cart.insert("price".to_owned(), AttributeValue::N("cheap".to_owned()));
    let put = client.put_item().table_name(HOT).set_item(Some(cart));
    assert_eq!(put.send().await.unwrap_err().code(), Some("ValidationException"));
}

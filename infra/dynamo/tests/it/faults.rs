//! The behaviour of the SDK under injected faults.

use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{
    KeysAndAttributes, Put, PutRequest, TransactWriteItem, WriteRequest,
};
use infra_dynamo::{Fault, Faults, Rates};

use crate::tables::{HOT, LOG, client, fresh, get, increment, item, key, put};

#[tokio::test(start_paused = true)]
async fn the_third_attempt_succeeds_after_two_throttled_ones() {
    let (tables, client) = fresh().await;
    put(&client, HOT, item("cart/1", 5)).await;

    tables.faults().hit_next(Fault::Throttled);
    tables.faults().hit_next(Fault::Throttled);
    assert_eq!(get(&client, HOT, "cart/1").await.unwrap(), item("cart/1", 5));
    assert_eq!(tables.faults().injected(), 2);
}

#[tokio::test(start_paused = true)]
async fn permanent_throttling_reaches_the_caller_with_its_code() {
    let (tables, client) = fresh().await;
    tables.faults().set(Rates { throttled_ppm: 1_000_000, ..Rates::default() });

    let read = client.get_item().table_name(HOT).set_key(Some(key("cart/1")));
    let error = read.send().await.unwrap_err();
    assert_eq!(error.code(), Some("ProvisionedThroughputExceededException"));
    assert_eq!(tables.faults().injected(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_batch_is_processed_in_part() {
    let (tables, client) = fresh().await;
    for (table, pk) in [(HOT, "cart/1"), (HOT, "cart/2"), (LOG, "command/a")] {
        put(&client, table, item(pk, 5)).await;
    }
    let keys = |pks: &[&str]| {
        let keys = pks.iter().map(|pk| key(pk)).collect();
        KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build().unwrap()
    };
    tables.faults().hit_next(Fault::Throttled);
    let batch = client
        .batch_get_item()
        .request_items(HOT, keys(&["cart/1", "cart/2"]))
        .request_items(LOG, keys(&["command/a"]));
    let part = batch.send().await.unwrap();
    assert_eq!(part.responses.unwrap()[HOT], [item("cart/1", 5)]);
    let rest = part.unprocessed_keys.unwrap();
    assert_eq!(rest[HOT], keys(&["cart/2"]));
    assert_eq!(rest[LOG], keys(&["command/a"]));

    let retry = client.batch_get_item().set_request_items(Some(rest)).send().await.unwrap();
    assert_eq!(retry.unprocessed_keys.unwrap().len(), 0);
    let responses = retry.responses.unwrap();
    assert_eq!(responses[HOT], [item("cart/2", 5)]);
    assert_eq!(responses[LOG], [item("command/a", 5)]);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_batch_of_writes_names_the_unwritten_items() {
    let (tables, client) = fresh().await;
    let write = |pk| {
        let put = PutRequest::builder().set_item(Some(item(pk, 1))).build().unwrap();
        WriteRequest::builder().put_request(put).build()
    };
    tables.faults().hit_next(Fault::Throttled);
    let batch = client
        .batch_write_item()
        .request_items(HOT, vec![write("blob/1"), write("blob/2")])
        .send()
        .await
        .unwrap();
    assert_eq!(batch.unprocessed_items.unwrap()[HOT], [write("blob/2")]);
    assert_eq!(get(&client, HOT, "blob/1").await.unwrap(), item("blob/1", 1));
    assert_eq!(get(&client, HOT, "blob/2").await, None);
}

#[tokio::test(start_paused = true)]
async fn a_conflicting_transaction_writes_nothing_and_names_the_item() {
    let (tables, client) = fresh().await;
    let put = |table: &str| {
        let put = Put::builder().table_name(table).set_item(Some(item("x", 1))).build().unwrap();
        TransactWriteItem::builder().put(put).build()
    };
    // The SDK retries a conflict by itself only for single items.
    tables.faults().hit_next(Fault::Conflict);
    assert_eq!(get(&client, HOT, "x").await, None, "reads are skipped");
    let both = client.transact_write_items().transact_items(put(HOT)).transact_items(put(LOG));
    let error = both.send().await.unwrap_err().into_service_error();
    assert!(error.is_transaction_canceled_exception());
    assert!(error.message().unwrap().ends_with("[TransactionConflict, None]"));
    assert_eq!(get(&client, HOT, "x").await, None);
    assert_eq!(tables.faults().injected(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_put_may_conflict_with_a_transaction() {
    let (tables, client) = fresh().await;
    tables.faults().set(Rates { conflict_ppm: 1_000_000, ..Rates::default() });
    let put = client.put_item().table_name(HOT).set_item(Some(item("x", 1)));
    let error = put.send().await.unwrap_err();
    assert_eq!(error.code(), Some("TransactionConflictException"));
    tables.faults().set(Rates::default());
    assert_eq!(get(&client, HOT, "x").await, None);
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_is_lost_is_stored_and_its_retry_fails_the_condition() {
    let (tables, client) = fresh().await;
    tables.faults().hit_next(Fault::AnswerLost);
    let error = client
        .put_item()
        .table_name(HOT)
        .set_item(Some(item("command/a", 1)))
        .condition_expression("attribute_not_exists(pk)")
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(error.is_conditional_check_failed_exception());
    assert_eq!(get(&client, HOT, "command/a").await.unwrap(), item("command/a", 1));
}

#[tokio::test(start_paused = true)]
async fn an_increment_whose_answer_is_lost_counts_twice_after_the_retry() {
    let (tables, client) = fresh().await;
    tables.faults().hit_next(Fault::AnswerLost);
    increment(&client, HOT, "account/1").await;
    assert_eq!(get(&client, HOT, "account/1").await.unwrap(), item("account/1", 2));
}

#[tokio::test(start_paused = true)]
async fn an_outage_fails_every_call_until_it_is_over_and_loses_nothing() {
    let (tables, client) = fresh().await;
    put(&client, HOT, item("cart/1", 5)).await;

    tables.faults().outage(true);
    let read = client.get_item().table_name(HOT).set_key(Some(key("cart/1")));
    assert!(matches!(read.send().await.unwrap_err(), SdkError::DispatchFailure(_)));
    let describe = client.describe_table().table_name(HOT).send().await;
    assert!(matches!(describe.unwrap_err(), SdkError::DispatchFailure(_)));
    tables.faults().outage(false);
    assert_eq!(get(&client, HOT, "cart/1").await.unwrap(), item("cart/1", 5));
}

#[tokio::test(start_paused = true)]
async fn latency_stays_within_its_bound_and_is_switched_off_at_once() {
    let (tables, client) = fresh().await;
    tables.faults().set(Rates { latency_ms_max: 80, ..Rates::default() });
    let mut longest = Duration::ZERO;
    for _ in 0..50 {
        longest = longest.max(time_of(get(&client, HOT, "cart/1")).await);
    }
    assert!((60..=81).contains(&longest.as_millis()), "{longest:?}");

    tables.faults().set(Rates::default());
    assert_eq!(time_of(get(&client, HOT, "cart/1")).await, Duration::ZERO);
}

/// How far tokio's paused clock advances during `work`.
async fn time_of<T>(work: impl Future<Output = T>) -> Duration {
    #[expect(clippy::disallowed_methods, reason = "the clock of the test, which is paused")]
    let now = tokio::time::Instant::now;
    let start = now();
    work.await;
    now().duration_since(start)
}

#[tokio::test(start_paused = true)]
async fn a_call_slower_than_the_read_timeout_times_out() {
    let (tables, _) = fresh().await;
    tables.faults().set(Rates { latency_ms_max: 60_000, ..Rates::default() });
    let timeouts = aws_sdk_dynamodb::config::timeout::TimeoutConfig::builder()
        .read_timeout(Duration::from_millis(1))
        .build();
    let config = client(&tables).config().to_builder().timeout_config(timeouts).build();
    let client = aws_sdk_dynamodb::Client::from_conf(config);

    let error = client.get_item().table_name(HOT).set_key(Some(key("cart/1"))).send().await;
    let SdkError::DispatchFailure(failure) = error.unwrap_err() else { panic!("not dispatched") };
    assert!(failure.is_timeout());
}

#[tokio::test(start_paused = true)]
async fn one_seed_always_hits_the_same_calls() {
    async fn hits(seed: u64) -> Vec<u64> {
        let (tables, _) = fresh().await;
        let faults = Faults::seeded(seed);
        let client = client(&tables.with_faults(faults.clone()));
        faults.set(Rates { throttled_ppm: 100_000, ..Rates::default() });
        let mut hits = Vec::new();
        for _ in 0..200 {
            get(&client, HOT, "cart/1").await;
            hits.push(faults.injected());
        }
        hits
    }
    let first = hits(7).await;
    assert_eq!(first, hits(7).await);
    assert_ne!(first, hits(8).await);
    // 100 000 of a million: of about 220 attempts, some 22 are hit.
    assert!((10..=35).contains(first.last().unwrap()), "{first:?}");
}

#[tokio::test(start_paused = true)]
async fn faults_affect_only_their_own_client() {
    let (tables, clean) = fresh().await;
    let faults = Faults::seeded(1);
    let faulty = client(&tables.with_faults(faults.clone()));
    put(&faulty, HOT, item("cart/1", 5)).await;
    faults.outage(true);
    assert_eq!(get(&clean, HOT, "cart/1").await.unwrap(), item("cart/1", 5));
}

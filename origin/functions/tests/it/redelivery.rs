//! Messages that a consumer could not process: when they come again, and as what they end.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use domain_catalog::{EdgeCache, PublicContent};
use domain_core::port::PortError;
use origin_functions::consumers::redelivery::{
    Delivery, Redelivery, WAIT_MS_MAX, WAIT_MS_MIN, settle, wait_ms,
};
use origin_functions::consumers::{Batch, Consumer as _};
use origin_functions::runtime::clock::Clock;
use origin_functions::runtime::composition::published;
use serde_json::{Value, json};

use crate::world::World;

const DELIVERIES_MAX: u32 = 12;

/// Notes what it must do.
#[derive(Default)]
struct Recorder {
    is_down: AtomicBool,
    postponed: Mutex<Vec<(String, u32)>>,
    given_up: Mutex<Vec<(String, String)>>,
}

impl Recorder {
    fn check(&self) -> Result<(), PortError> {
        match self.is_down.load(Ordering::Relaxed) {
            true => Err(PortError::Unavailable("the queue".to_owned())),
            false => Ok(()),
        }
    }
}

impl Redelivery for Recorder {
    async fn postpone(&self, delivery: &Delivery, seconds: u32) -> Result<(), PortError> {
        self.check()?;
        let handle = delivery.receipt.handle.clone();
        self.postponed.lock().unwrap().push((handle, seconds));
        Ok(())
    }

    async fn give_up(&self, delivery: &Delivery, why: &[(&str, &str)]) -> Result<(), PortError> {
        self.check()?;
        let why = why.iter().map(|(name, text)| format!("{name}={text}")).collect::<Vec<_>>();
        self.given_up.lock().unwrap().push((delivery.receipt.handle.clone(), why.join(" ")));
        Ok(())
    }
}

fn message(id: &str, number: u32, body: &str) -> Value {
    json!({"messageId": id, "receiptHandle": format!("handle-{id}"), "body": body,
        "attributes": {"ApproximateReceiveCount": number.to_string()},
        "eventSourceARN": "arn:aws:sqs:us-east-1:111122223333:forecourt-staging-cart"})
}

/// An edge that is down.
struct DownEdge;

impl EdgeCache for DownEdge {
    async fn invalidate(&self, _: &[PublicContent]) -> Result<(), PortError> {
        Err(PortError::Unavailable("the edge".to_owned()))
    }
}

fn publication() -> String {
    json!({"detail-type": "configurator.published", "time": "2026-12-01T12:00:00Z",
        "detail": {"product": "tee", "version": 1}})
    .to_string()
}

#[test]
fn the_waits_double_from_seconds_to_minutes_and_jitter_takes_up_to_half() {
    let longest: Vec<u64> = (1..=12).map(|number| wait_ms(number, 0) / 1_000).collect();
    assert_eq!(longest, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300]);
    for number in 0..70 {
        let longest = wait_ms(number, 0);
        assert!((WAIT_MS_MIN..=WAIT_MS_MAX).contains(&longest));
        assert_eq!(wait_ms(number, longest / 2), longest - longest / 2);
        assert_eq!(wait_ms(number, longest / 2 + 1), longest, "the jitter begins anew");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_can_not_succeed_is_a_dead_letter_at_once_and_says_why() {
    let world = World::open().await;
    let consumer = world.consumers().loyalty();
    let batch = json!({"Records": [message("broken", 1, "{")]});
    let batch: Batch = serde_json::from_value(batch).unwrap();
    let (deliveries, queues) = (batch.deliveries(), Recorder::default());
    let unfinished = consumer.consume(batch).await;
    let left = settle(&queues, &deliveries, unfinished, DELIVERIES_MAX, || 0).await;
    assert_eq!(json!(left), json!({"batchItemFailures": []}), "its queue may delete it");
    let given_up = queues.given_up.lock().unwrap().clone();
    let [(handle, why)] = given_up.as_slice() else { panic!("{given_up:?}") };
    assert_eq!(handle, "handle-broken");
    assert!(why.starts_with("Reason=rejected Error=not a known event: "), "{why}");
    assert!(why.ends_with("Deliveries=1"), "{why}");
}

#[tokio::test]
async fn a_message_that_fails_for_a_while_comes_again_in_seconds_and_is_given_up_after_the_last() {
    let consumer = published(DownEdge, Clock::system());
    let records = [("first", 1), ("fourth", 4), ("last", 12)];
    let records = records.map(|(id, number)| message(id, number, &publication()));
    let batch: Batch = serde_json::from_value(json!({"Records": records})).unwrap();
    let (deliveries, queues) = (batch.deliveries(), Recorder::default());
    let unfinished = consumer.consume(batch).await;
    let left = settle(&queues, &deliveries, unfinished, DELIVERIES_MAX, || 0).await;
    let ids = |left: &Value| {
        let failures = left["batchItemFailures"].as_array().unwrap().clone();
        failures.iter().map(|it| it["itemIdentifier"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&json!(left)), ["first", "fourth"]);
    let waits = [("handle-first".to_owned(), 2), ("handle-fourth".to_owned(), 16)];
    assert_eq!(*queues.postponed.lock().unwrap(), waits);
    let given_up = queues.given_up.lock().unwrap().clone();
    assert!(given_up[0].1.starts_with("Reason=exhausted Error="), "{given_up:?}");
    // What the queue does not take stays with it.
    queues.is_down.store(true, Ordering::Relaxed);
    let records =
        [("first", 1), ("last", 12)].map(|(id, number)| message(id, number, &publication()));
    let batch: Batch = serde_json::from_value(json!({"Records": records})).unwrap();
    let deliveries = batch.deliveries();
    let unfinished = consumer.consume(batch).await;
    let left = settle(&queues, &deliveries, unfinished, DELIVERIES_MAX, || 0).await;
    assert_eq!(ids(&json!(left)), ["first", "last"]);
}

//! The delivery of a queue's messages to their target, and its failures.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use infra_bus::{Bus, Clock, Entry, Queue, TargetError};
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};

use crate::stage::{
    NOW_MS, Tally, answering, config, failed, nowhere, numbered, one, orders, raw, records, taking,
};

#[tokio::test(start_paused = true)]
async fn a_target_receives_the_event_lambda_would() {
    let (sender, mut events) = mpsc::unbounded_channel();
    let target = raw(move |event| {
        sender.send(event).unwrap();
        Box::pin(std::future::ready(Ok(Bytes::from_static(b"null"))))
    });
    let bus = orders(nowhere(), target);
    bus.put(&[numbered(7)]).await.unwrap();
    let event: Value = serde_json::from_slice(&events.recv().await.unwrap()).unwrap();
    let record = &event["Records"][0];
    let body = bus.archive(0).await.unwrap()[0].body.clone();
    assert_eq!(
        event,
        json!({ "Records": [{
            "messageId": record["messageId"],
            "receiptHandle": record["receiptHandle"],
            "body": body,
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": NOW_MS.to_string(),
                "SenderId": "000000000000",
                "ApproximateFirstReceiveTimestamp": NOW_MS.to_string(),
            },
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:orders",
            "awsRegion": "us-east-1",
        }] })
    );
    assert_eq!(record["messageId"].as_str().unwrap().len(), 36);
}

#[tokio::test(start_paused = true)]
async fn waiting_messages_are_delivered_in_batches_of_ten() {
    let (target, mut batches) = taking();
    let bus = orders(nowhere(), target);
    bus.pause("orders").unwrap();
    for n in 0..25 {
        bus.put(&[numbered(n)]).await.unwrap();
    }
    bus.resume("orders").unwrap();
    bus.idle().await;
    let mut sizes = Vec::new();
    while let Ok(batch) = batches.try_recv() {
        sizes.push(batch.len());
    }
    assert_eq!(sizes, [10, 10, 5]);
}

#[tokio::test(start_paused = true)]
async fn large_messages_do_not_share_a_batch() {
    let (target, mut batches) = taking();
    let bus = orders(nowhere(), target);
    bus.pause("orders").unwrap();
    for _ in 0..3 {
        let detail = format!(r#"{{"n":1,"a":"{}"}}"#, "x".repeat(900_000));
        bus.put(&[Entry::new("s", "d", detail)]).await.unwrap();
    }
    bus.resume("orders").unwrap();
    assert_eq!(batches.recv().await.unwrap().len(), 2);
    assert_eq!(batches.recv().await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn only_the_messages_named_in_the_answer_are_retried() {
    let tally = Tally::default();
    let counting = tally.clone();
    let target = answering(move |batch| {
        counting.count(&batch);
        let odd = batch.iter().filter(|record| record.n() % 2 == 1 && record.attempt == 1);
        Ok(failed(odd, "odd"))
    });
    let bus = orders(nowhere(), target);
    let entries: Vec<_> = (0..10).map(numbered).collect();
    bus.put(&entries).await.unwrap();
    bus.idle().await;
    for n in 0..10 {
        assert_eq!(tally.of(n), 1 + n % 2, "message {n}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_read_fails_the_whole_batch() {
    let answers = [
        Err("boom"),
        Ok(r#"{"batchItemFailures":[{"itemIdentifier":"unknown"}]}"#),
        Ok(r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#),
        Ok(r#"{"batchItemFailures":[{"id":"x"}]}"#),
        Ok("\"fine\""),
        Ok(""),
    ];
    for answer in answers {
        let calls = AtomicU32::new(0);
        let target = raw(move |_| {
            let first = calls.fetch_add(1, Ordering::Relaxed) == 0;
            let answer = if first { answer } else { Ok("{}") };
            let answer = answer.map(Bytes::from).map_err(TargetError::new);
            Box::pin(std::future::ready(answer))
        });
        let mut queue = Queue::new("orders");
        queue.max_receive_count = 1;
        let bus = Bus::open(nowhere(), config(&[queue]), one("orders", target)).unwrap();
        bus.put(&[numbered(1), numbered(2)]).await.unwrap();
        bus.idle().await;
        assert_eq!(bus.dead_letters("orders", 0).await.unwrap().len(), 2, "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_answer_means_success() {
    for answer in ["null", "{}", r#"{"batchItemFailures":null}"#, r#"{"batchItemFailures":[]}"#] {
        let target = raw(move |_| Box::pin(std::future::ready(Ok(Bytes::from(answer)))));
        let mut queue = Queue::new("orders");
        queue.max_receive_count = 1;
        let bus = Bus::open(nowhere(), config(&[queue]), one("orders", target)).unwrap();
        bus.put(&[numbered(1)]).await.unwrap();
        bus.idle().await;
        assert!(bus.dead_letters("orders", 0).await.unwrap().is_empty(), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_wait_twice_as_long_each_time_up_to_the_bound() {
    let clock = Clock::at(0);
    let (sender, mut times) = mpsc::unbounded_channel();
    let target = answering(move |batch| {
        sender.send(clock.now_ms()).unwrap();
        Ok(failed(&batch, "never"))
    });
    let mut queue = Queue::new("orders");
    queue.max_receive_count = 6;
    queue.backoff_base = Duration::from_secs(1);
    queue.backoff_max = Duration::from_secs(5);
    let bus = Bus::open(nowhere(), config(&[queue]), one("orders", target)).unwrap();
    bus.put(&[numbered(1)]).await.unwrap();
    bus.idle().await;
    let mut last = times.recv().await.unwrap();
    for full_s in [1_u64, 2, 4, 5, 5] {
        let now = times.recv().await.unwrap();
        let waited_ms = now - last;
        let (least, most) = (full_s * 500, full_s * 1_000 + 1);
        assert!((least..=most).contains(&waited_ms), "{waited_ms} ms of {full_s} s");
        last = now;
    }
}

#[tokio::test(start_paused = true)]
async fn a_consumer_that_was_down_for_a_minute_loses_nothing() {
    let clock = Clock::at(0);
    let tally = Tally::default();
    let counting = tally.clone();
    let target = answering(move |batch| {
        if clock.now_ms() < 60_000 {
            return Err(TargetError::new("the table is gone"));
        }
        counting.count(&batch);
        Ok(Value::Null)
    });
    let bus = orders(nowhere(), target);
    for n in 0..30 {
        bus.put(&[numbered(n)]).await.unwrap();
    }
    bus.idle().await;
    assert!(bus.dead_letters("orders", 0).await.unwrap().is_empty());
    assert!((0..30).all(|n| tally.of(n) == 1));
}

#[tokio::test(start_paused = true)]
async fn an_invocation_that_takes_too_long_or_panics_is_a_failure() {
    let target = raw(|event| match records(&event)[0].n() {
        1 => Box::pin(std::future::pending()),
        _ => Box::pin(async { panic!("no") }),
    });
    let mut queue = Queue::new("orders");
    queue.max_receive_count = 1;
    queue.batch_max = 1;
    let bus = Bus::open(nowhere(), config(&[queue]), one("orders", target)).unwrap();
    bus.put(&[numbered(1), numbered(2)]).await.unwrap();
    bus.idle().await;
    let letters = bus.dead_letters("orders", 0).await.unwrap();
    let reasons: Vec<_> = letters.iter().map(|letter| letter.reason.as_str()).collect();
    assert_eq!(reasons, ["the target panicked", "timed out after 30000 ms"]);
}

#[tokio::test(start_paused = true)]
async fn no_more_invocations_than_allowed_run_at_once() {
    let gate = Arc::new(Notify::new());
    let running = Arc::new(AtomicU32::new(0));
    let (started, mut starts) = mpsc::unbounded_channel();
    let (opened, counted) = (Arc::clone(&gate), Arc::clone(&running));
    let target = raw(move |_| {
        let (gate, running, started) = (Arc::clone(&opened), Arc::clone(&counted), started.clone());
        Box::pin(async move {
            started.send(running.fetch_add(1, Ordering::SeqCst) + 1).unwrap();
            gate.notified().await;
            running.fetch_sub(1, Ordering::SeqCst);
            Ok(Bytes::from_static(b"null"))
        })
    });
    let mut queue = Queue::new("orders");
    queue.batch_max = 1;
    queue.concurrency_max = 3;
    let bus = Bus::open(nowhere(), config(&[queue]), one("orders", target)).unwrap();
    bus.put(&(0..10).map(numbered).collect::<Vec<_>>()).await.unwrap();
    for _ in 0..3 {
        assert!(starts.recv().await.unwrap() <= 3);
    }
    assert_eq!(running.load(Ordering::SeqCst), 3);
    assert!(starts.try_recv().is_err());
    for _ in 0..7 {
        gate.notify_one();
        assert!(starts.recv().await.unwrap() <= 3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_paused_queue_holds_its_messages_and_the_others_continue() {
    let (orders, mut order_batches) = taking();
    let (mails, mut mail_batches) = taking();
    let mut targets = one("orders", orders);
    targets.extend(one("mails", mails));
    let queues = [Queue::new("orders"), Queue::new("mails")];
    let bus = Bus::open(nowhere(), config(&queues), targets).unwrap();
    bus.pause("orders").unwrap();
    bus.put(&[numbered(1)]).await.unwrap();
    bus.drained("mails").await.unwrap();
    assert_eq!(mail_batches.recv().await.unwrap()[0].n(), 1);
    assert!(order_batches.try_recv().is_err());
    assert_eq!(bus.unfinished("orders").unwrap(), 1);
    bus.resume("orders").unwrap();
    bus.idle().await;
    assert_eq!(order_batches.recv().await.unwrap()[0].n(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_target_may_publish_while_it_works() {
    let tally = Tally::default();
    let counting = tally.clone();
    let bus_of = Arc::new(std::sync::OnceLock::<Bus>::new());
    let publisher = Arc::clone(&bus_of);
    let target = raw(move |event| {
        let batch = records(&event);
        counting.count(&batch);
        let bus = publisher.get().unwrap().clone();
        Box::pin(async move {
            for record in batch.iter().filter(|record| record.n() > 0) {
                bus.put(&[numbered(record.n() - 1)]).await.unwrap();
            }
            Ok(Bytes::from_static(b"null"))
        })
    });
    let bus = orders(nowhere(), target);
    assert!(bus_of.set(bus.clone()).is_ok());
    bus.put(&[numbered(5)]).await.unwrap();
    bus.idle().await;
    assert_eq!(tally.total(), 6);
}

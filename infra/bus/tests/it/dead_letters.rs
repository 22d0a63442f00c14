//! Poison events become dead letters with their reason, fail no other event, and can be redriven.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use infra_bus::{Bus, Clock, Queue, Redrive, Replay, TargetError};
use serde_json::Value;

use crate::stage::{NOW_MS, Record, Tally, answering, config, failed, nowhere, numbered, one, raw};

fn three_attempts() -> Queue {
    let mut queue = Queue::new("orders");
    queue.max_receive_count = 3;
    queue
}

#[tokio::test(start_paused = true)]
async fn a_poison_event_becomes_a_dead_letter_with_its_reason() {
    let target = answering(|batch| Ok(failed(&batch, "unknown sku X-1")));
    let config = config(&[three_attempts()]);
    let clock = config.clock;
    let bus = Bus::open(nowhere(), config, one("orders", target)).unwrap();
    bus.put(&[numbered(13)]).await.unwrap();
    bus.idle().await;
    let letters = bus.dead_letters("orders", 0).await.unwrap();
    assert_eq!(letters.len(), 1);
    let letter = &letters[0];
    assert_eq!((letter.id, letter.queue.as_str(), letter.attempts), (1, "orders", 3));
    assert_eq!(letter.reason, "unknown sku X-1");
    assert_eq!(letter.body, bus.archive(0).await.unwrap()[0].body);
    assert_eq!((letter.sent_ms, letter.died_ms), (NOW_MS, clock.now_ms()));
    assert!(bus.dead_letters("orders", 1).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_final_failure_becomes_a_dead_letter_at_the_first_attempt() {
    let target = answering(|batch| {
        let mut answer = failed(&batch, "too-late");
        answer["batchItemFailures"][0]["final"] = true.into();
        Ok(answer)
    });
    let bus = Bus::open(nowhere(), config(&[three_attempts()]), one("orders", target)).unwrap();
    bus.pause("orders").unwrap();
    bus.put(&[numbered(1), numbered(2)]).await.unwrap();
    bus.resume("orders").unwrap();
    bus.idle().await;
    let letters = bus.dead_letters("orders", 0).await.unwrap();
    let failures: Vec<_> = letters.iter().map(|l| (l.attempts, l.reason.as_str())).collect();
    // The second failed without `final`, was retried alone, and then failed with it.
    assert_eq!(failures, [(1, "too-late"), (2, "too-late")]);
}

#[tokio::test(start_paused = true)]
async fn a_discarded_dead_letter_is_deleted() {
    let target = answering(|batch| Ok(failed(&batch, "no")));
    let bus = Bus::open(nowhere(), config(&[three_attempts()]), one("orders", target)).unwrap();
    bus.put(&[numbered(1)]).await.unwrap();
    bus.idle().await;
    assert!(bus.discard("orders", 1).await.unwrap());
    assert!(!bus.discard("orders", 1).await.unwrap());
    assert!(bus.dead_letters("orders", 0).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_says_so_if_the_target_gave_no_reason() {
    let target = answering(|batch| {
        let mut answer = failed(&batch, "");
        answer["batchItemFailures"][0].as_object_mut().unwrap().remove("reason");
        Ok(answer)
    });
    let bus = Bus::open(nowhere(), config(&[three_attempts()]), one("orders", target)).unwrap();
    bus.put(&[numbered(1)]).await.unwrap();
    bus.idle().await;
    let letters = bus.dead_letters("orders", 0).await.unwrap();
    assert_eq!(letters[0].reason, "the target gave no reason");
}

#[tokio::test(start_paused = true)]
async fn a_poison_event_in_a_batch_does_not_fail_the_others() {
    // The target has no partial batch responses: it fails the whole batch.
    let tally = Tally::default();
    let counting = tally.clone();
    let target = answering(move |batch| {
        if batch.iter().any(|record| record.n() == 4) {
            return Err(TargetError::new("poison"));
        }
        counting.count(&batch);
        Ok(Value::Null)
    });
    let bus = Bus::open(nowhere(), config(&[three_attempts()]), one("orders", target)).unwrap();
    bus.put(&(0..10).map(numbered).collect::<Vec<_>>()).await.unwrap();
    bus.idle().await;
    for n in 0..10 {
        assert_eq!(tally.of(n), u64::from(n != 4), "message {n}");
    }
    let letters = bus.dead_letters("orders", 0).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].body.ends_with(r#""detail":{"n":4}}"#));
}

#[tokio::test(start_paused = true)]
async fn messages_that_always_time_out_do_not_block_new_ones() {
    let clock = Clock::at(0);
    let tally = Tally::default();
    let counting = tally.clone();
    let target = raw(move |event| {
        let batch = crate::stage::records(&event);
        if batch.iter().any(|record| record.n() < 8) {
            return Box::pin(std::future::pending());
        }
        counting.count(&batch);
        Box::pin(std::future::ready(Ok("null".into())))
    });
    let bus = Bus::open(nowhere(), config(&[Queue::new("orders")]), one("orders", target)).unwrap();
    bus.put(&(0..8).map(numbered).collect::<Vec<_>>()).await.unwrap();
    // After one invocation's timeout each of the eight is retried alone, for 30 s.
    tokio::time::sleep(Duration::from_secs(31)).await;
    let before_ms = clock.now_ms();
    bus.put(&[numbered(100)]).await.unwrap();
    while tally.of(100) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(clock.now_ms() - before_ms < 10);
}

#[tokio::test(start_paused = true)]
async fn redriven_dead_letters_get_all_attempts_again() {
    let cured = Arc::new(AtomicBool::new(false));
    let tally = Tally::default();
    let (is_cured, counting) = (Arc::clone(&cured), tally.clone());
    let target = answering(move |batch: Vec<Record>| {
        if !is_cured.load(Ordering::SeqCst) {
            return Ok(failed(&batch, "sick"));
        }
        assert!(batch.iter().all(|record| record.attempt == 1));
        counting.count(&batch);
        Ok(Value::Null)
    });
    let bus = Bus::open(nowhere(), config(&[three_attempts()]), one("orders", target)).unwrap();
    bus.put(&(1..=5).map(numbered).collect::<Vec<_>>()).await.unwrap();
    bus.idle().await;
    let ids: Vec<_> =
        bus.dead_letters("orders", 0).await.unwrap().iter().map(|letter| letter.id).collect();
    assert_eq!(ids, [1, 2, 3, 4, 5]);

    cured.store(true, Ordering::SeqCst);
    assert_eq!(bus.redrive("orders", Redrive::Ids(vec![2, 4, 99])).await.unwrap(), 2);
    bus.idle().await;
    assert_eq!(tally.total(), 2);
    assert_eq!(bus.dead_letters("orders", 0).await.unwrap().len(), 3);
    assert_eq!(bus.redrive("orders", Redrive::All).await.unwrap(), 3);
    bus.idle().await;
    assert!((1..=5).all(|n| tally.of(n) == 1));
    assert_eq!(bus.redrive("orders", Redrive::All).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_replayed_event_keeps_its_mark_as_a_dead_letter_and_after_a_redrive() {
    let (sender, mut marks) = tokio::sync::mpsc::unbounded_channel();
    let target = answering(move |batch| {
        let replayed = batch.iter().filter(|record| record.event.get("replay-name").is_some());
        let failures = failed(replayed.clone(), "no replays here");
        sender.send(replayed.count()).unwrap();
        Ok(failures)
    });
    let mut queue = three_attempts();
    queue.max_receive_count = 1;
    let bus = Bus::open(nowhere(), config(&[queue]), one("orders", target)).unwrap();
    bus.put(&[numbered(1)]).await.unwrap();
    bus.idle().await;
    bus.replay(&Replay::named("again")).await.unwrap();
    bus.idle().await;
    let letters = bus.dead_letters("orders", 0).await.unwrap();
    assert!(letters[0].body.ends_with(r#","detail":{"n":1},"replay-name":"again"}"#));
    bus.redrive("orders", Redrive::All).await.unwrap();
    bus.idle().await;
    assert_eq!(bus.dead_letters("orders", 0).await.unwrap()[0].body, letters[0].body);
    let marks: Vec<_> = std::iter::from_fn(|| marks.try_recv().ok()).collect();
    assert_eq!(marks, [0, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn many_dead_letters_come_in_pages() {
    let target = answering(|batch| Ok(failed(&batch, "no")));
    let mut queue = three_attempts();
    queue.max_receive_count = 1;
    let bus = Bus::open(nowhere(), config(&[queue]), one("orders", target)).unwrap();
    for n in 0..250 {
        bus.put(&[numbered(n)]).await.unwrap();
    }
    bus.idle().await;
    let (mut sizes, mut after) = (Vec::new(), 0);
    loop {
        let page = bus.dead_letters("orders", after).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.id;
        sizes.push(page.len());
    }
    assert_eq!(sizes, [100, 100, 50]);
}

#[tokio::test(start_paused = true)]
async fn a_long_reason_is_truncated_between_characters() {
    let target = answering(|batch| Ok(failed(&batch, &"é".repeat(5_000))));
    let bus = Bus::open(nowhere(), config(&[three_attempts()]), one("orders", target)).unwrap();
    bus.put(&[numbered(1)]).await.unwrap();
    bus.idle().await;
    let letters = bus.dead_letters("orders", 0).await.unwrap();
    assert_eq!(letters[0].reason, "é".repeat(2_048));
}

//! The archive and replays.

use std::collections::HashMap;

use infra_bus::{Bus, Entry, Queue, Replay};
use serde_json::Value;

use crate::stage::{accepting, config, nowhere, numbered, orders, taking};

#[tokio::test(start_paused = true)]
async fn a_replayed_event_is_the_same_event_with_the_replays_name() {
    let (target, mut batches) = taking();
    let bus = orders(nowhere(), target);
    bus.put(&[numbered(1)]).await.unwrap();
    let original = batches.recv().await.unwrap().remove(0).event;
    assert_eq!(bus.replay(&Replay::named("after-the-outage")).await.unwrap(), 1);
    let mut replayed = batches.recv().await.unwrap().remove(0).event;
    assert_eq!(replayed["replay-name"], "after-the-outage");
    replayed.as_object_mut().unwrap().remove("replay-name");
    assert_eq!(replayed, original);
}

#[tokio::test(start_paused = true)]
async fn replayed_events_are_not_archived_again() {
    let (target, _batches) = taking();
    let bus = orders(nowhere(), target);
    bus.put(&[numbered(1), numbered(2)]).await.unwrap();
    assert_eq!(bus.replay(&Replay::named("once")).await.unwrap(), 2);
    assert_eq!(bus.replay(&Replay::named("twice")).await.unwrap(), 2);
    assert_eq!(bus.archive(0).await.unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_replay_takes_a_span_of_event_time() {
    let (target, mut batches) = taking();
    let bus = orders(nowhere(), target);
    bus.pause("orders").unwrap();
    for n in 0..10 {
        let mut entry = numbered(n);
        entry.time_s = Some(i64::try_from(n * 100).unwrap());
        bus.put(&[entry]).await.unwrap();
    }
    assert_eq!(
        bus.replay(&Replay { time_s: 300..=500, ..Replay::named("middle") }).await.unwrap(),
        3
    );
    bus.resume("orders").unwrap();
    bus.idle().await;
    let mut replayed = Vec::new();
    while let Ok(batch) = batches.try_recv() {
        let marked = batch.iter().filter(|record| record.event.get("replay-name").is_some());
        replayed.extend(marked.map(|record| record.n()));
    }
    assert_eq!(replayed, [3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn a_long_archive_comes_in_pages_and_is_replayed_whole() {
    let (target, _batches) = taking();
    let bus = orders(nowhere(), target);
    for n in 0..120 {
        bus.put(&(0..10).map(|i| numbered(n * 10 + i)).collect::<Vec<_>>()).await.unwrap();
    }
    bus.idle().await;
    let (mut numbers, mut pages, mut after) = (Vec::new(), 0, 0);
    loop {
        let page = bus.archive(after).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.seq;
        pages += 1;
        for event in page {
            let event: Value = serde_json::from_str(&event.body).unwrap();
            numbers.push(event["detail"]["n"].as_u64().unwrap());
        }
    }
    assert_eq!(pages, 3);
    assert_eq!(numbers, (0..1_200).collect::<Vec<_>>());
    assert_eq!(bus.replay(&Replay::named("all")).await.unwrap(), 1_200);
    bus.idle().await;
}

#[tokio::test(start_paused = true)]
async fn pages_of_large_events_stay_small() {
    let (target, _batches) = taking();
    let bus = orders(nowhere(), target);
    for _ in 0..20 {
        let detail = format!(r#"{{"n":0,"a":"{}"}}"#, "x".repeat(1_000_000));
        bus.put(&[Entry::new("s", "d", detail)]).await.unwrap();
    }
    assert_eq!(bus.archive(0).await.unwrap().len(), 9);
}

#[tokio::test(start_paused = true)]
async fn a_replay_needs_a_name_that_aws_accepts() {
    let bus = orders(nowhere(), accepting());
    for name in ["", "a b", "a\"b", &"a".repeat(65)] {
        let error = bus.replay(&Replay::named(name)).await.unwrap_err().to_string();
        assert!(error.ends_with("is not a replay name: 1 to 64 of letters, digits, `.`, `-`, `_`"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_replay_through_one_rule_does_not_affect_other_queues() {
    let (orders, mut to_orders) = taking();
    let (mails, mut to_mails) = taking();
    let targets = HashMap::from([("orders".to_owned(), orders), ("mails".to_owned(), mails)]);
    let config = config(&[Queue::new("orders"), Queue::new("mails")]);
    let bus = Bus::open(nowhere(), config, targets).unwrap();
    bus.put(&[numbered(1)]).await.unwrap();
    bus.idle().await;
    let through =
        |rule: &str| Replay { rules: Some(vec![rule.to_owned()]), ..Replay::named("again") };
    assert_eq!(bus.replay(&through("to-mails")).await.unwrap(), 1);
    bus.idle().await;
    assert_eq!(to_orders.recv().await.unwrap().len(), 1);
    assert!(to_orders.try_recv().is_err());
    assert_eq!(to_mails.recv().await.unwrap().len(), 1);
    assert_eq!(to_mails.recv().await.unwrap()[0].event["replay-name"], "again");
    let error = bus.replay(&through("to-none")).await.unwrap_err().to_string();
    assert_eq!(error, "there is no rule `to-none`");
}

//! An invalid configuration is rejected before anything starts.

use std::collections::HashMap;
use std::time::Duration;

use infra_bus::{Bus, Config, Queue};
use serde_json::json;

use crate::stage::{config, nowhere, rule, untouched};

fn error_of(change: impl FnOnce(&mut Config)) -> String {
    let mut config = config(&[Queue::new("orders")]);
    change(&mut config);
    let targets = HashMap::from([("orders".to_owned(), untouched())]);
    Bus::open(nowhere(), config, targets).err().unwrap().to_string()
}

#[tokio::test]
async fn each_error_is_named() {
    let cases: [(String, &str); 13] = [
        (error_of(|c| c.bus = "a b".into()), "`a b` is not usable as bus name"),
        (error_of(|c| c.account = "12".into()), "`12` is not usable as account name"),
        (error_of(|c| c.queues[0].name = "ö".into()), "`ö` is not usable as queue name"),
        (error_of(|c| c.queues.push(Queue::new("orders"))), "queue `orders` is declared twice"),
        (error_of(|c| c.rules.push(c.rules[0].clone())), "rule `to-orders` is declared twice"),
        (
            error_of(|c| c.rules[0].queue = "other".into()),
            "rule `to-orders` sends to `other`, which is not a queue of this bus",
        ),
        (error_of(|c| c.queues.push(Queue::new("more"))), "queue `more` has no target"),
        (error_of(|c| c.queues[0].batch_max = 1_001), "queue `orders`: batch_max is out of range"),
        (
            error_of(|c| c.queues[0].delivery_delay = Duration::from_secs(901)),
            "queue `orders`: delivery_delay is out of range",
        ),
        (
            error_of(|c| c.queues[0].concurrency_max = 0),
            "queue `orders`: concurrency_max is out of range",
        ),
        (
            error_of(|c| c.queues[0].backoff_max = Duration::from_secs(43_201)),
            "queue `orders`: backoff_max is out of range",
        ),
        (
            error_of(|c| c.queues[0].backoff_base = Duration::from_secs(60)),
            "queue `orders`: backoff_base is out of range",
        ),
        (
            error_of(|c| {
                c.rules = (0..301)
                    .map(|n| {
                        let mut rule = rule("orders", json!({ "source": ["s"] }));
                        rule.name = format!("r{n}");
                        rule
                    })
                    .collect();
            }),
            "301 rules: a bus has at most 300",
        ),
    ];
    for (error, message) in cases {
        assert_eq!(error, message);
    }
}

#[tokio::test]
async fn a_target_without_a_queue_is_an_error() {
    let targets = HashMap::from([("orders".to_owned(), untouched())]);
    let error = Bus::open(nowhere(), config(&[]), targets).err().unwrap();
    assert_eq!(
        error.to_string(),
        "a target is given for `orders`, which is not a queue of this bus"
    );
}

#[tokio::test]
async fn an_unknown_queue_is_an_error_everywhere() {
    let bus = Bus::open(nowhere(), config(&[]), HashMap::new()).unwrap();
    let message = "there is no queue `none`";
    assert_eq!(bus.pause("none").unwrap_err().to_string(), message);
    assert_eq!(bus.resume("none").unwrap_err().to_string(), message);
    assert_eq!(bus.unfinished("none").unwrap_err().to_string(), message);
    assert_eq!(bus.drained("none").await.unwrap_err().to_string(), message);
    assert_eq!(bus.dead_letters("none", 0).await.unwrap_err().to_string(), message);
    assert_eq!(
        bus.redrive("none", infra_bus::Redrive::All).await.unwrap_err().to_string(),
        message
    );
}

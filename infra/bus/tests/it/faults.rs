//! Injected faults: their specification, and that they lose no event.

use infra_bus::{Bus, Faults, Queue};
use serde_json::Value;

use crate::stage::{Tally, answering, config, nowhere, numbered, one, taking};

#[test]
fn an_error_in_a_specification_is_named() {
    let probability = "a probability is a decimal from 0 to 1 with at most 6 digits";
    let delay = "expected milliseconds as low..high, high at most 900000";
    let cases = [
        ("duplicate", "`duplicate` is not of the form fault=value".to_owned()),
        (
            "lose=0.1",
            "unknown fault `lose`: expected duplicate, reorder, fail or delay_ms".to_owned(),
        ),
        ("fail=0.1,fail=0.2", "fault `fail` is given twice".to_owned()),
        ("fail=1.000001", format!("`fail=1.000001`: {probability}")),
        ("fail=0.1234567", format!("`fail=0.1234567`: {probability}")),
        ("fail=-0.1", format!("`fail=-0.1`: {probability}")),
        ("fail=.5", format!("`fail=.5`: {probability}")),
        ("fail=5%", format!("`fail=5%`: {probability}")),
        ("fail=", format!("`fail=`: {probability}")),
        ("reorder=99999999999", format!("`reorder=99999999999`: {probability}")),
        ("delay_ms=10", format!("`delay_ms=10`: {delay}")),
        ("delay_ms=10..5", format!("`delay_ms=10..5`: {delay}")),
        ("delay_ms=0..900001", format!("`delay_ms=0..900001`: {delay}")),
    ];
    for (spec, message) in cases {
        assert_eq!(Faults::parse(spec).unwrap_err().to_string(), message);
    }
}

#[test]
fn a_specification_may_be_partial_or_empty() {
    assert_eq!(Faults::parse("").unwrap(), Faults::default());
    assert_eq!(Faults::parse("duplicate=0,delay_ms=0..0").unwrap(), Faults::default());
    assert_eq!(
        Faults::parse(" fail=1 , reorder=0.5").unwrap(),
        Faults::parse("reorder=0.500000,fail=1.0").unwrap()
    );
}

async fn order_of_arrival(faults: &str, seed: u64) -> Vec<u64> {
    let (target, mut batches) = taking();
    let mut config = config(&[Queue::new("orders")]);
    config.faults = Faults::parse(faults).unwrap();
    config.seed = seed;
    let bus = Bus::open(nowhere(), config, one("orders", target)).unwrap();
    for n in 0..100 {
        bus.put(&[numbered(n)]).await.unwrap();
    }
    bus.idle().await;
    let mut order = Vec::new();
    while let Ok(batch) = batches.try_recv() {
        order.extend(batch.iter().map(|record| record.n()));
    }
    order
}

#[tokio::test(start_paused = true)]
async fn without_faults_messages_arrive_once_and_in_order() {
    assert_eq!(order_of_arrival("", 1).await, (0..100).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn with_duplicates_some_messages_arrive_twice() {
    let order = order_of_arrival("duplicate=0.2", 1).await;
    assert!((110..=130).contains(&order.len()), "{}", order.len());
}

#[tokio::test(start_paused = true)]
async fn with_reordering_later_messages_overtake_earlier_ones() {
    let order = order_of_arrival("reorder=0.5", 1).await;
    let overtaken = order.windows(2).filter(|pair| pair[0] > pair[1]).count();
    assert!(overtaken > 10, "{overtaken}");
    assert_eq!(order.len(), 100);
}

#[tokio::test(start_paused = true)]
async fn delays_hold_messages_back() {
    let clock = infra_bus::Clock::at(0);
    let order = order_of_arrival("delay_ms=2000..3000", 1).await;
    assert_eq!(order.len(), 100);
    assert!((2_000..=3_100).contains(&clock.now_ms()));
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_faults() {
    let faults = "duplicate=0.2,reorder=0.5,delay_ms=0..3000";
    let first = order_of_arrival(faults, 42).await;
    assert_eq!(order_of_arrival(faults, 42).await, first);
    assert_ne!(order_of_arrival(faults, 43).await, first);
}

#[tokio::test(start_paused = true)]
async fn under_all_faults_together_every_event_arrives() {
    for seed in 0..10 {
        println!("seed {seed}");
        let tally = Tally::default();
        let counting = tally.clone();
        let target = answering(move |batch| {
            counting.count(&batch);
            Ok(Value::Null)
        });
        let mut config = config(&[Queue::new("orders")]);
        config.seed = seed;
        config.faults =
            Faults::parse("duplicate=0.2,reorder=0.5,delay_ms=0..3000,fail=0.2").unwrap();
        let bus = Bus::open(nowhere(), config, one("orders", target)).unwrap();
        for n in 0..200 {
            bus.put(&[numbered(n)]).await.unwrap();
        }
        bus.idle().await;
        let missing: Vec<_> = (0..200).filter(|n| tally.of(*n) == 0).collect();
        assert_eq!(missing, [0_u64; 0]);
        // Duplicates, and answers that were lost after the work was done.
        assert!(tally.total() > 220, "{}", tally.total());
        assert!(bus.dead_letters("orders", 0).await.unwrap().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn the_reason_of_an_injected_failure_names_the_fault() {
    let (target, _batches) = taking();
    let mut queue = Queue::new("orders");
    queue.max_receive_count = 1;
    queue.batch_max = 1;
    let mut config = config(&[queue]);
    config.faults = Faults::parse("fail=1").unwrap();
    let bus = Bus::open(nowhere(), config, one("orders", target)).unwrap();
    for n in 0..20 {
        bus.put(&[numbered(n)]).await.unwrap();
    }
    bus.idle().await;
    let letters = bus.dead_letters("orders", 0).await.unwrap();
    let with = |reason: &str| letters.iter().filter(|letter| letter.reason == reason).count();
    let unreached = with("fault: the target was not reached");
    let lost = with("fault: the target's answer was lost");
    assert_eq!(unreached + lost, 20);
    assert!(unreached > 3 && lost > 3, "{unreached} and {lost}");
}

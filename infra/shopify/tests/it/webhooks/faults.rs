use infra_shopify::webhooks::{Faults, Outcome};

use super::*;

const ALWAYS: u32 = 1_000_000;

/// The numbers of the orders, in the order of arrival.
fn arrivals(seed: u64, faults: Faults, orders: u64) -> Vec<u64> {
    let mut queue = Queue::new(credentials(), seed);
    queue.configure(vec![subscription("orders/paid", "http://a/")]);
    queue.set_faults(faults);
    for number in 0..orders {
        queue.publish(&order(number), NOW_MS + number).unwrap();
    }
    let mut arrived = Vec::new();
    while let Some(delivery) = queue.take_due(NOW_MS + HOUR_MS) {
        let body: Value = serde_json::from_slice(&delivery.body).unwrap();
        arrived.push(body["id"].as_u64().unwrap());
        queue.finish(delivery.id, Outcome::Status(200), NOW_MS + HOUR_MS);
    }
    arrived
}

#[test]
fn without_faults_each_event_arrives_once_and_in_order() {
    assert_eq!(arrivals(1, Faults::default(), 5), [0, 1, 2, 3, 4]);
}

#[test]
fn every_webhook_arrives_twice() {
    let faults = Faults { duplicates_per_million: ALWAYS, ..Faults::default() };
    assert_eq!(arrivals(1, faults, 3), [0, 0, 1, 1, 2, 2]);
}

#[test]
fn a_duplicate_has_the_same_ids_and_bytes() {
    let mut queue = Queue::new(credentials(), 7);
    queue.configure(vec![subscription("orders/paid", "http://a/")]);
    queue.set_faults(Faults { duplicates_per_million: ALWAYS, ..Faults::default() });
    assert_eq!(queue.publish(&order(1), NOW_MS), Ok(2));
    let (one, two) = (queue.take_due(NOW_MS).unwrap(), queue.take_due(NOW_MS).unwrap());
    assert_eq!((&one.headers, &one.body), (&two.headers, &two.body));
    assert_ne!(one.id, two.id);
}

#[test]
fn no_webhook_arrives_and_the_loss_is_counted() {
    let faults = Faults { lost_per_million: ALWAYS, ..Faults::default() };
    assert_eq!(arrivals(1, faults, 3), [0_u64; 0]);
    let mut queue = Queue::new(credentials(), 7);
    queue.configure(vec![subscription("orders/paid", "http://a/")]);
    queue.set_faults(faults);
    assert_eq!(queue.publish(&order(1), NOW_MS), Ok(0));
    assert_eq!(queue.stats().lost, 1);
}

#[test]
fn later_events_overtake_and_the_same_seed_gives_the_same_disorder() {
    let faults = Faults { delay_ms_max: 1_000, ..Faults::default() };
    let arrived = arrivals(3, faults, 20);
    let mut sorted = arrived.clone();
    sorted.sort_unstable();
    assert_ne!(arrived, sorted);
    assert_eq!(sorted, (0..20).collect::<Vec<u64>>());
    assert_eq!(arrived, arrivals(3, faults, 20));
    assert_ne!(arrived, arrivals(4, faults, 20));
}

#[test]
fn a_delay_is_bounded() {
    let mut queue = Queue::new(credentials(), 7);
    queue.configure(vec![subscription("orders/paid", "http://a/")]);
    queue.set_faults(Faults { delay_ms_max: 1_000, ..Faults::default() });
    (0..100).for_each(|number| assert_eq!(queue.publish(&order(number), NOW_MS), Ok(1)));
    let count = std::iter::from_fn(|| queue.take_due(NOW_MS + 1_000)).count();
    assert_eq!(count, 100);
}

#[test]
fn half_of_the_webhooks_are_lost() {
    let faults = Faults { lost_per_million: 500_000, ..Faults::default() };
    let count = arrivals(5, faults, 1_000).len();
    assert!((450..550).contains(&count), "{count}");
}

#[test]
fn a_retry_may_have_a_new_webhook_id() {
    let mut queue = Queue::new(credentials(), 7);
    queue.configure(vec![subscription("orders/paid", "http://a/")]);
    queue.set_faults(Faults { renews_webhook_id: true, ..Faults::default() });
    queue.publish(&order(1), NOW_MS).unwrap();
    let first = queue.take_due(NOW_MS).unwrap();
    queue.finish(first.id, Outcome::Failed("reset".to_owned()), NOW_MS);
    let second = queue.take_due(NOW_MS + 56_000).unwrap();
    assert_eq!((second.id, second.attempt), (first.id, 2));
    let name = "x-shopify-webhook-id";
    assert_ne!(first.header(name), second.header(name));
    let name = "x-shopify-event-id";
    assert_eq!(first.header(name), second.header(name));
}

//! A bus that nobody serves can be looked after, and hands nothing out.

use infra_bus::{Bus, Queue, Redrive, Replay};
use serde_json::json;

use crate::stage::{Shelf, answering, config, failed, numbered, one, taking, untouched};

#[tokio::test(start_paused = true)]
async fn what_is_redriven_replayed_or_put_at_rest_is_delivered_at_the_next_start() {
    let shelf = Shelf::new();
    let mut queue = Queue::new("orders");
    queue.max_receive_count = 1;
    let target = answering(|batch| Ok(failed(&batch, "sick")));
    let bus = Bus::open(&shelf.file(), config(&[queue]), one("orders", target)).unwrap();
    bus.put(&[numbered(1)]).await.unwrap();
    bus.idle().await;
    bus.shutdown(std::time::Duration::ZERO).await.unwrap();

    let bus = Bus::open_at_rest(&shelf.file(), config(&[Queue::new("orders")])).unwrap();
    assert_eq!(bus.queues().collect::<Vec<_>>(), ["orders"]);
    assert_eq!(bus.dead_letters("orders", 0).await.unwrap()[0].reason, "sick");
    assert_eq!(bus.redrive("orders", Redrive::All).await.unwrap(), 1);
    assert_eq!(bus.replay(&Replay::named("again")).await.unwrap(), 1);
    bus.put(&[numbered(2)]).await.unwrap();
    bus.resume("orders").unwrap();
    assert_eq!(bus.unfinished("orders").unwrap(), 3, "nobody was asked");
    bus.shutdown(std::time::Duration::ZERO).await.unwrap();

    let (target, mut batches) = taking();
    let bus =
        Bus::open(&shelf.file(), config(&[Queue::new("orders")]), one("orders", target)).unwrap();
    bus.idle().await;
    let mut seen = Vec::new();
    while let Ok(batch) = batches.try_recv() {
        seen.extend(batch.iter().map(|r| (r.n(), r.event["replay-name"].clone())));
    }
    seen.sort_by_key(|(n, name)| (*n, name.is_string()));
    assert_eq!(seen, [(1, json!(null)), (1, json!("again")), (2, json!(null))]);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_served_cannot_be_opened_at_rest() {
    let shelf = Shelf::new();
    let config = || config(&[Queue::new("orders")]);
    let _bus = Bus::open(&shelf.file(), config(), one("orders", untouched())).unwrap();
    let refused = Bus::open_at_rest(&shelf.file(), config()).err().unwrap().to_string();
    assert!(refused.ends_with("in use by another process"), "{refused}");
}

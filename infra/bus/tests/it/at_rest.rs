//! A bus at rest allows maintenance and delivers nothing.

use infra_bus::{Bus, Queue, Redrive, Replay};
use serde_json::json;

use crate::stage::{BusDirectory, answering, config, failed, numbered, one, taking, untouched};

#[tokio::test(start_paused = true)]
async fn messages_redriven_replayed_or_put_at_rest_are_delivered_at_the_next_start() {
    let dir = BusDirectory::new();
    let mut queue = Queue::new("orders");
    queue.max_receive_count = 1;
    let target = answering(|batch| Ok(failed(&batch, "sick")));
    let bus = Bus::open(&dir.file(), config(&[queue]), one("orders", target)).unwrap();
    bus.put(&[numbered(1)]).await.unwrap();
    bus.idle().await;
    bus.shutdown(std::time::Duration::ZERO).await.unwrap();

    let bus = Bus::open_at_rest(&dir.file(), config(&[Queue::new("orders")])).unwrap();
    assert_eq!(bus.queues().collect::<Vec<_>>(), ["orders"]);
    assert_eq!(bus.dead_letters("orders", 0).await.unwrap()[0].reason, "sick");
    assert_eq!(bus.redrive("orders", Redrive::All).await.unwrap(), 1);
    assert_eq!(bus.replay(&Replay::named("again")).await.unwrap(), 1);
    bus.put(&[numbered(2)]).await.unwrap();
    bus.resume("orders").unwrap();
    assert_eq!(bus.unfinished("orders").unwrap(), 3, "no target was called");
    bus.shutdown(std::time::Duration::ZERO).await.unwrap();

    let (target, mut batches) = taking();
    let bus =
        Bus::open(&dir.file(), config(&[Queue::new("orders")]), one("orders", target)).unwrap();
    bus.idle().await;
    let mut delivered = Vec::new();
    while let Ok(batch) = batches.try_recv() {
        delivered.extend(batch.iter().map(|r| (r.n(), r.event["replay-name"].clone())));
    }
    delivered.sort_by_key(|(n, name)| (*n, name.is_string()));
    assert_eq!(delivered, [(1, json!(null)), (1, json!("again")), (2, json!(null))]);
}

#[tokio::test(start_paused = true)]
async fn a_file_in_use_cannot_be_opened_at_rest() {
    let dir = BusDirectory::new();
    let config = || config(&[Queue::new("orders")]);
    let _bus = Bus::open(&dir.file(), config(), one("orders", untouched())).unwrap();
    let error = Bus::open_at_rest(&dir.file(), config()).err().unwrap().to_string();
    assert!(error.ends_with("in use by another process"), "{error}");
}

//! Concurrent writers share a transaction.

use infra_bus::{Bus, Stats};

use crate::stage::{BusDirectory, config, numbered};

#[tokio::test]
async fn a_hundred_puts_at_once_need_far_fewer_commits() {
    let dir = BusDirectory::new();
    let bus = Bus::open(&dir.file(), config(&[]), Default::default()).unwrap();
    let puts: Vec<_> = (0..100)
        .map(|n| {
            let bus = bus.clone();
            tokio::spawn(async move { bus.put(&[numbered(n)]).await.unwrap().remove(0).unwrap() })
        })
        .collect();
    let mut ids = Vec::new();
    for put in puts {
        ids.push(put.await.unwrap());
    }
    let Stats { puts, commits } = bus.stats();
    assert_eq!(puts, 100);
    assert!(commits <= 10, "{commits} commits");
    let archived: Vec<_> =
        bus.archive(0).await.unwrap().into_iter().map(|event| event.id).collect();
    assert_eq!(archived, ids);
}

#[tokio::test]
async fn a_put_whose_caller_is_gone_is_still_stored() {
    let bus = Bus::open(crate::stage::nowhere(), config(&[]), Default::default()).unwrap();
    let entries = [numbered(1)];
    {
        let mut put = std::pin::pin!(bus.put(&entries));
        // Polled once: the writer has the entry, and the caller drops the future.
        let waker = std::task::Waker::noop();
        assert!(put.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_pending());
    }
    assert_eq!(bus.archive(0).await.unwrap().len(), 1);
    assert_eq!(bus.stats().puts, 1);
}

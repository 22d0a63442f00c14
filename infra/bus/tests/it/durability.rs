//! The state after a restart, for each way in which the process can end.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use infra_bus::{Bus, BusError, Clock, DELAY_MS_MAX, Durability, OpenError, Queue};
use serde_json::Value;

use crate::stage::{
    BusDirectory, NOW_MS, Tally, accepting, answering, config, failed, hanging, numbered, one,
    orders, taking, untouched,
};

#[tokio::test(start_paused = true)]
async fn messages_in_flight_when_the_process_ended_are_delivered_again() {
    let dir = BusDirectory::new();
    let bus = orders(&dir.file(), hanging());
    bus.put(&(0..15).map(numbered).take(10).collect::<Vec<_>>()).await.unwrap();
    bus.put(&(10..15).map(numbered).collect::<Vec<_>>()).await.unwrap();
    bus.shutdown(Duration::ZERO).await.unwrap();

    let (target, mut batches) = taking();
    let bus = orders(&dir.file(), target);
    assert_eq!(bus.unfinished("orders").unwrap(), 15);
    bus.idle().await;
    let mut delivered = HashSet::new();
    while let Ok(batch) = batches.try_recv() {
        delivered.extend(batch.iter().map(|record| record.n()));
    }
    assert_eq!(delivered, (0..15).collect());
}

#[tokio::test(start_paused = true)]
async fn finished_messages_are_not_delivered_again() {
    let dir = BusDirectory::new();
    let bus = orders(&dir.file(), accepting());
    bus.put(&[numbered(1)]).await.unwrap();
    bus.idle().await;
    bus.shutdown(Duration::ZERO).await.unwrap();
    let bus = orders(&dir.file(), untouched());
    assert_eq!(bus.unfinished("orders").unwrap(), 0);
    assert_eq!(bus.archive(0).await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_message_keeps_its_id_and_its_attempts_over_a_restart() {
    let dir = BusDirectory::new();
    let (sender, mut received) = tokio::sync::mpsc::unbounded_channel();
    let target = answering(move |batch| {
        sender.send(batch[0].clone()).unwrap();
        Ok(failed(&batch, "not yet"))
    });
    let bus = orders(&dir.file(), target);
    bus.put(&[numbered(1)]).await.unwrap();
    let first = received.recv().await.unwrap();
    bus.shutdown(Duration::from_secs(1)).await.unwrap();

    let (target, mut batches) = taking();
    let _bus = orders(&dir.file(), target);
    let second = batches.recv().await.unwrap().remove(0);
    assert_eq!((first.attempt, second.attempt), (1, 2));
    assert_eq!(first.message_id, second.message_id);
    assert_eq!(first.event, second.event);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_always_ends_the_process_becomes_a_dead_letter() {
    let dir = BusDirectory::new();
    let open = |target| {
        let mut queue = Queue::new("orders");
        queue.max_receive_count = 2;
        Bus::open(&dir.file(), config(&[queue]), one("orders", target)).unwrap()
    };
    for attempt in 1..=2 {
        let (sender, mut received) = tokio::sync::mpsc::unbounded_channel();
        let bus = open(crate::stage::raw(move |event| {
            sender.send(crate::stage::records(&event)[0].attempt).unwrap();
            Box::pin(std::future::pending())
        }));
        if attempt == 1 {
            bus.put(&[numbered(1)]).await.unwrap();
        }
        assert_eq!(received.recv().await.unwrap(), attempt);
        bus.shutdown(Duration::ZERO).await.unwrap();
    }
    let bus = open(untouched());
    bus.idle().await;
    let letters = bus.dead_letters("orders", 0).await.unwrap();
    assert_eq!(letters[0].reason, "the process ended during the last attempt");
}

#[tokio::test(start_paused = true)]
async fn a_clean_shutdown_finishes_deliveries_and_rejects_new_events() {
    let dir = BusDirectory::new();
    let tally = Tally::default();
    let counting = tally.clone();
    let target = crate::stage::raw(move |event| {
        let (tally, batch) = (counting.clone(), crate::stage::records(&event));
        Box::pin(async move {
            tokio::time::sleep(Duration::from_secs(3)).await;
            tally.count(&batch);
            Ok("null".into())
        })
    });
    let bus = orders(&dir.file(), target);
    bus.put(&[numbered(1)]).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    bus.shutdown(Duration::from_secs(5)).await.unwrap();
    assert_eq!(tally.of(1), 1);
    let error = bus.put(&[numbered(2)]).await.unwrap_err();
    assert_eq!(error.to_string(), "The bus is shutting down.");
    bus.shutdown(Duration::ZERO).await.unwrap();
    assert_eq!(orders(&dir.file(), untouched()).unfinished("orders").unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_back_between_two_starts_delays_nothing_for_long() {
    let dir = BusDirectory::new();
    let open = |now_ms, target| {
        let mut config = config(&[Queue::new("orders")]);
        config.clock = Clock::at(now_ms);
        Bus::open(&dir.file(), config, one("orders", target)).unwrap()
    };
    let day_ms = 86_400_000;
    let bus = open(NOW_MS, answering(|batch| Ok(failed(&batch, "not today"))));
    bus.put(&[numbered(1)]).await.unwrap();
    tokio::time::sleep(Duration::from_secs(10)).await;
    bus.shutdown(Duration::from_secs(1)).await.unwrap();

    let clock = Clock::at(0);
    let bus = open(NOW_MS - day_ms, accepting());
    bus.idle().await;
    assert_eq!(clock.now_ms(), DELAY_MS_MAX);
}

#[tokio::test]
async fn ids_are_unique_over_restarts() {
    let dir = BusDirectory::new();
    let mut ids = HashSet::new();
    for _ in 0..3 {
        let bus = orders(&dir.file(), accepting());
        for result in bus.put(&(0..10).map(numbered).collect::<Vec<_>>()).await.unwrap() {
            assert!(ids.insert(result.unwrap()));
        }
        bus.shutdown(Duration::ZERO).await.unwrap();
    }
    assert_eq!(ids.len(), 30);
}

#[tokio::test]
async fn a_file_in_use_cannot_be_opened_until_the_shutdown() {
    let dir = BusDirectory::new();
    let bus = orders(&dir.file(), accepting());
    let second = Bus::open(&dir.file(), config(&[]), Default::default());
    assert!(matches!(second, Err(BusError::Open(OpenError::InUse(_)))));
    bus.shutdown(Duration::ZERO).await.unwrap();
    let mut config = config(&[]);
    config.durability = Durability::Disk;
    assert!(Bus::open(&dir.file(), config, Default::default()).is_ok());
}

#[tokio::test]
async fn a_file_that_is_not_a_bus_database_is_not_changed() {
    let dir = BusDirectory::new();
    std::fs::write(
        dir.file(),
        "certainly not a database, and long enough to have a header".repeat(9),
    )
    .unwrap();
    let opened = Bus::open(&dir.file(), config(&[]), Default::default());
    assert!(matches!(opened, Err(BusError::Open(OpenError::Corrupt(_)))));

    let other = dir.file().with_extension("other");
    let connection = rusqlite::Connection::open(&other).unwrap();
    connection.execute_batch("CREATE TABLE mine (x)").unwrap();
    drop(connection);
    let opened = Bus::open(&other, config(&[]), Default::default());
    assert!(matches!(opened, Err(BusError::Open(OpenError::Foreign(_)))));

    let missing = dir.file().join("missing/bus.sqlite");
    let opened = Bus::open(&missing, config(&[]), Default::default());
    assert!(matches!(opened, Err(BusError::Open(OpenError::Io { .. }))));
}

#[tokio::test]
async fn a_damaged_archive_is_an_error_and_not_a_panic() {
    let dir = BusDirectory::new();
    let bus = orders(&dir.file(), accepting());
    for n in 0..200 {
        bus.put(&[numbered(n)]).await.unwrap();
    }
    bus.idle().await;
    bus.shutdown(Duration::ZERO).await.unwrap();
    let mut bytes = std::fs::read(dir.file()).unwrap();
    let end = bytes.len();
    bytes[8_192..end].fill(0xA5);
    std::fs::write(dir.file(), bytes).unwrap();
    match Bus::open(&dir.file(), config(&[]), Default::default()) {
        Err(error) => assert!(matches!(error, BusError::Open(OpenError::Corrupt(_))), "{error}"),
        Ok(bus) => assert!(bus.archive(0).await.is_err()),
    }
}

#[tokio::test]
async fn messages_of_a_removed_queue_wait_until_it_is_configured_again() {
    let dir = BusDirectory::new();
    let bus = orders(&dir.file(), hanging());
    bus.put(&[numbered(1)]).await.unwrap();
    bus.shutdown(Duration::ZERO).await.unwrap();
    let bus = Bus::open(&dir.file(), config(&[]), Default::default()).unwrap();
    bus.shutdown(Duration::ZERO).await.unwrap();
    let (target, mut batches) = taking();
    let _bus = orders(&dir.file(), target);
    assert_eq!(batches.recv().await.unwrap()[0].n(), 1);
}

/// Puts events in an endless loop and prints which are acknowledged and delivered. Not a test: the
/// next one runs it in a separate process. Without a path on its standard input it does nothing.
#[test]
#[ignore = "the process that the next test kills"]
fn the_process_that_is_killed() {
    let mut path = String::new();
    std::io::stdin().read_line(&mut path).unwrap();
    if path.trim().is_empty() {
        return;
    }
    let print = |what: &str, n: u64| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "\n{what} {n}").unwrap();
        out.flush().unwrap();
    };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let target = answering(move |batch| {
            let (odd, even): (Vec<_>, Vec<_>) = batch.into_iter().partition(|r| r.n() % 2 == 1);
            even.iter().for_each(|record| print("delivered", record.n()));
            Ok(failed(&odd, "not before the restart"))
        });
        let bus = orders(path.trim().as_ref(), target);
        for n in 0.. {
            bus.put(&[numbered(n)]).await.unwrap()[0].as_ref().unwrap();
            print("acknowledged", n);
        }
    });
}

#[tokio::test]
async fn an_acknowledged_event_survives_kill_9() {
    let dir = BusDirectory::new();
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "durability::the_process_that_is_killed", "--ignored", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(victim.stdin.take().unwrap(), "{}", dir.file().display()).unwrap();
    let (mut acknowledged, mut delivered) = (HashSet::new(), HashSet::new());
    for line in BufReader::new(victim.stdout.take().unwrap()).lines().map(Result::unwrap) {
        match line.split_once(' ') {
            Some(("acknowledged", n)) => _ = acknowledged.insert(n.parse::<u64>().unwrap()),
            Some(("delivered", n)) => _ = delivered.insert(n.parse::<u64>().unwrap()),
            _ => {}
        }
        if acknowledged.len() == 500 {
            victim.kill().unwrap();
        }
    }
    victim.wait().unwrap();

    let tally = Tally::default();
    let counting = tally.clone();
    let target = answering(move |batch| {
        counting.count(&batch);
        Ok(Value::Null)
    });
    let bus = orders(&dir.file(), target);
    let mut archived = HashSet::new();
    let mut after = 0;
    loop {
        let page = bus.archive(after).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.seq;
        let n = |body: &str| {
            let event: Value = serde_json::from_str(body).unwrap();
            event["detail"]["n"].as_u64().unwrap()
        };
        archived.extend(page.iter().map(|event| n(&event.body)));
    }
    bus.idle().await;
    assert!(acknowledged.len() >= 500);
    for n in &acknowledged {
        assert!(archived.contains(n), "{n} was acknowledged and is not in the archive");
        assert!(delivered.contains(n) || tally.of(*n) > 0, "{n} was acknowledged and is lost");
        assert!(n % 2 == 0 || tally.of(*n) == 1, "{n} failed and was not retried");
    }
}

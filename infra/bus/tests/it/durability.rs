//! What a restart finds, however the process ended.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use infra_bus::{Bus, BusError, Clock, DELAY_MS_MAX, Durability, OpenError, Queue};
use serde_json::Value;

use crate::stage::{
    NOW_MS, Shelf, Tally, accepting, answering, config, failed, hanging, numbered, one, orders,
    taking, untouched,
};

#[tokio::test(start_paused = true)]
async fn what_was_being_delivered_when_the_process_ended_is_delivered_again() {
    let shelf = Shelf::new();
    let bus = orders(&shelf.file(), hanging());
    bus.put(&(0..15).map(numbered).take(10).collect::<Vec<_>>()).await.unwrap();
    bus.put(&(10..15).map(numbered).collect::<Vec<_>>()).await.unwrap();
    bus.shutdown(Duration::ZERO).await.unwrap();

    let (target, mut batches) = taking();
    let bus = orders(&shelf.file(), target);
    assert_eq!(bus.unfinished("orders").unwrap(), 15);
    bus.idle().await;
    let mut seen = HashSet::new();
    while let Ok(batch) = batches.try_recv() {
        seen.extend(batch.iter().map(|record| record.n()));
    }
    assert_eq!(seen, (0..15).collect());
}

#[tokio::test(start_paused = true)]
async fn what_was_finished_is_not_delivered_again() {
    let shelf = Shelf::new();
    let bus = orders(&shelf.file(), accepting());
    bus.put(&[numbered(1)]).await.unwrap();
    bus.idle().await;
    bus.shutdown(Duration::ZERO).await.unwrap();
    let bus = orders(&shelf.file(), untouched());
    assert_eq!(bus.unfinished("orders").unwrap(), 0);
    assert_eq!(bus.archive(0).await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_message_keeps_its_id_and_its_attempts_over_a_restart() {
    let shelf = Shelf::new();
    let (sender, mut seen) = tokio::sync::mpsc::unbounded_channel();
    let target = answering(move |batch| {
        sender.send(batch[0].clone()).unwrap();
        Ok(failed(&batch, "not yet"))
    });
    let bus = orders(&shelf.file(), target);
    bus.put(&[numbered(1)]).await.unwrap();
    let first = seen.recv().await.unwrap();
    bus.shutdown(Duration::from_secs(1)).await.unwrap();

    let (target, mut batches) = taking();
    let _bus = orders(&shelf.file(), target);
    let second = batches.recv().await.unwrap().remove(0);
    assert_eq!((first.attempt, second.attempt), (1, 2));
    assert_eq!(first.message_id, second.message_id);
    assert_eq!(first.event, second.event);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_ends_the_process_each_time_is_set_aside_in_the_end() {
    let shelf = Shelf::new();
    let open = |target| {
        let mut queue = Queue::new("orders");
        queue.max_receive_count = 2;
        Bus::open(&shelf.file(), config(&[queue]), one("orders", target)).unwrap()
    };
    for attempt in 1..=2 {
        let (sender, mut seen) = tokio::sync::mpsc::unbounded_channel();
        let bus = open(crate::stage::raw(move |event| {
            sender.send(crate::stage::records(&event)[0].attempt).unwrap();
            Box::pin(std::future::pending())
        }));
        if attempt == 1 {
            bus.put(&[numbered(1)]).await.unwrap();
        }
        assert_eq!(seen.recv().await.unwrap(), attempt);
        bus.shutdown(Duration::ZERO).await.unwrap();
    }
    let bus = open(untouched());
    bus.idle().await;
    let letters = bus.dead_letters("orders", 0).await.unwrap();
    assert_eq!(letters[0].reason, "the process ended during the last attempt");
}

#[tokio::test(start_paused = true)]
async fn a_clean_shutdown_lets_deliveries_end_and_takes_no_new_events() {
    let shelf = Shelf::new();
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
    let bus = orders(&shelf.file(), target);
    bus.put(&[numbered(1)]).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    bus.shutdown(Duration::from_secs(5)).await.unwrap();
    assert_eq!(tally.of(1), 1);
    let refused = bus.put(&[numbered(2)]).await.unwrap_err();
    assert_eq!(refused.to_string(), "The bus is shutting down.");
    bus.shutdown(Duration::ZERO).await.unwrap();
    assert_eq!(orders(&shelf.file(), untouched()).unfinished("orders").unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_back_between_two_starts_delays_nothing_for_long() {
    let shelf = Shelf::new();
    let open = |now_ms, target| {
        let mut config = config(&[Queue::new("orders")]);
        config.clock = Clock::at(now_ms);
        Bus::open(&shelf.file(), config, one("orders", target)).unwrap()
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
async fn ids_are_never_given_twice() {
    let shelf = Shelf::new();
    let mut ids = HashSet::new();
    for _ in 0..3 {
        let bus = orders(&shelf.file(), accepting());
        for result in bus.put(&(0..10).map(numbered).collect::<Vec<_>>()).await.unwrap() {
            assert!(ids.insert(result.unwrap()));
        }
        bus.shutdown(Duration::ZERO).await.unwrap();
    }
    assert_eq!(ids.len(), 30);
}

#[tokio::test]
async fn a_file_in_use_is_refused_and_free_again_after_the_shutdown() {
    let shelf = Shelf::new();
    let bus = orders(&shelf.file(), accepting());
    let second = Bus::open(&shelf.file(), config(&[]), Default::default());
    assert!(matches!(second, Err(BusError::Open(OpenError::InUse(_)))));
    bus.shutdown(Duration::ZERO).await.unwrap();
    let mut config = config(&[]);
    config.durability = Durability::Disk;
    assert!(Bus::open(&shelf.file(), config, Default::default()).is_ok());
}

#[tokio::test]
async fn a_file_that_is_no_bus_database_is_left_alone() {
    let shelf = Shelf::new();
    std::fs::write(
        shelf.file(),
        "certainly not a database, and long enough to have a header".repeat(9),
    )
    .unwrap();
    let opened = Bus::open(&shelf.file(), config(&[]), Default::default());
    assert!(matches!(opened, Err(BusError::Open(OpenError::Corrupt(_)))));

    let other = shelf.file().with_extension("other");
    let connection = rusqlite::Connection::open(&other).unwrap();
    connection.execute_batch("CREATE TABLE mine (x)").unwrap();
    drop(connection);
    let opened = Bus::open(&other, config(&[]), Default::default());
    assert!(matches!(opened, Err(BusError::Open(OpenError::Foreign(_)))));

    let missing = shelf.file().join("missing/bus.sqlite");
    let opened = Bus::open(&missing, config(&[]), Default::default());
    assert!(matches!(opened, Err(BusError::Open(OpenError::Io { .. }))));
}

#[tokio::test]
async fn an_archive_torn_by_the_disk_is_an_error_and_not_a_panic() {
    let shelf = Shelf::new();
    let bus = orders(&shelf.file(), accepting());
    for n in 0..200 {
        bus.put(&[numbered(n)]).await.unwrap();
    }
    bus.idle().await;
    bus.shutdown(Duration::ZERO).await.unwrap();
    let mut bytes = std::fs::read(shelf.file()).unwrap();
    let end = bytes.len();
    bytes[8_192..end].fill(0xA5);
    std::fs::write(shelf.file(), bytes).unwrap();
    match Bus::open(&shelf.file(), config(&[]), Default::default()) {
        Err(error) => assert!(matches!(error, BusError::Open(OpenError::Corrupt(_))), "{error}"),
        Ok(bus) => assert!(bus.archive(0).await.is_err()),
    }
}

#[tokio::test]
async fn messages_of_a_queue_that_is_gone_wait_for_its_return() {
    let shelf = Shelf::new();
    let bus = orders(&shelf.file(), hanging());
    bus.put(&[numbered(1)]).await.unwrap();
    bus.shutdown(Duration::ZERO).await.unwrap();
    let bus = Bus::open(&shelf.file(), config(&[]), Default::default()).unwrap();
    bus.shutdown(Duration::ZERO).await.unwrap();
    let (target, mut batches) = taking();
    let _bus = orders(&shelf.file(), target);
    assert_eq!(batches.recv().await.unwrap()[0].n(), 1);
}

/// Puts events for ever and says which were acknowledged and which were delivered. Not a test: the
/// next one runs it in a process of its own. Without a path on its standard input it does nothing.
#[test]
#[ignore = "the victim of the next test"]
fn the_process_that_is_killed() {
    let mut path = String::new();
    std::io::stdin().read_line(&mut path).unwrap();
    if path.trim().is_empty() {
        return;
    }
    let say = |what: &str, n: u64| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "\n{what} {n}").unwrap();
        out.flush().unwrap();
    };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let target = answering(move |batch| {
            let (odd, even): (Vec<_>, Vec<_>) = batch.into_iter().partition(|r| r.n() % 2 == 1);
            even.iter().for_each(|record| say("delivered", record.n()));
            Ok(failed(&odd, "not in this life"))
        });
        let bus = orders(path.trim().as_ref(), target);
        for n in 0.. {
            bus.put(&[numbered(n)]).await.unwrap()[0].as_ref().unwrap();
            say("acknowledged", n);
        }
    });
}

#[tokio::test]
async fn an_acknowledged_event_survives_kill_9() {
    let shelf = Shelf::new();
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "durability::the_process_that_is_killed", "--ignored", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(victim.stdin.take().unwrap(), "{}", shelf.file().display()).unwrap();
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
    let bus = orders(&shelf.file(), target);
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
        assert!(n % 2 == 0 || tally.of(*n) == 1, "{n} was refused and is not tried again");
    }
}

//! The archive stores events for the configured retention, and no longer.

use std::time::Duration;

use infra_bus::{Bus, Queue, Redrive, Replay};
use rusqlite::Connection;

use crate::stage::{
    BusDirectory, NOW_MS, accepting, answering, config, failed, nowhere, numbered, one,
};

const DAY: Duration = Duration::from_secs(86_400);

fn days(queue: Queue, retention_days: u32) -> infra_bus::Config {
    let mut config = config(&[queue]);
    config.archive_retention = Some(DAY * retention_days);
    config
}

#[tokio::test(start_paused = true)]
async fn an_event_leaves_the_archive_after_the_retention() {
    let config = days(Queue::new("orders"), 20);
    let bus = Bus::open(nowhere(), config, one("orders", accepting())).unwrap();
    for n in 0..1_200 {
        bus.put(&[numbered(n)]).await.unwrap();
    }
    tokio::time::sleep(DAY * 10).await;
    bus.put(&[numbered(1_200)]).await.unwrap();
    tokio::time::sleep(DAY * 9).await;
    assert_eq!(bus.replay(&Replay::named("all")).await.unwrap(), 1_201);
    bus.idle().await;
    tokio::time::sleep(DAY * 2).await;
    let remaining: Vec<_> =
        bus.archive(0).await.unwrap().into_iter().map(|event| event.seq).collect();
    assert_eq!(remaining, [1_201]);
    assert_eq!(bus.replay(&Replay::named("rest")).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_can_be_redriven_after_its_event_left_the_archive() {
    let dir = BusDirectory::new();
    let mut queue = Queue::new("orders");
    queue.max_receive_count = 1;
    let target = answering(|batch| Ok(failed(&batch, "not yet")));
    let bus = Bus::open(&dir.file(), days(queue.clone(), 1), one("orders", target)).unwrap();
    bus.put(&[numbered(1)]).await.unwrap();
    bus.idle().await;
    tokio::time::sleep(DAY * 3).await;
    assert!(bus.archive(0).await.unwrap().is_empty());
    assert_eq!(bus.replay(&Replay::named("none")).await.unwrap(), 0);
    assert_eq!(bus.dead_letters("orders", 0).await.unwrap().len(), 1);
    assert_eq!(bus.redrive("orders", Redrive::All).await.unwrap(), 1);
    bus.idle().await;
    assert_eq!(bus.dead_letters("orders", 0).await.unwrap().len(), 1);
    bus.discard("orders", 2).await.unwrap();
    tokio::time::sleep(DAY).await;
    bus.shutdown(DAY).await.unwrap();
    let file = Connection::open(dir.file()).unwrap();
    let events: u64 = file.query_row("SELECT count(*) FROM event", [], |row| row.get(0)).unwrap();
    assert_eq!(events, 0, "nothing refers to it any more");
}

/// The file of a release that did not record when an event was stored.
const VERSION_1: &str = "
CREATE TABLE bus (opening INTEGER NOT NULL, created_ms INTEGER NOT NULL) STRICT;
CREATE TABLE event (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL, time_s INTEGER NOT NULL, body TEXT NOT NULL
) STRICT;
CREATE TABLE message (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, event INTEGER NOT NULL,
    replay TEXT, sent_ms INTEGER NOT NULL, first_received_ms INTEGER,
    due_ms INTEGER NOT NULL, received INTEGER NOT NULL DEFAULT 0,
    leased INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX message_due ON message (queue, leased, due_ms, seq);
CREATE TABLE dead_letter (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, event INTEGER NOT NULL,
    replay TEXT, sent_ms INTEGER NOT NULL, died_ms INTEGER NOT NULL,
    received INTEGER NOT NULL, reason TEXT NOT NULL
) STRICT;
CREATE INDEX dead_letter_queue ON dead_letter (queue, seq);
INSERT INTO bus VALUES (1, 0);
PRAGMA application_id = 1717789301;
PRAGMA user_version = 1;
";

#[tokio::test(start_paused = true)]
async fn a_file_of_the_previous_release_is_upgraded_with_its_events() {
    let dir = BusDirectory::new();
    let now_s = i64::try_from(NOW_MS / 1_000).unwrap();
    let file = Connection::open(dir.file()).unwrap();
    file.execute_batch(VERSION_1).unwrap();
    for (id, time_s) in [("old", now_s - 3 * 86_400), ("young", now_s - 86_400)] {
        file.execute(
            "INSERT INTO event (id, time_s, body) VALUES (?1, ?2, '{\"detail\":{\"n\":1}}')",
            rusqlite::params![id, time_s],
        )
        .unwrap();
    }
    file.close().unwrap();
    let config = days(Queue::new("orders"), 2);
    let bus = Bus::open(&dir.file(), config, one("orders", accepting())).unwrap();
    let archived: Vec<_> =
        bus.archive(0).await.unwrap().into_iter().map(|event| event.id).collect();
    assert_eq!(archived, ["young"]);
}

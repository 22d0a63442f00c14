use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use domain_core::port::{Consistency, PortError};
use domain_core::time::Time;

use super::{ITEM_BYTES_MAX, MemoryTable, Replicas, TimeSource};
use crate::memory::EARLIER_MAX;
use crate::table::{
    Guard, Item, ItemKey, Key, Put, PutOutcome, TRANSACTION_WRITES_MAX, Table as _, TableName,
    Transacted,
};

fn key() -> Key {
    ItemKey::Cart { cart: "a" }.key()
}

fn put(version: u64) -> Put {
    let item = Item::new(version, Vec::new()).expiring(Time(version * 1_000));
    let guard = if version == 1 { Guard::Absent } else { Guard::Version(version - 1) };
    Put { key: key(), item, guard }
}

async fn write(table: &MemoryTable, version: u64) {
    assert_eq!(table.put(&put(version)).await, Ok(PutOutcome::Done));
}

async fn version(table: &MemoryTable, consistency: Consistency) -> Option<u64> {
    table.get(&key(), consistency).await.unwrap().map(|item| item.version)
}

#[tokio::test]
async fn a_lagging_replica_returns_an_earlier_state() {
    let (clock, read_at) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let source = |moment: &Arc<AtomicU64>| -> TimeSource {
        let moment = Arc::clone(moment);
        Arc::new(move || Time(moment.load(Relaxed)))
    };
    let table = MemoryTable::lagging(Replicas { now: source(&clock), as_of: source(&read_at) });
    let version_at = async |as_of, consistency| {
        read_at.store(as_of, Relaxed);
        version(&table, consistency).await
    };
    for version in 1..=9 {
        clock.store(10 * version, Relaxed);
        write(&table, version).await;
        assert_eq!(version_at(10 * version - 1, Consistency::Strong).await, Some(version));
        assert_eq!(version_at(10 * version, Consistency::Eventual).await, Some(version));
        let before = Some(version - 1).filter(|before| *before > 0);
        assert_eq!(version_at(10 * version - 1, Consistency::Eventual).await, before);
    }
    assert_eq!(version_at(0, Consistency::Eventual).await, Some(9 - EARLIER_MAX as u64));
}

#[tokio::test]
async fn a_restored_table_and_its_replicas_have_the_state_of_the_backup() {
    let table = MemoryTable::new();
    write(&table, 1).await;
    let backup = table.backup();
    write(&table, 2).await;
    table.restore(&backup);
    for consistency in [Consistency::Strong, Consistency::Eventual] {
        assert_eq!(version(&table, consistency).await, Some(1));
    }
    write(&table, 2).await;
    table.restore(&MemoryTable::new().backup());
    assert_eq!(version(&table, Consistency::Strong).await, None);
}

#[tokio::test]
async fn a_sweep_deletes_expired_items() {
    let table = MemoryTable::new();
    write(&table, 1).await;
    table.sweep_expired(Time(1_999));
    assert_eq!(version(&table, Consistency::Strong).await, Some(1));
    table.sweep_expired(Time(2_000));
    assert_eq!(version(&table, Consistency::Strong).await, None);
}

#[tokio::test]
async fn a_transaction_writes_everything_or_nothing() {
    let table = MemoryTable::new();
    write(&table, 1).await;
    let other = Put { key: ItemKey::Cart { cart: "b" }.key(), ..put(1) };
    let late = [other.clone(), put(1)];
    assert_eq!(table.transact(&late, &[]).await, Ok(Transacted::ConditionFailed));
    assert_eq!(table.items_of(TableName::Hot).len(), 1);
    assert_eq!(table.transact(&[other], &[key()]).await, Ok(Transacted::Done));
    assert_eq!(table.item(&key()), None);
    assert_eq!(table.items_of(TableName::Hot).len(), 1);
}

#[tokio::test]
async fn a_request_that_dynamodb_rejects_is_corrupt() {
    let table = MemoryTable::new();
    let large = Item::new(1, vec![0; ITEM_BYTES_MAX + 1]);
    let large = Put { item: large, ..put(1) };
    let error = |operation| PortError::Corrupt(format!("{operation}: ValidationException"));
    assert_eq!(table.put(&large).await, Err(error("put")));
    let carts: Vec<String> = (0..=TRANSACTION_WRITES_MAX).map(|n| n.to_string()).collect();
    let many: Vec<Key> = carts.iter().map(|cart| ItemKey::Cart { cart }.key()).collect();
    for (puts, deletes) in
        [(vec![large], vec![]), (vec![put(1)], vec![key()]), (vec![], vec![]), (vec![], many)]
    {
        assert_eq!(table.transact(&puts, &deletes).await, Err(error("transact")));
    }
    assert_eq!(table.items_of(TableName::Hot).len(), 0);
}

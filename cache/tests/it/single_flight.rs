//! Concurrent callers share one read, and a failed or cancelled load does not fail its followers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use cache::Consistency::{self, Eventual, Strong};
use cache::Source::{Cached, Joined, Loaded};

use crate::table::{Call, Cart, Carts, Clock, KEY, Outage, Table, carts, now, summary};

/// Enough to reveal a queue of loads.
const SHOPPERS: usize = 100;

fn crowd<'a>(table: &'a Table, carts: &'a Carts, floor: u64) -> Vec<Call<'a>> {
    let mut calls: Vec<_> = (0..SHOPPERS).map(|_| table.get(carts, floor)).collect();
    assert!(calls.iter_mut().all(Call::is_waiting));
    calls
}

/// The followers of a load that has failed: one of them has begun the next load.
fn crowd_after_a_failed_load<'a>(table: &'a Table, carts: &'a Carts) -> Vec<Call<'a>> {
    let mut calls = crowd(table, carts, 4);
    let leader = calls.remove(0);
    table.next_read(Eventual).fails();
    assert!(leader.answer().is_err_and(|error| *error == Outage(1)));
    assert!(calls.iter_mut().all(Call::is_waiting));
    calls
}

#[test]
fn a_hundred_shoppers_cost_one_read() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    let calls = crowd(&table, &carts, 4);

    table.next_read(Eventual).finds(4);
    let answers: Vec<_> = calls.into_iter().map(|call| summary(call.answer())).collect();
    assert_eq!(answers[0], (4, Loaded, false));
    assert!(answers[1..].iter().all(|answer| *answer == (4, Joined, false)));
    assert_eq!(table.reads(), 1);
}

#[test]
fn a_hundred_bookmarks_ahead_of_the_table_cost_two_reads() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    let mut calls = crowd(&table, &carts, 9);

    table.next_read(Eventual).finds(3);
    assert!(calls.iter_mut().all(Call::is_waiting));
    table.next_read(Strong).finds(3);
    for call in calls {
        let (version, _, conclusive) = summary(call.answer());
        assert_eq!((version, conclusive), (3, true));
    }
    assert_eq!(table.reads(), 2);
}

#[test]
fn a_load_of_one_cart_does_not_block_another() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    let mut first = table.get(&carts, 0);
    assert!(first.is_waiting());

    let other = carts.get("cart-2", 0, async |_| Ok(Cart { version: 7, read: 0 }));
    assert_eq!(summary(now(other)), (7, Loaded, false));
    assert!(first.is_waiting());
}

#[test]
fn an_error_is_not_cached() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    let mut call = table.get(&carts, 0);
    assert!(call.is_waiting());
    table.next_read(Eventual).fails();
    assert_eq!(*call.answer().unwrap_err(), Outage(1));

    table.warm(&carts, 4);
    assert_eq!(summary(table.get(&carts, 4).answer()), (4, Cached, false));
}

#[test]
fn followers_of_a_failed_load_share_one_more() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    let calls = crowd_after_a_failed_load(&table, &carts);
    assert_eq!(table.reads(), 2);
    table.next_read(Eventual).finds(4);
    assert!(calls.into_iter().all(|call| summary(call.answer()).0 == 4));
}

#[test]
fn an_outage_costs_a_hundred_shoppers_two_reads() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    let calls = crowd_after_a_failed_load(&table, &carts);
    table.next_read(Eventual).fails();
    assert!(calls.into_iter().all(|call| *call.answer().unwrap_err() == Outage(2)));
    assert_eq!(table.reads(), 2);
}

#[test]
fn a_cancelled_leader_is_replaced_by_a_follower() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    let mut calls = crowd(&table, &carts, 4);

    drop(calls.remove(0));
    assert!(table.next_read(Eventual).is_abandoned());
    assert!(calls.iter_mut().all(Call::is_waiting));
    assert_eq!(table.reads(), 2);
    table.next_read(Eventual).finds(4);
    assert!(calls.into_iter().all(|call| summary(call.answer()).0 == 4));
}

#[test]
fn cancelled_followers_do_not_affect_the_leader() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    let mut calls = crowd(&table, &carts, 4);

    calls.truncate(1);
    table.next_read(Eventual).finds(4);
    assert_eq!(summary(calls.remove(0).answer()), (4, Loaded, false));
}

#[test]
fn a_load_that_panics_frees_the_key() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    let (trigger, triggered) = tokio::sync::oneshot::channel::<()>();
    let triggered = Mutex::new(Some(triggered));
    let bug = |_: Consistency| {
        let triggered = triggered.lock().unwrap().take().expect("one load");
        async {
            triggered.await.expect("the test triggers the panic");
            panic!("a bug in the load")
        }
    };
    let mut leader = Call::new(carts.get(KEY, 0, bug));
    assert!(leader.is_waiting());
    let mut follower = table.get(&carts, 0);
    assert!(follower.is_waiting());
    assert_eq!(table.reads(), 0);

    trigger.send(()).expect("the load waits");
    assert!(catch_unwind(AssertUnwindSafe(move || leader.poll().is_some())).is_err());
    assert!(follower.is_waiting());
    table.next_read(Eventual).finds(4);
    assert_eq!(summary(follower.answer()), (4, Loaded, false));
}

#[test]
fn callers_on_many_threads_are_answered_at_their_floors() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    let carts = Arc::new(carts(&Clock::default()));
    let version = Arc::new(AtomicU64::new(1));

    runtime.block_on(async {
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..2_000 {
            let (carts, version) = (carts.clone(), version.clone());
            calls.spawn(async move {
                let floor = version.fetch_add(1, SeqCst);
                let read = async |consistency| {
                    tokio::task::yield_now().await;
                    let lag = if consistency == Strong { 0 } else { 3 };
                    let version = version.load(SeqCst).saturating_sub(lag);
                    Ok(Cart { version, read: 0 })
                };
                let lookup = carts.get(KEY, floor, read).await.unwrap();
                lookup.value.version >= floor
            });
        }
        let answers = calls.join_all().await;
        assert_eq!(answers.iter().filter(|at_floor| **at_floor).count(), 2_000);
    });
}

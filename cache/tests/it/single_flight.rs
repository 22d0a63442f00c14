//! However many ask, the table is asked once; and nobody pays for another's bad luck.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use cache::Consistency::{self, Eventual, Strong};
use cache::Source::{Cached, Joined, Loaded};

use crate::table::{Call, Cart, Carts, Clock, KEY, Outage, Table, carts, now, told};

/// Enough that a queue of loads could not hide.
const SHOPPERS: usize = 100;

fn crowd<'a>(table: &'a Table, carts: &'a Carts, floor: u64) -> Vec<Call<'a>> {
    let mut calls: Vec<_> = (0..SHOPPERS).map(|_| table.get(carts, floor)).collect();
    assert!(calls.iter_mut().all(Call::is_waiting));
    calls
}

#[test]
fn a_hundred_shoppers_cost_one_read() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    let calls = crowd(&table, &carts, 4);

    table.asked(Eventual).finds(4);
    let told: Vec<_> = calls.into_iter().map(|call| told(call.answer())).collect();
    assert_eq!(told[0], (4, Loaded, false));
    assert!(told[1..].iter().all(|told| *told == (4, Joined, false)));
    assert_eq!(table.reads(), 1);
}

#[test]
fn a_hundred_bookmarks_ahead_of_the_table_cost_two_reads() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    let mut calls = crowd(&table, &carts, 9);

    table.asked(Eventual).finds(3);
    assert!(calls.iter_mut().all(Call::is_waiting));
    table.asked(Strong).finds(3);
    for call in calls {
        let (version, _, conclusive) = told(call.answer());
        assert_eq!((version, conclusive), (3, true));
    }
    assert_eq!(table.reads(), 2);
}

#[test]
fn one_cart_does_not_wait_for_another() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    let mut first = table.get(&carts, 0);
    assert!(first.is_waiting());

    let other = carts.get(&"cart-2", 0, async |_| Ok(Cart { version: 7, read: 0 }));
    assert_eq!(told(now(other)), (7, Loaded, false));
    assert!(first.is_waiting());
}

#[test]
fn an_outage_is_not_remembered() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    let mut call = table.get(&carts, 0);
    assert!(call.is_waiting());
    table.asked(Eventual).fails();
    assert_eq!(*call.answer().unwrap_err(), Outage(1));

    table.warm(&carts, 4);
    assert_eq!(told(table.get(&carts, 4).answer()), (4, Cached, false));
}

#[test]
fn shoppers_who_came_after_a_load_that_fails_share_one_more() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    let mut calls = crowd(&table, &carts, 4);
    let leader = calls.remove(0);

    table.asked(Eventual).fails();
    assert_eq!(*leader.answer().unwrap_err(), Outage(1));
    assert!(calls.iter_mut().all(Call::is_waiting));
    assert_eq!(table.reads(), 2);
    table.asked(Eventual).finds(4);
    assert!(calls.into_iter().all(|call| told(call.answer()).0 == 4));
}

#[test]
fn an_outage_costs_a_hundred_shoppers_two_reads_and_no_queue() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    let mut calls = crowd(&table, &carts, 4);
    let leader = calls.remove(0);

    table.asked(Eventual).fails();
    assert_eq!(*leader.answer().unwrap_err(), Outage(1));
    assert!(calls.iter_mut().all(Call::is_waiting));
    table.asked(Eventual).fails();
    assert!(calls.into_iter().all(|call| *call.answer().unwrap_err() == Outage(2)));
    assert_eq!(table.reads(), 2);
}

#[test]
fn a_shopper_who_leaves_does_not_take_the_others_along() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    let mut calls = crowd(&table, &carts, 4);

    drop(calls.remove(0));
    assert!(table.asked(Eventual).is_abandoned());
    assert!(calls.iter_mut().all(Call::is_waiting));
    assert_eq!(table.reads(), 2);
    table.asked(Eventual).finds(4);
    assert!(calls.into_iter().all(|call| told(call.answer()).0 == 4));
}

#[test]
fn a_follower_who_leaves_is_not_missed() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    let mut calls = crowd(&table, &carts, 4);

    calls.truncate(1);
    table.asked(Eventual).finds(4);
    assert_eq!(told(calls.remove(0).answer()), (4, Loaded, false));
}

#[test]
fn a_load_that_panics_leaves_the_cart_loadable() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    let (go, gone) = tokio::sync::oneshot::channel::<()>();
    let gone = Mutex::new(Some(gone));
    let bug = |_: Consistency| {
        let gone = gone.lock().unwrap().take().expect("one load");
        async {
            gone.await.expect("told to go on");
            panic!("a bug in the load")
        }
    };
    let mut leader = Call::new(carts.get(&KEY, 0, bug));
    assert!(leader.is_waiting());
    let mut follower = table.get(&carts, 0);
    assert!(follower.is_waiting());
    assert_eq!(table.reads(), 0);

    go.send(()).expect("the load waits");
    assert!(catch_unwind(AssertUnwindSafe(move || leader.poll().is_some())).is_err());
    assert!(follower.is_waiting());
    table.asked(Eventual).finds(4);
    assert_eq!(told(follower.answer()), (4, Loaded, false));
}

#[test]
fn a_crowd_on_many_threads_is_answered_at_its_floors() {
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
                let obtained = carts.get(&KEY, floor, read).await.unwrap();
                obtained.value.version >= floor
            });
        }
        let answers = calls.join_all().await;
        assert_eq!(answers.iter().filter(|at_floor| **at_floor).count(), 2_000);
    });
}

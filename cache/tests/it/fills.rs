//! A cached value is only replaced by a newer one, until it expires or is invalidated.

use std::sync::Arc;
use std::time::Duration;

use cache::Consistency::{Eventual, Strong};
use cache::Source::{Cached, Loaded};
use cache::{Bounds, ReadThrough, Versioned};

use crate::table::{Cart, Carts, Clock, KEY, Outage, TTL_MS, Table, carts, now, summary};

fn cached_version(carts: &Carts) -> Option<u64> {
    carts.peek(KEY).map(|cart| cart.version)
}

fn cart(version: u64) -> Cart {
    Cart { version, read: 0 }
}

#[test]
fn an_older_cart_does_not_replace_a_newer_one() {
    let carts = carts(&Clock::default());
    carts.fill(KEY, cart(5), carts.begin());
    carts.fill(KEY, cart(4), carts.begin());
    assert_eq!(cached_version(&carts), Some(5));
    carts.fill(KEY, cart(6), carts.begin());
    assert_eq!(cached_version(&carts), Some(6));
}

#[test]
fn a_slow_load_that_ends_last_does_not_restore_the_old_cart() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    let mut slow = table.get(&carts, 0);
    assert!(slow.is_waiting());
    carts.fill(KEY, cart(5), carts.begin());

    table.next_read(Eventual).finds(4);
    assert_eq!(summary(slow.answer()), (4, Loaded, false));
    assert_eq!(cached_version(&carts), Some(5));
}

#[test]
fn an_expired_cart_does_not_block_a_restored_table() {
    let clock = Clock::default();
    let (carts, table) = (carts(&clock), Table::default());
    carts.fill(KEY, cart(9), carts.begin());

    clock.set_ms(TTL_MS);
    table.warm(&carts, 3);
    assert_eq!(cached_version(&carts), Some(3));
}

#[test]
fn an_unchanged_cart_read_again_stays_fresh_longer() {
    let clock = Clock::default();
    let carts = carts(&clock);
    let early = carts.begin();
    clock.set_ms(3_000);
    let late = carts.begin();
    carts.fill(KEY, cart(4), late);
    // Begun first, inserted last: it must not shorten the lifetime of the cached value.
    carts.fill(KEY, cart(4), early);

    clock.set_ms(TTL_MS + 2_999);
    assert_eq!(cached_version(&carts), Some(4));
    clock.set_ms(TTL_MS + 3_000);
    assert_eq!(cached_version(&carts), None);
}

#[test]
fn fills_racing_on_many_threads_end_with_the_newest() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    for round in 0..50 {
        let carts = Arc::new(carts(&Clock::default()));
        runtime.block_on(async {
            let start = Arc::new(tokio::sync::Barrier::new(32));
            let mut fills = tokio::task::JoinSet::new();
            for version in 1..=32 {
                let (carts, start) = (carts.clone(), start.clone());
                fills.spawn(async move {
                    let load_start = carts.begin();
                    start.wait().await;
                    // The newest is not always the last to be spawned.
                    carts.fill(KEY, cart((version + round) % 32), load_start);
                });
            }
            fills.join_all().await;
        });
        assert_eq!(carts.peek(KEY).map(|cart| cart.version), Some(31));
    }
}

#[test]
fn an_invalidated_cart_is_read_again() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    table.warm(&carts, 4);
    carts.invalidate(KEY);
    assert_eq!(cached_version(&carts), None);
    table.warm(&carts, 3);
}

#[test]
fn a_load_begun_before_an_invalidation_is_neither_joined_nor_cached_after_it() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    let mut early = table.get(&carts, 0);
    assert!(early.is_waiting());
    let old = table.next_read(Eventual);
    carts.invalidate(KEY);

    let mut late = table.get(&carts, 0);
    assert!(late.is_waiting());
    old.finds(9);
    assert_eq!(summary(early.answer()), (9, Loaded, false));
    assert_eq!(cached_version(&carts), None);
    assert!(late.is_waiting());

    table.next_read(Eventual).finds(1);
    assert_eq!(summary(late.answer()), (1, Loaded, false));
    assert_eq!(summary(table.get(&carts, 0).answer()), (1, Cached, false));
}

#[test]
fn a_read_begun_before_an_invalidation_does_not_fill() {
    let carts = carts(&Clock::default());
    let start = carts.begin();
    carts.invalidate(KEY);
    carts.fill(KEY, cart(9), start);
    assert_eq!(cached_version(&carts), None);
}

#[test]
fn a_strong_read_below_a_fresh_cart_is_answered_but_not_cached() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    table.warm(&carts, 5);
    let mut ahead = table.get(&carts, 9);
    assert!(ahead.is_waiting());
    table.next_read(Strong).finds(3);
    assert_eq!(summary(ahead.answer()), (3, Loaded, true));
    assert_eq!(cached_version(&carts), Some(5));
}

/// A cart of a given weight.
struct Heavy(u32);

impl Versioned for Heavy {
    fn version(&self) -> u64 {
        1
    }

    fn weight(&self) -> u32 {
        self.0
    }
}

#[test]
fn a_value_heavier_than_the_bound_is_answered_but_not_cached() {
    let bounds = Bounds { weight_max: 100, ttl: Duration::from_secs(5) };
    let cache = ReadThrough::<Heavy, Outage>::new(bounds, || 0);

    let lookup = now(cache.get("1", 0, async |_| Ok(Heavy(101)))).unwrap();
    assert_eq!((lookup.value.weight(), lookup.source), (101, Loaded));
    cache.settle();
    assert_eq!(cache.weight(), 0);
}

#[test]
fn many_distinct_carts_stay_within_the_weight_bound() {
    let bounds = Bounds { weight_max: 100, ttl: Duration::from_secs(5) };
    let cache = ReadThrough::<Heavy, Outage>::new(bounds, || 0);
    for key in 0..10_000 {
        cache.fill(&key.to_string(), Heavy(7), cache.begin());
    }
    cache.settle();
    assert_eq!(cache.weight(), 98);
}

//! The maximum age of an answer, under slow loads, frozen machines and clock steps.

use cache::Consistency::Eventual;
use cache::Source::{Cached, Joined, Loaded};

use crate::table::{Cart, Clock, KEY, TTL_MS, Table, carts, summary};

#[test]
fn a_value_is_fresh_for_five_seconds_from_the_start_of_its_load() {
    let clock = Clock::default();
    let (carts, table) = (carts(&clock), Table::default());
    let mut slow = table.get(&carts, 0);
    assert!(slow.is_waiting());
    clock.set_ms(3_000);
    table.next_read(Eventual).finds(4);
    assert_eq!(summary(slow.answer()), (4, Loaded, false));

    clock.set_ms(TTL_MS - 1);
    assert_eq!(summary(table.get(&carts, 0).answer()), (4, Cached, false));
    clock.set_ms(TTL_MS);
    table.warm(&carts, 5);
}

#[test]
fn a_lambda_that_resumes_hours_later_reads_the_table() {
    let clock = Clock::default();
    let (carts, table) = (carts(&clock), Table::default());
    table.warm(&carts, 4);

    clock.set_ms(3 * 60 * 60 * 1_000);
    assert_eq!(carts.peek(KEY), None);
    table.warm(&carts, 9);
}

#[test]
fn a_load_slower_than_the_ttl_answers_its_leader_and_no_follower() {
    let clock = Clock::default();
    let (carts, table) = (carts(&clock), Table::default());
    let (mut leader, mut follower) = (table.get(&carts, 0), table.get(&carts, 0));
    assert!(leader.is_waiting());
    clock.set_ms(1);
    assert!(follower.is_waiting());
    clock.set_ms(TTL_MS);
    table.next_read(Eventual).finds(4);

    assert_eq!(summary(leader.answer()), (4, Loaded, false));
    assert_eq!(carts.peek(KEY), None);
    assert!(follower.is_waiting());
    table.next_read(Eventual).finds(5);
    assert_eq!(summary(follower.answer()), (5, Loaded, false));
}

#[test]
fn a_load_within_the_ttl_is_shared() {
    let clock = Clock::default();
    let (carts, table) = (carts(&clock), Table::default());
    let (mut leader, mut follower) = (table.get(&carts, 0), table.get(&carts, 0));
    assert!(leader.is_waiting());
    assert!(follower.is_waiting());
    clock.set_ms(TTL_MS - 1);
    table.next_read(Eventual).finds(4);

    assert_eq!(summary(leader.answer()), (4, Loaded, false));
    assert_eq!(summary(follower.answer()), (4, Joined, false));
}

#[test]
fn a_clock_that_steps_back_does_not_extend_the_ttl() {
    let clock = Clock::default();
    clock.set_ms(60_000);
    let (carts, table) = (carts(&clock), Table::default());
    table.warm(&carts, 4);

    clock.set_ms(59_999);
    assert_eq!(carts.peek(KEY), None);
    table.warm(&carts, 5);
    assert_eq!(summary(table.get(&carts, 0).answer()), (5, Cached, false));
}

#[test]
fn a_read_outside_the_cache_ages_from_its_start_too() {
    let clock = Clock::default();
    let carts = carts(&clock);
    let start = carts.begin();
    clock.set_ms(4_000);
    carts.fill(KEY, Cart { version: 4, read: 0 }, start);

    clock.set_ms(TTL_MS - 1);
    assert_eq!(carts.peek(KEY).map(|cart| cart.version), Some(4));
    clock.set_ms(TTL_MS);
    assert_eq!(carts.peek(KEY), None);
}

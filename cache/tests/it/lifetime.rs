//! How old an answer can be, whatever the load, the machine or the clock does.

use cache::Consistency::Eventual;
use cache::Source::{Cached, Joined, Loaded};

use crate::table::{Cart, Clock, KEY, TTL_MS, Table, carts, now, told};

#[test]
fn an_answer_lives_for_five_seconds_from_the_start_of_its_load() {
    let clock = Clock::default();
    let (carts, table) = (carts(&clock), Table::default());
    let mut slow = table.get(&carts, 0);
    assert!(slow.is_waiting());
    clock.set_ms(3_000);
    table.asked(Eventual).finds(4);
    assert_eq!(told(slow.answer()), (4, Loaded, false));

    clock.set_ms(TTL_MS - 1);
    assert_eq!(told(table.get(&carts, 0).answer()), (4, Cached, false));
    clock.set_ms(TTL_MS);
    table.warm(&carts, 5);
}

#[test]
fn a_lambda_that_wakes_up_hours_later_asks_the_table() {
    let clock = Clock::default();
    let (carts, table) = (carts(&clock), Table::default());
    table.warm(&carts, 4);

    clock.set_ms(3 * 60 * 60 * 1_000);
    assert_eq!(now(carts.peek(&KEY)), None);
    table.warm(&carts, 9);
}

#[test]
fn a_load_slower_than_the_lifetime_answers_its_own_caller_and_nobody_who_came_later() {
    let clock = Clock::default();
    let (carts, table) = (carts(&clock), Table::default());
    let (mut leader, mut follower) = (table.get(&carts, 0), table.get(&carts, 0));
    assert!(leader.is_waiting());
    clock.set_ms(1);
    assert!(follower.is_waiting());
    clock.set_ms(TTL_MS);
    table.asked(Eventual).finds(4);

    assert_eq!(told(leader.answer()), (4, Loaded, false));
    assert_eq!(now(carts.peek(&KEY)), None);
    assert!(follower.is_waiting());
    table.asked(Eventual).finds(5);
    assert_eq!(told(follower.answer()), (5, Loaded, false));
}

#[test]
fn a_load_within_the_lifetime_is_shared() {
    let clock = Clock::default();
    let (carts, table) = (carts(&clock), Table::default());
    let (mut leader, mut follower) = (table.get(&carts, 0), table.get(&carts, 0));
    assert!(leader.is_waiting());
    assert!(follower.is_waiting());
    clock.set_ms(TTL_MS - 1);
    table.asked(Eventual).finds(4);

    assert_eq!(told(leader.answer()), (4, Loaded, false));
    assert_eq!(told(follower.answer()), (4, Joined, false));
}

#[test]
fn a_clock_that_steps_back_does_not_make_an_answer_live_longer() {
    let clock = Clock::default();
    clock.set_ms(60_000);
    let (carts, table) = (carts(&clock), Table::default());
    table.warm(&carts, 4);

    clock.set_ms(59_999);
    assert_eq!(now(carts.peek(&KEY)), None);
    table.warm(&carts, 5);
    assert_eq!(told(table.get(&carts, 0).answer()), (5, Cached, false));
}

#[test]
fn a_read_beside_the_cache_ages_from_its_beginning_too() {
    let clock = Clock::default();
    let carts = carts(&clock);
    let begun = carts.begin();
    clock.set_ms(4_000);
    now(carts.fill(KEY, Cart { version: 4, read: 0 }, begun));

    clock.set_ms(TTL_MS - 1);
    assert_eq!(now(carts.peek(&KEY)).map(|cart| cart.version), Some(4));
    clock.set_ms(TTL_MS);
    assert_eq!(now(carts.peek(&KEY)), None);
}

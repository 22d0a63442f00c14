//! No answer is older than the floor of the shopper's bookmark.

use cache::Consistency::{Eventual, Strong};
use cache::Source::{Cached, Joined, Loaded};

use crate::table::{Cart, Clock, KEY, TTL_MS, Table, carts, summary};

#[test]
fn a_floor_of_5_is_not_answered_from_a_cached_4() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    table.warm(&carts, 4);

    let mut call = table.get(&carts, 5);
    assert!(call.is_waiting());
    table.next_read(Strong).finds(5);
    assert_eq!(summary(call.answer()), (5, Loaded, true));
}

#[test]
fn a_floor_of_4_is_answered_from_a_cached_4_without_a_read() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    table.warm(&carts, 4);

    assert_eq!(summary(table.get(&carts, 4).answer()), (4, Cached, false));
    assert_eq!(table.reads(), 1);
}

#[test]
fn an_eventual_read_below_the_floor_is_followed_by_a_strong_read() {
    let (carts, table) = (carts(&Clock::default()), Table::default());

    let mut call = table.get(&carts, 5);
    assert!(call.is_waiting());
    table.next_read(Eventual).finds(4);
    assert!(call.is_waiting());
    table.next_read(Strong).finds(5);
    assert_eq!(summary(call.answer()), (5, Loaded, true));
}

#[test]
fn a_load_begun_before_the_write_is_joined_and_then_discarded() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    let mut early = table.get(&carts, 0);
    assert!(early.is_waiting());

    let mut late = table.get(&carts, 5);
    assert!(late.is_waiting());
    assert_eq!(table.reads(), 1);
    table.next_read(Eventual).finds(4);
    assert_eq!(summary(early.answer()), (4, Loaded, false));

    assert!(late.is_waiting());
    table.next_read(Strong).finds(5);
    assert_eq!(summary(late.answer()), (5, Loaded, true));
}

#[test]
fn a_joined_load_at_the_floor_is_enough() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    let (mut early, mut late) = (table.get(&carts, 0), table.get(&carts, 5));
    assert!(early.is_waiting());
    assert!(late.is_waiting());

    table.next_read(Eventual).finds(5);
    assert_eq!(summary(early.answer()), (5, Loaded, false));
    assert_eq!(summary(late.answer()), (5, Joined, false));
    assert_eq!(table.reads(), 1);
}

#[test]
fn a_floor_ahead_of_a_restored_table_gets_a_conclusive_answer() {
    let (carts, table) = (carts(&Clock::default()), Table::default());

    let mut call = table.get(&carts, 9);
    assert!(call.is_waiting());
    table.next_read(Eventual).finds(3);
    assert!(call.is_waiting());
    table.next_read(Strong).finds(3);
    assert_eq!(summary(call.answer()), (3, Loaded, true));
}

#[test]
fn a_strong_read_begun_before_the_call_is_not_conclusive() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    table.warm(&carts, 4);
    let mut early = table.get(&carts, 5);
    assert!(early.is_waiting());

    // The shopper's command becomes version 6 now, after the early read read the table.
    let mut late = table.get(&carts, 6);
    assert!(late.is_waiting());
    table.next_read(Strong).finds(5);
    assert_eq!(summary(early.answer()), (5, Loaded, true));

    assert!(late.is_waiting());
    table.next_read(Strong).finds(6);
    assert_eq!(summary(late.answer()), (6, Loaded, true));
}

#[test]
fn a_strong_read_begun_after_both_calls_is_conclusive_for_both() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    let mut early = table.get(&carts, 0);
    assert!(early.is_waiting());
    let (mut first, mut second) = (table.get(&carts, 9), table.get(&carts, 9));
    assert!(first.is_waiting());
    assert!(second.is_waiting());
    table.next_read(Eventual).finds(3);
    assert_eq!(summary(early.answer()), (3, Loaded, false));
    assert!(first.is_waiting());
    assert!(second.is_waiting());

    table.next_read(Strong).finds(3);
    assert_eq!(summary(first.answer()), (3, Loaded, true));
    assert_eq!(summary(second.answer()), (3, Joined, true));
    assert_eq!(table.reads(), 2);
}

#[test]
fn a_call_that_needs_a_strong_read_does_not_wait_for_an_eventual_one() {
    let clock = Clock::default();
    let (carts, table) = (carts(&clock), Table::default());
    let mut early = table.get(&carts, 0);
    assert!(early.is_waiting());
    let slow = table.next_read(Eventual);
    carts.fill(KEY, Cart { version: 4, read: 0 }, carts.begin());

    let mut strong = table.get(&carts, 5);
    assert!(strong.is_waiting());
    table.next_read(Strong).finds(5);
    assert_eq!(summary(strong.answer()), (5, Loaded, true));

    slow.finds(3);
    assert_eq!(summary(early.answer()), (3, Loaded, false));
    assert_eq!(summary(table.get(&carts, 5).answer()), (5, Cached, false));
}

#[test]
fn an_eventual_read_that_ends_does_not_end_the_strong_one_that_overtook_it() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    let mut early = table.get(&carts, 0);
    assert!(early.is_waiting());
    carts.fill(KEY, Cart { version: 4, read: 0 }, carts.begin());
    let mut first = table.get(&carts, 5);
    assert!(first.is_waiting());
    table.next_read(Eventual).finds(3);
    assert_eq!(summary(early.answer()), (3, Loaded, false));

    let mut second = table.get(&carts, 5);
    assert!(second.is_waiting());
    table.next_read(Strong).finds(5);
    assert_eq!(summary(first.answer()), (5, Loaded, true));
    assert_eq!(summary(second.answer()), (5, Joined, false));
    assert_eq!(table.reads(), 2);
}

#[test]
fn a_call_that_accepts_an_eventual_read_joins_a_strong_one() {
    let clock = Clock::default();
    let (carts, table) = (carts(&clock), Table::default());
    table.warm(&carts, 4);
    clock.set_ms(1);
    let mut strong = table.get(&carts, 5);
    assert!(strong.is_waiting());
    clock.set_ms(TTL_MS);

    let mut eventual = table.get(&carts, 0);
    assert!(eventual.is_waiting());
    table.next_read(Strong).finds(5);
    assert_eq!(summary(strong.answer()), (5, Loaded, true));
    assert_eq!(summary(eventual.answer()), (5, Joined, false));
    assert_eq!(table.reads(), 2);
}

#[test]
fn a_cart_never_written_is_cached_like_any_other() {
    let (carts, table) = (carts(&Clock::default()), Table::default());
    table.warm(&carts, 0);

    assert_eq!(summary(table.get(&carts, 0).answer()), (0, Cached, false));
}

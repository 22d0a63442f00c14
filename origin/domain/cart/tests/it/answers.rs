//! Answers to a client with a bookmark.

use std::sync::Arc;

use domain_cart::{Applied, CartCommand, CartEvent, CartItem, apply};
use domain_core::bookmark::Bookmark;
use domain_core::idempotency::Fingerprint;
use domain_core::resource::{Answer, CommandRecord, MergedInto, Read};
use domain_core::time::{DAY_MS, HOUR_MS, Time};

use super::{NOON, add, line, set};

fn item(commands: &[CartCommand]) -> CartItem {
    commands.iter().fold(CartItem::default(), |item, command| match apply(Some(&item), command) {
        Applied::Changed(item) => *item,
        other => panic!("{other:?}"),
    })
}

fn answer(read: &Read<CartItem>, bookmark: &Bookmark, now: Time) -> Answer<CartItem> {
    read.answer(bookmark, now).unwrap()
}

fn read(item: CartItem, pending: &[CartCommand]) -> Read<CartItem> {
    let record = |command: &CartCommand| CommandRecord {
        fingerprint: Fingerprint::of("POST", "/v1/cart/lines", b"{}"),
        event: CartEvent { cart: "test".to_owned(), command: command.clone() },
    };
    let records = pending.iter().map(record).collect();
    Read { id: "test".to_owned(), item: Some(Arc::new(item)), records }
}

fn bookmark(floor: u64, pending: &[CartCommand]) -> Bookmark {
    let pending = pending.iter().map(CartCommand::place).collect();
    Bookmark { floor, pending, moment: Time::default() }
}

#[test]
fn a_pending_add_that_sorts_before_an_applied_set_is_overridden_by_it() {
    let applied = item(&[add(NOON, "a", 1, 1), set(NOON + 12, "set", 1, 7)]);
    let pending = [add(NOON + 11, "late", 1, 5)];
    let answer = answer(&read(applied, &pending), &bookmark(2, &pending), Time(NOON + 20));
    assert_eq!(answer.view.lines[&line(1)].quantity, 7);
    assert_eq!(answer.bookmark, bookmark(2, &pending));
}

#[test]
fn a_pending_command_counts_once_when_the_table_has_absorbed_it() {
    let pending = [add(NOON, "a", 1, 2)];
    let answer = answer(&read(item(&pending), &pending), &bookmark(0, &pending), Time(NOON + 1));
    assert_eq!(answer.view.lines[&line(1)].quantity, 2);
    assert_eq!(answer.bookmark, bookmark(1, &[]));
}

#[test]
fn a_pending_command_below_the_fold_window_counts_as_absorbed() {
    let applied = item(&[add(NOON + 72 * HOUR_MS, "new", 1, 1)]);
    let pending = [add(NOON, "long ago", 1, 9)];
    let now = Time(NOON + 72 * HOUR_MS);
    let answer = answer(&read(applied, &pending), &bookmark(1, &pending), now);
    assert_eq!(answer.view.lines[&line(1)].quantity, 1);
    assert!(answer.bookmark.pending.is_empty());
}

#[test]
fn a_bookmark_ahead_of_a_restored_table_keeps_only_young_pending_commands() {
    let restored = item(&[add(NOON, "a", 1, 1)]);
    let young = add(NOON + 1_000, "young", 2, 1);
    let old = add(NOON.saturating_sub(2 * DAY_MS) + 2_000, "old", 3, 1);
    let pending = [old, young.clone()];
    let now = Time(NOON + 2_000);
    let answer = answer(&read(restored, &pending), &bookmark(40, &pending), now);
    assert!(answer.reset);
    assert_eq!(answer.bookmark, bookmark(1, &[young]));
    assert_eq!(answer.view.lines.len(), 2);
}

#[test]
fn a_cart_untouched_for_thirty_days_is_empty_and_version_zero() {
    let old = item(&[add(NOON, "a", 1, 1)]);
    let answer = answer(&read(old, &[]), &bookmark(0, &[]), Time(NOON + 30 * DAY_MS + 1));
    assert!(answer.view.lines.is_empty());
    assert_eq!((answer.version, answer.reset), (0, false));
}

#[test]
fn a_merged_cart_names_the_other_cart_until_its_tombstone_expires() {
    let tombstone = CartItem {
        highest: Time(NOON),
        merged_into: Some("customer-1001".to_owned()),
        ..CartItem::default()
    };
    let expiry = tombstone.expires_at();
    let tombstone = read(tombstone, &[]);
    let answer_at = |now| tombstone.answer(&bookmark(3, &[]), now);
    for now in [Time(NOON), Time(NOON + 31 * DAY_MS), expiry] {
        assert_eq!(answer_at(now), Err(MergedInto("customer-1001".to_owned())), "{now:?}");
    }
    let answer = answer_at(Time(expiry.0 + 1)).unwrap();
    assert_eq!((answer.version, answer.view.lines.len()), (0, 0));
}

#[test]
fn a_record_past_its_ttl_does_not_come_back_into_an_old_cart() {
    let pending = [add(NOON, "long ago", 1, 2)];
    let no_item = Read { item: None, ..read(CartItem::default(), &pending) };
    let month_later = Time(NOON + 31 * DAY_MS);
    let answer = answer(&no_item, &bookmark(0, &pending), month_later);
    assert_eq!((answer.view.lines.len(), answer.bookmark.pending.len()), (0, 0));
}

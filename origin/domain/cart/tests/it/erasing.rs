//! Erasure of a cart on a customer's request.

use domain_cart::{Applied, Both, CartItem, Contents, Merge, Merged, apply};
use domain_core::resource::Resource as _;
use domain_core::time::{DAY_MS, Time};

use super::merges::merge;
use super::{NOON, add, line, set};

fn after(item: Option<&CartItem>, command: &domain_cart::CartCommand) -> CartItem {
    match apply(item, command) {
        Applied::Changed(item) => *item,
        other => panic!("{other:?}"),
    }
}

#[test]
fn earlier_commands_are_erased_and_later_ones_stay() {
    let item = after(None, &add(NOON, "a", 1, 2));
    let item = after(Some(&item), &add(NOON + 10, "b", 2, 1));
    let erased = item.erased(Time(NOON + 5));
    let lines: Vec<_> = erased.fold(&[]).lines.into_keys().collect();
    assert_eq!(lines, [line(2)]);
    assert_eq!((item.version, erased.version), (2, 3), "the version never goes back");
    let again = after(Some(&erased), &set(NOON + 20, "c", 2, 7));
    assert_eq!((again.version, again.fold(&[]).lines[&line(2)].quantity), (4, 7));
    let gone = again.erased(Time(NOON + 30));
    assert_eq!((gone.version, gone.fold(&[])), (5, Contents::default()));
    let bytes = rmp_serde::to_vec_named(&gone).unwrap();
    let title = b"TEE-";
    assert!(bytes.windows(title.len()).all(|window| window != title), "no offer remains");
}

#[test]
fn an_older_command_that_arrives_later_is_dropped_as_erased() {
    let erased = CartItem::default().erased(Time(NOON));
    assert_eq!(apply(Some(&erased), &add(NOON - 1, "late", 1, 1)), Applied::Erased);
    assert_eq!(apply(Some(&erased), &add(NOON, "same", 1, 1)), Applied::Erased);
    let month = add(NOON - 30 * DAY_MS, "a month late", 1, 1);
    assert_eq!(apply(Some(&erased), &month), Applied::Erased, "not a dead letter");
    assert_eq!(after(Some(&erased), &add(NOON + 1, "new", 1, 1)).fold(&[]).lines.len(), 1);
}

#[test]
fn a_merge_older_than_the_erasure_restores_no_line() {
    let (erased, guest) =
        (CartItem::default().erased(Time(NOON)), after(None, &add(NOON - 9, "a", 1, 1)));
    let late = merge(NOON - 1);
    let both = Both { guest: Some(&guest), into: Some(&erased) };
    assert_eq!(Merge::of(&late).unwrap().apply(both), Merged::Erased);
    let new = merge(NOON + 1);
    assert!(matches!(Merge::of(&new).unwrap().apply(both), Merged::Changed(_)));
}

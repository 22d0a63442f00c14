//! Answers: which commands are pending after a read, and what the next bookmark says.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain_core::bookmark::{Bookmark, Pending};
use domain_core::id::CommandId;
use domain_core::idempotency::{Fingerprint, ID_WINDOW_MS};
use domain_core::resource::{CommandRecord, Read};
use domain_core::time::{DAY_MS, Time};

use super::list;
use super::wish_list::{WishEvent, WishList};

const NOON: Time = Time(1_795_262_400_000);

fn event(time: Time, wish: &str, is_made: bool) -> WishEvent {
    let id = CommandId::of_key("wishes/ann", &format!("{wish} {is_made}"));
    WishEvent { list: "ann".to_owned(), place: Pending { time, id }, wish: wish.into(), is_made }
}

fn read(absorbed: &[WishEvent], recorded: &[WishEvent]) -> Read<WishList> {
    let record = |event: &WishEvent| CommandRecord {
        fingerprint: Fingerprint::of("POST", "/v1/wishes", b""),
        event: event.clone(),
    };
    Read {
        id: "ann".to_owned(),
        item: (!absorbed.is_empty()).then(|| Arc::new(list(absorbed))),
        records: recorded.iter().map(record).collect(),
    }
}

fn bookmark(floor: u64, pending: &[WishEvent]) -> Bookmark {
    let pending = pending.iter().map(|event| event.place).collect();
    Bookmark { floor, pending, moment: Time(0) }
}

fn wishes(texts: &[&str]) -> BTreeSet<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn pending_commands_run_in_their_place_among_the_absorbed_ones() {
    let bell = event(NOON, "bell", true);
    let withdrawn = event(NOON.plus_ms(2), "bell", false);
    let read = read(std::slice::from_ref(&withdrawn), std::slice::from_ref(&bell));
    let answer = read.answer(&bookmark(0, &[bell]), NOON.plus_ms(3)).unwrap();
    assert_eq!(answer.view, wishes(&[]));
    assert_eq!((answer.version, answer.bookmark.pending.len()), (1, 1));
}

#[test]
fn a_command_is_pending_until_the_item_has_absorbed_it() {
    let (bell, lock) = (event(NOON, "bell", true), event(NOON, "lock", true));
    let both = [bell.clone(), lock.clone()];
    let sent = bookmark(0, &both);
    let answer = read(&[], &both).answer(&sent, NOON).unwrap();
    assert_eq!((answer.view, answer.bookmark), (wishes(&["bell", "lock"]), sent.clone()));
    let answer = read(&[bell], &both).answer(&sent, NOON).unwrap();
    assert_eq!(answer.view, wishes(&["bell", "lock"]));
    assert_eq!(answer.bookmark, bookmark(1, &[lock]));
    let answer = read(&both, &both).answer(&sent, NOON).unwrap();
    assert_eq!((answer.view, answer.bookmark), (wishes(&["bell", "lock"]), bookmark(2, &[])));
}

#[test]
fn a_command_without_a_record_or_older_than_all_stored_ids_is_not_pending() {
    let bell = event(NOON, "bell", true);
    let sent = bookmark(0, std::slice::from_ref(&bell));
    let answer = read(&[], &[]).answer(&sent, NOON).unwrap();
    assert_eq!((answer.view, answer.bookmark), (wishes(&[]), bookmark(0, &[])));
    // The table deletes records late.
    let recorded = read(&[], std::slice::from_ref(&bell));
    let last_moment = NOON.plus_ms(ID_WINDOW_MS);
    assert_eq!(recorded.answer(&sent, last_moment).unwrap().view, wishes(&["bell"]));
    assert_eq!(recorded.answer(&sent, last_moment.plus_ms(1)).unwrap().view, wishes(&[]));
    let lock = event(last_moment, "lock", true);
    let newer = read(std::slice::from_ref(&lock), &[bell]);
    assert_eq!(newer.answer(&sent, NOON).unwrap().bookmark, bookmark(1, &[]));
}

#[test]
fn records_of_commands_that_the_client_has_not_sent_are_not_shown() {
    let bell = event(NOON, "bell", true);
    let answer = read(&[], &[bell]).answer(&Bookmark::default(), NOON).unwrap();
    assert_eq!((answer.view, answer.bookmark), (wishes(&[]), bookmark(0, &[])));
}

#[test]
fn after_a_restored_backup_the_client_starts_over_with_the_commands_of_a_day() {
    let (old, young) = (event(NOON, "bell", true), event(NOON.plus_ms(1), "lock", true));
    let both = [old, young.clone()];
    let answer = read(&[], &both).answer(&bookmark(7, &both), NOON.plus_ms(DAY_MS + 1)).unwrap();
    assert!(answer.reset);
    assert_eq!((answer.view, answer.bookmark), (wishes(&["lock"]), bookmark(0, &[young])));
}

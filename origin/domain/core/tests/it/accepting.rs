//! Commands: recorded, published and answered once, however often they are requested.

use std::collections::BTreeSet;

use domain_core::bookmark::{Bookmark, PENDING_MAX, Pending};
use domain_core::id::CommandId;
use domain_core::idempotency::{Fingerprint, RETRY_WINDOW_MS};
use domain_core::port::{Consistency, PortError};
use domain_core::resource::{
    Acceptance, CommandEvent as _, CommandRequest, Commands, Read, Reader, Rejection, Source as _,
};
use domain_core::time::Time;

use super::wish_list::{AlreadyMade, Memory, WishList, wish, withdraw};
use super::{list, now};

const NOON: Time = Time(1_795_262_400_000);

/// Reads the table itself.
impl Reader<WishList> for Memory {
    async fn read(&self, id: &str, bookmark: &Bookmark) -> Result<Read<WishList>, PortError> {
        let commands: Vec<CommandId> = bookmark.pending.iter().map(|pending| pending.id).collect();
        self.batch(id, &commands).await
    }
}

type Accepted = Result<Acceptance<WishList>, Rejection<AlreadyMade>>;

fn request(key: &str, bookmark: &Bookmark, at: Time) -> CommandRequest {
    CommandRequest {
        resource: "ann".to_owned(),
        key: key.to_owned(),
        fingerprint: Fingerprint::of("POST", "/v1/wishes", key.as_bytes()),
        bookmark: bookmark.clone(),
        now: at,
    }
}

fn commands(memory: &Memory) -> Commands<Memory, Memory, Memory> {
    Commands { reader: memory.clone(), log: memory.clone(), events: memory.clone() }
}

fn make(memory: &Memory, request: &CommandRequest, text: &str) -> Accepted {
    now(commands(memory).accept(request, |draft| wish(draft, text)))
}

fn take_back(memory: &Memory, request: &CommandRequest, text: &str) -> Accepted {
    now(commands(memory).accept(request, |draft| Ok(withdraw(draft, text))))
}

fn wishes(texts: &[&str]) -> BTreeSet<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn deliver_all(memory: &Memory) {
    let published = std::mem::take(&mut memory.state().published);
    published.iter().for_each(|event| memory.absorb(event));
}

#[test]
fn an_accepted_command_is_recorded_published_and_in_the_answer() {
    let memory = Memory::default();
    let accepted = make(&memory, &request("one", &Bookmark::default(), NOON), "bell").unwrap();
    assert_eq!(accepted.answer.view, wishes(&["bell"]));
    assert_eq!(accepted.answer.version, 0, "the table has absorbed nothing");
    let pending = BTreeSet::from([accepted.event.place()]);
    assert_eq!(accepted.answer.bookmark, Bookmark { pending, ..Bookmark::default() });
    assert_eq!(memory.state().published, [accepted.event.to_event()]);
    let id = CommandId::of_key("wishes/ann", "one");
    assert_eq!(memory.state().records[&id].event, accepted.event);
}

#[test]
fn a_repeated_request_publishes_the_first_command_and_has_one_effect() {
    let memory = Memory::default();
    let first = make(&memory, &request("one", &Bookmark::default(), NOON), "bell").unwrap();
    let later = NOON.plus_ms(RETRY_WINDOW_MS);
    let again = make(&memory, &request("one", &Bookmark::default(), later), "bell").unwrap();
    assert_eq!(again.event, first.event, "its time, too");
    assert_eq!(memory.state().published, [first.event.to_event(), first.event.to_event()]);
    deliver_all(&memory);
    let item = now(memory.item("ann", Consistency::Strong)).unwrap();
    assert_eq!(item, Some(list(&[first.event])));
}

#[test]
fn a_retry_that_fails_the_check_by_its_own_effect_is_accepted() {
    let memory = Memory::default();
    let first = make(&memory, &request("one", &Bookmark::default(), NOON), "bell").unwrap();
    deliver_all(&memory);
    let again = make(&memory, &request("one", &Bookmark::default(), NOON), "bell").unwrap();
    assert_eq!((&again.event, again.answer.version), (&first.event, 1));
    let other = make(&memory, &request("two", &Bookmark::default(), NOON), "bell");
    assert_eq!(other.unwrap_err(), Rejection::Check(AlreadyMade));
}

#[test]
fn a_key_names_one_command() {
    let memory = Memory::default();
    make(&memory, &request("one", &Bookmark::default(), NOON), "bell").unwrap();
    let fingerprint = Fingerprint::of("POST", "/v1/wishes", b"other");
    let other = CommandRequest { fingerprint, ..request("one", &Bookmark::default(), NOON) };
    assert_eq!(make(&memory, &other, "lock").unwrap_err(), Rejection::Conflict);
    assert_eq!(memory.state().published.len(), 1);
}

#[test]
fn a_key_expires_twelve_hours_after_the_command() {
    let memory = Memory::default();
    let first = make(&memory, &request("one", &Bookmark::default(), NOON), "bell").unwrap();
    let too_late = first.event.place().time.plus_ms(RETRY_WINDOW_MS + 1);
    let retry = make(&memory, &request("one", &Bookmark::default(), too_late), "bell");
    assert_eq!(retry.unwrap_err(), Rejection::Expired);
    assert_eq!(memory.state().published.len(), 1);
}

#[test]
fn a_command_that_the_bus_did_not_take_is_published_by_the_retry() {
    let memory = Memory::default();
    memory.state().is_bus_down = true;
    let lost = make(&memory, &request("one", &Bookmark::default(), NOON), "bell");
    assert!(matches!(lost, Err(Rejection::Port(PortError::Unavailable(_)))), "{lost:?}");
    memory.state().is_bus_down = false;
    let minute_later = request("one", &Bookmark::default(), NOON.plus_ms(60_000));
    let accepted = make(&memory, &minute_later, "bell").unwrap();
    assert_eq!(accepted.event.place().time, NOON.plus_ms(1));
    assert_eq!(memory.state().published, [accepted.event.to_event()]);
}

#[test]
fn a_command_comes_after_everything_its_client_has_seen() {
    let memory = Memory::default();
    let first = make(&memory, &request("one", &Bookmark::default(), NOON), "bell").unwrap();
    let slow_clock = request("two", &first.answer.bookmark, NOON.minus_ms(5_000));
    let second = take_back(&memory, &slow_clock, "bell").unwrap();
    assert_eq!(second.event.place().time, NOON.plus_ms(2));
    assert_eq!(second.answer.view, wishes(&[]));
    deliver_all(&memory);
    let third =
        make(&memory, &request("three", &Bookmark::default(), NOON.minus_ms(5_000)), "bell");
    assert_eq!(third.unwrap().event.place().time, NOON.plus_ms(3), "after the item's highest");
}

#[test]
fn a_sixty_first_pending_command_is_rejected() {
    let memory = Memory::default();
    let mut bookmark = Bookmark::default();
    for number in 0..PENDING_MAX {
        let text = number.to_string();
        bookmark = make(&memory, &request(&text, &bookmark, NOON), &text).unwrap().answer.bookmark;
    }
    let one_more = make(&memory, &request("more", &bookmark, NOON), "more");
    assert_eq!(one_more.unwrap_err(), Rejection::TooManyPending);
    let newest: Pending = *bookmark.pending.last().unwrap();
    let again = make(&memory, &request("59", &bookmark, NOON), "59").unwrap();
    assert_eq!((again.event.place(), again.answer.bookmark), (newest, bookmark));
}

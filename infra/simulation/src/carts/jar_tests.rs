//! The bookmark jar with carts: findings of earlier runs.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::command::CartAction;
use super::resource::Carts;
use crate::world::{Bookmark, BookmarkJar, Command, SentCommand, ShowRule};

const GUESTS: &str = "guest-0";
const CUSTOMERS: &str = "customer-1";

fn bookmark(cart: &str, text: &str) -> Bookmark {
    Bookmark { resource: cart.to_owned(), text: text.to_owned() }
}

fn clear_command() -> SentCommand<Carts> {
    let command =
        Command { resource: GUESTS.to_owned(), key: "key".to_owned(), action: CartAction::Clear };
    let (command, first_bookmarks) = (Rc::new(command), BTreeMap::new());
    SentCommand { command, number: 0, first_sent_ms: 0, first_bookmarks }
}

/// Two tabs of a guest: one clears the cart and gets no answer, the other signs in at the same
/// time (the worlds with seeds 11117947, 11119023 and 11121438).
#[test]
fn a_guests_last_command_stays_last_when_another_tab_signs_in() {
    let mut jar: BookmarkJar<Carts> = BookmarkJar::new(ShowRule::Strict);
    jar.insert(bookmark(GUESTS, "seen"));
    let first = jar.select(GUESTS, None, None);
    let merge = jar.select(CUSTOMERS, Some(GUESTS), None);
    jar.replace(&merge, bookmark(CUSTOMERS, "merged"), None);
    jar.mark_unknown(&clear_command(), &first.bookmarks, None);
    assert_eq!(jar.select(GUESTS, None, None).texts(), [""; 0]);
    let retried = jar.unknown().unwrap();
    assert_eq!(jar.select_for_retry(&retried, None).texts(), ["seen"]);
}

/// A request is in flight with an old bookmark while another answer carries a new one (the
/// worlds with seeds 11217700 and 11260620).
#[test]
fn a_bookmark_that_arrives_before_a_400_to_another_request_is_not_dropped() {
    let mut jar: BookmarkJar<Carts> = BookmarkJar::new(ShowRule::Strict);
    jar.insert(bookmark(CUSTOMERS, "old"));
    let in_flight = jar.select(CUSTOMERS, None, None);
    jar.insert(bookmark(CUSTOMERS, "new"));
    jar.mark_unknown(&clear_command(), &in_flight.bookmarks, None);
    jar.drop_sent(&in_flight, None);
    assert_eq!(jar.select(CUSTOMERS, None, None).texts(), ["new"]);
    assert_eq!(jar.unknown().unwrap().first_bookmarks, BTreeMap::new());
}

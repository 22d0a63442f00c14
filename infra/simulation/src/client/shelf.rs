//! What a device keeps of its carts, for all its tabs.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use edge_wire::bookmark::{HEADER_BYTES_MAX, PER_RESOURCE_MAX};
use origin_domain::time::DAY_MS;

use crate::ask::{Ask, Command};
use crate::bug::Bug;

/// How long a client goes on retrying: a key is remembered for fifteen days, and after them it would
/// name another command.
pub(crate) const RETRIED_MS_MAX: u64 = 14 * DAY_MS;

/// The comma between two bookmarks in a header.
const SEPARATOR_BYTES: usize = 1;

/// Bookmarks and commands of unknown fate.
#[derive(Default)]
pub(crate) struct Shelf {
    /// By the number of the answer that brought it: in another life of the cart another bookmark may
    /// read the same.
    bookmarks: BTreeMap<u64, Bookmark>,
    /// How many answers have arrived.
    answers: u64,
    rule: ShowRule,
    /// In the order in which they were asked.
    unknown: Vec<Sent>,
    /// The numbers of those whose fate is known.
    settled: BTreeSet<usize>,
}

/// Which answers a client shows, of those to requests sent before another answer arrived.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ShowRule {
    /// None.
    #[default]
    Strict,
    /// Those after which nothing is left that was not sent: the other answer brought nothing new.
    NothingNew,
}

/// A bookmark and what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bookmark {
    pub(crate) cart: String,
    pub(crate) text: String,
}

/// A command with the judge's number for it.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) command: Rc<Command>,
    pub(crate) number: usize,
    pub(crate) asked_at_ms: u64,
    /// The bookmarks of its first attempt, once its fate is unknown.
    pub(crate) first_bookmarks: BTreeMap<u64, Bookmark>,
}

/// What goes along with a request.
pub(crate) struct Enclosed {
    /// The cart the request is about.
    pub(crate) cart: String,
    /// Bookmarks by their numbers.
    pub(crate) bookmarks: BTreeMap<u64, Bookmark>,
    /// Whether that is all there are: otherwise the answer is not shown.
    pub(crate) is_whole: bool,
    answers: u64,
}

/// What became of an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    /// The number of its bookmark.
    pub(crate) number: u64,
    /// Whether it may be shown.
    pub(crate) is_shown: bool,
}

// === impl Sent ===

impl Sent {
    pub(crate) fn is_merge(&self) -> bool {
        matches!(self.command.ask, Ask::Merge { .. })
    }
}

// === impl Enclosed ===

impl Enclosed {
    /// What is sent: each text once.
    pub(crate) fn texts(&self) -> Vec<String> {
        let texts: BTreeSet<&String> = self.bookmarks.values().map(|it| &it.text).collect();
        texts.into_iter().cloned().collect()
    }
}

// === impl Shelf ===

impl Shelf {
    pub(crate) fn new(rule: ShowRule) -> Self {
        Self { rule, ..Self::default() }
    }

    /// All bookmarks of a cart and of a guest's, or as many as a request takes.
    pub(crate) fn enclose(&self, cart: &str, guest: Option<&str>, bug: Option<Bug>) -> Enclosed {
        self.enclose_with(&BTreeMap::new(), cart, guest, bug)
    }

    /// What goes along with a retry to a cart that was merged: first what went along with the first
    /// attempt. The merge replaced it, and an instance that still takes the cart for unmerged needs
    /// it to place the command behind what its client had seen.
    pub(crate) fn enclose_again(&self, sent: &Sent, bug: Option<Bug>) -> Enclosed {
        self.enclose_with(&sent.first_bookmarks, &sent.command.cart, None, bug)
    }

    fn enclose_with(
        &self,
        first: &BTreeMap<u64, Bookmark>,
        cart: &str,
        guest: Option<&str>,
        bug: Option<Bug>,
    ) -> Enclosed {
        let of_these = |one: &&Bookmark| one.cart == cart || Some(one.cart.as_str()) == guest;
        let mut texts: BTreeSet<&str> = BTreeSet::new();
        let mut bookmarks = BTreeMap::new();
        let mut bytes = 0;
        let present = self.bookmarks.iter().filter(|(_, one)| of_these(one));
        for (number, bookmark) in first.iter().chain(present) {
            let text = bookmark.text.as_str();
            bytes += if texts.insert(text) { text.len() + SEPARATOR_BYTES } else { 0 };
            let is_too_long = bytes > HEADER_BYTES_MAX && bug != Some(Bug::BookmarksOverBytes);
            if texts.len() > PER_RESOURCE_MAX || is_too_long {
                break;
            }
            bookmarks.insert(*number, bookmark.clone());
        }
        let is_enclosed = |(number, _): (&u64, &Bookmark)| bookmarks.contains_key(number);
        let is_whole = self.bookmarks.iter().filter(|(_, one)| of_these(one)).all(is_enclosed);
        Enclosed { cart: cart.to_owned(), bookmarks, is_whole, answers: self.answers }
    }

    /// Whether there are bookmarks of a cart.
    pub(crate) fn holds(&self, cart: &str) -> bool {
        self.bookmarks.values().any(|bookmark| bookmark.cart == cart)
    }

    /// Replaces exactly the bookmarks that were sent.
    pub(crate) fn replace(&mut self, sent: &Enclosed, with: Bookmark, bug: Option<Bug>) -> Kept {
        let is_next = sent.is_whole
            && match self.rule {
                ShowRule::Strict => self.answers == sent.answers,
                ShowRule::NothingNew => {
                    self.bookmarks.keys().all(|number| sent.bookmarks.contains_key(number))
                }
            };
        self.bookmarks.retain(|number, _| match bug {
            Some(Bug::NewestBookmarkOnly) => false,
            _ => !sent.bookmarks.contains_key(number),
        });
        let number = self.keep(with);
        Kept { number, is_shown: is_next || bug == Some(Bug::ShownOnArrival) }
    }

    /// Keeps one bookmark more; answers its number.
    pub(crate) fn keep(&mut self, bookmark: Bookmark) -> u64 {
        self.answers += 1;
        self.bookmarks.insert(self.answers, bookmark);
        self.answers
    }

    /// Drops the bookmarks that were sent with a request, of which one does not verify any more.
    /// Those that another answer brought meanwhile stay.
    pub(crate) fn drop_sent(&mut self, sent: &Enclosed, bug: Option<Bug>) {
        if bug == Some(Bug::NewerBookmarksDropped) {
            return self.drop_all();
        }
        self.bookmarks.retain(|number, _| !sent.bookmarks.contains_key(number));
        for unknown in &mut self.unknown {
            unknown.first_bookmarks.retain(|number, _| !sent.bookmarks.contains_key(number));
        }
        self.answers += 1;
    }

    /// Starts over without bookmarks: whatever is under way brings one that counts.
    pub(crate) fn drop_all(&mut self) {
        self.bookmarks.clear();
        self.unknown.iter_mut().for_each(|sent| sent.first_bookmarks.clear());
        self.answers += 1;
    }

    /// The numbers of the bookmarks it holds.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.bookmarks.keys().copied()
    }

    /// The first command that has to be retried before anything else is asked.
    pub(crate) fn unknown(&self) -> Option<Sent> {
        self.unknown.first().cloned()
    }

    /// Gives up what is too old to be retried.
    pub(crate) fn give_up(&mut self, now_ms: u64, bug: Option<Bug>) -> Option<Sent> {
        let oldest = self.unknown.first()?.clone();
        let is_over = now_ms > oldest.asked_at_ms + RETRIED_MS_MAX;
        let is_over = is_over && bug != Some(Bug::RetriedForGood);
        is_over.then(|| self.settle(oldest.number));
        is_over.then_some(oldest)
    }

    /// Forgets what it holds of a cart.
    pub(crate) fn forget(&mut self, cart: &str) {
        self.bookmarks.retain(|_, bookmark| bookmark.cart != cart);
    }

    /// Nobody knows what became of a command that was sent with these bookmarks.
    pub(crate) fn mark_unknown(
        &mut self,
        sent: &Sent,
        bookmarks: &BTreeMap<u64, Bookmark>,
        bug: Option<Bug>,
    ) {
        let is_open = !self.settled.contains(&sent.number)
            && self.unknown.iter().all(|other| other.number != sent.number);
        if is_open && bug != Some(Bug::FateForgotten) {
            self.unknown.push(Sent { first_bookmarks: bookmarks.clone(), ..sent.clone() });
            self.unknown.sort_by_key(|sent| sent.number);
        }
    }

    pub(crate) fn settle(&mut self, number: usize) {
        self.settled.insert(number);
        self.unknown.retain(|sent| sent.number != number);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::rc::Rc;

    use super::{Bookmark, Sent, Shelf, ShowRule};
    use crate::ask::{Ask, Command};

    const GUESTS: &str = "guest-0";
    const CUSTOMERS: &str = "customer-1";

    fn bookmark(cart: &str, text: &str) -> Bookmark {
        Bookmark { cart: cart.to_owned(), text: text.to_owned() }
    }

    fn clear() -> Sent {
        let command = Command { cart: GUESTS.to_owned(), key: "key".to_owned(), ask: Ask::Clear };
        let (command, first_bookmarks) = (Rc::new(command), BTreeMap::new());
        Sent { command, number: 0, asked_at_ms: 0, first_bookmarks }
    }

    /// Two tabs of a guest: one clears the cart and hears nothing, the other signs in meanwhile (the
    /// worlds with seeds 11117947, 11119023 and 11121438).
    #[test]
    fn what_a_guest_did_last_stays_last_when_another_tab_signs_in_meanwhile() {
        let mut shelf = Shelf::new(ShowRule::Strict);
        shelf.keep(bookmark(GUESTS, "seen"));
        let first = shelf.enclose(GUESTS, None, None);
        let merge = shelf.enclose(CUSTOMERS, Some(GUESTS), None);
        shelf.replace(&merge, bookmark(CUSTOMERS, "merged"), None);
        shelf.mark_unknown(&clear(), &first.bookmarks, None);
        assert_eq!(shelf.enclose(GUESTS, None, None).texts(), [""; 0]);
        let retried = shelf.unknown().unwrap();
        assert_eq!(shelf.enclose_again(&retried, None).texts(), ["seen"]);
    }

    /// A request is on its way with an old bookmark while another answer brings a new one (the worlds
    /// with seeds 11217700 and 11260620).
    #[test]
    fn a_bookmark_that_arrives_before_a_400_to_another_request_is_not_dropped() {
        let mut shelf = Shelf::new(ShowRule::Strict);
        shelf.keep(bookmark(CUSTOMERS, "old"));
        let under_way = shelf.enclose(CUSTOMERS, None, None);
        shelf.keep(bookmark(CUSTOMERS, "new"));
        shelf.mark_unknown(&clear(), &under_way.bookmarks, None);
        shelf.drop_sent(&under_way, None);
        assert_eq!(shelf.enclose(CUSTOMERS, None, None).texts(), ["new"]);
        assert_eq!(shelf.unknown().unwrap().first_bookmarks, BTreeMap::new());
    }
}

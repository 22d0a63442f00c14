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
        let of_these = |one: &&Bookmark| one.cart == cart || Some(one.cart.as_str()) == guest;
        let mut texts: BTreeSet<&str> = BTreeSet::new();
        let mut bookmarks = BTreeMap::new();
        let mut bytes = 0;
        for (number, bookmark) in self.bookmarks.iter().filter(|(_, one)| of_these(one)) {
            let text = bookmark.text.as_str();
            bytes += if texts.insert(text) { text.len() + SEPARATOR_BYTES } else { 0 };
            let is_too_long = bytes > HEADER_BYTES_MAX && bug != Some(Bug::BookmarksOverBytes);
            if texts.len() > PER_RESOURCE_MAX || is_too_long {
                break;
            }
            bookmarks.insert(*number, bookmark.clone());
        }
        let is_whole = self.bookmarks.values().filter(of_these).count() == bookmarks.len();
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

    /// Starts over without bookmarks: whatever is under way brings one that counts.
    pub(crate) fn drop_bookmarks(&mut self) {
        self.bookmarks.clear();
        self.answers += 1;
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

    pub(crate) fn despair(&mut self, sent: &Sent, bug: Option<Bug>) {
        let is_open = !self.settled.contains(&sent.number)
            && self.unknown.iter().all(|other| other.number != sent.number);
        if is_open && bug != Some(Bug::FateForgotten) {
            self.unknown.push(sent.clone());
            self.unknown.sort_by_key(|sent| sent.number);
        }
    }

    pub(crate) fn settle(&mut self, number: usize) {
        self.settled.insert(number);
        self.unknown.retain(|sent| sent.number != number);
    }
}

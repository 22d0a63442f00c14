//! What a device keeps of one cart, for all its tabs.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use edge_wire::bookmark::{HEADER_BYTES_MAX, PER_RESOURCE_MAX};
use origin_domain::time::DAY_MS;

use crate::ask::Command;
use crate::bug::Bug;

/// How long a client goes on retrying: a key is remembered for fifteen days, and after them it would
/// name another command.
const RETRIED_MS_MAX: u64 = 14 * DAY_MS;

/// The comma between two bookmarks in a header.
const SEPARATOR_BYTES: usize = 1;

/// Bookmarks and commands of unknown fate.
#[derive(Default)]
pub(crate) struct Shelf {
    /// By the number of the answer that brought it: in another life of the cart another bookmark may
    /// read the same.
    bookmarks: BTreeMap<u64, String>,
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

/// A command with the judge's number for it.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) command: Rc<Command>,
    pub(crate) number: usize,
    pub(crate) asked_at_ms: u64,
}

/// What goes along with a request.
pub(crate) struct Enclosed {
    /// Bookmarks by their numbers.
    pub(crate) bookmarks: BTreeMap<u64, String>,
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

// === impl Enclosed ===

impl Enclosed {
    /// What is sent: each text once.
    pub(crate) fn texts(&self) -> Vec<String> {
        let texts: BTreeSet<&String> = self.bookmarks.values().collect();
        texts.into_iter().cloned().collect()
    }
}

// === impl Shelf ===

impl Shelf {
    pub(crate) fn new(rule: ShowRule) -> Self {
        Self { rule, ..Self::default() }
    }

    /// All bookmarks, or as many as a request takes.
    pub(crate) fn enclose(&self, bug: Option<Bug>) -> Enclosed {
        let mut texts: BTreeSet<&str> = BTreeSet::new();
        let mut bookmarks = BTreeMap::new();
        let mut bytes = 0;
        for (number, text) in &self.bookmarks {
            bytes += if texts.insert(text) { text.len() + SEPARATOR_BYTES } else { 0 };
            let is_too_long = bytes > HEADER_BYTES_MAX && bug != Some(Bug::BookmarksOverBytes);
            if texts.len() > PER_RESOURCE_MAX || is_too_long {
                break;
            }
            bookmarks.insert(*number, text.clone());
        }
        let is_whole = self.bookmarks.len() == bookmarks.len();
        Enclosed { bookmarks, is_whole, answers: self.answers }
    }

    /// Replaces exactly the bookmarks that were sent.
    pub(crate) fn replace(&mut self, sent: &Enclosed, bookmark: &str, bug: Option<Bug>) -> Kept {
        let is_next = sent.is_whole
            && match self.rule {
                ShowRule::Strict => self.answers == sent.answers,
                ShowRule::NothingNew => {
                    self.bookmarks.keys().all(|number| sent.bookmarks.contains_key(number))
                }
            };
        self.answers += 1;
        self.bookmarks.retain(|number, text| match bug {
            Some(Bug::NewestBookmarkOnly) => false,
            Some(Bug::ReplacedByText) => !sent.bookmarks.values().any(|other| other == text),
            _ => !sent.bookmarks.contains_key(number),
        });
        self.bookmarks.insert(self.answers, bookmark.to_owned());
        Kept { number: self.answers, is_shown: is_next || bug == Some(Bug::ShownOnArrival) }
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
    pub(crate) fn give_up(&mut self, now_ms: u64, bug: Option<Bug>) -> Option<usize> {
        let oldest = self.unknown.first()?;
        let is_over = now_ms > oldest.asked_at_ms + RETRIED_MS_MAX;
        let is_over = is_over && bug != Some(Bug::RetriedForGood);
        let number = is_over.then_some(oldest.number)?;
        self.settle(number);
        Some(number)
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

//! The bookmarks and unfinished commands of a device, shared by all its tabs.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use domain_core::time::DAY_MS;
use edge_wire::bookmark::{HEADER_BYTES_MAX, PER_RESOURCE_MAX};

use super::resource::{Command, Resource};
use crate::engine::Mutant;

/// How long a client retries: the server remembers a key for fifteen days, and afterwards the key
/// would name another command.
pub(crate) const RETRY_MS_MAX: u64 = 14 * DAY_MS;

/// The comma between two bookmarks in a header.
const SEPARATOR_BYTES: usize = 1;

/// Bookmarks and commands of unknown outcome.
pub(crate) struct BookmarkJar<R: Resource> {
    /// By the number of the answer that carried it: after a cart has ended, a bookmark of its next
    /// life may have the same text.
    bookmarks: BTreeMap<u64, Bookmark>,
    /// The number of answers so far.
    answers: u64,
    rule: ShowRule,
    /// In the order of their first attempts.
    unknown: Vec<SentCommand<R>>,
    /// The numbers of the commands of known outcome.
    settled: BTreeSet<usize>,
}

/// Which answers a client shows when another answer arrived after their request was sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ShowRule {
    /// None.
    #[default]
    Strict,
    /// Those that leave no bookmark that was not sent: the other answer carried nothing new.
    NothingNew,
}

/// A bookmark and its resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bookmark {
    pub(crate) resource: String,
    pub(crate) text: String,
}

/// A command with its number in the oracle.
pub(crate) struct SentCommand<R: Resource> {
    pub(crate) command: Rc<Command<R>>,
    pub(crate) number: usize,
    pub(crate) first_sent_ms: u64,
    /// The bookmarks of its first attempt, once its outcome is unknown.
    pub(crate) first_bookmarks: BTreeMap<u64, Bookmark>,
}

/// The bookmarks of a request.
pub(crate) struct SentBookmarks {
    /// The resource the request is about.
    pub(crate) resource: String,
    /// The bookmarks by their numbers.
    pub(crate) bookmarks: BTreeMap<u64, Bookmark>,
    /// Whether these are all there are: otherwise the answer is not shown.
    pub(crate) is_whole: bool,
    answers: u64,
}

/// How an answer changed the jar.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Replacement {
    /// The number of its bookmark.
    pub(crate) number: u64,
    /// Whether it may be shown.
    pub(crate) is_shown: bool,
}

// === impl SentCommand ===

impl<R: Resource> Clone for SentCommand<R> {
    fn clone(&self) -> Self {
        let Self { command, number, first_sent_ms, first_bookmarks } = self;
        let (command, first_bookmarks) = (Rc::clone(command), first_bookmarks.clone());
        Self { command, number: *number, first_sent_ms: *first_sent_ms, first_bookmarks }
    }
}

// === impl SentBookmarks ===

impl SentBookmarks {
    /// The texts to send, without duplicates.
    pub(crate) fn texts(&self) -> Vec<String> {
        let texts: BTreeSet<&String> = self.bookmarks.values().map(|it| &it.text).collect();
        texts.into_iter().cloned().collect()
    }
}

// === impl BookmarkJar ===

impl<R: Resource> BookmarkJar<R> {
    pub(crate) fn new(rule: ShowRule) -> Self {
        let (bookmarks, unknown, settled) = (BTreeMap::new(), Vec::new(), BTreeSet::new());
        Self { bookmarks, answers: 0, rule, unknown, settled }
    }

    /// All bookmarks of a resource and of a guest's, or as many as a request may carry.
    pub(crate) fn select(
        &self,
        resource: &str,
        guest: Option<&str>,
        mutant: Option<Mutant>,
    ) -> SentBookmarks {
        self.select_with(&BTreeMap::new(), resource, guest, mutant)
    }

    /// The bookmarks for a retry to a resource that was merged: first those of the first attempt. The
    /// merge replaced them, and an instance that does not know of the merge yet needs them to order
    /// the command after what its client had seen.
    pub(crate) fn select_for_retry(
        &self,
        sent: &SentCommand<R>,
        mutant: Option<Mutant>,
    ) -> SentBookmarks {
        self.select_with(&sent.first_bookmarks, &sent.command.resource, None, mutant)
    }

    fn select_with(
        &self,
        first: &BTreeMap<u64, Bookmark>,
        resource: &str,
        guest: Option<&str>,
        mutant: Option<Mutant>,
    ) -> SentBookmarks {
        let of_these =
            |one: &&Bookmark| one.resource == resource || Some(one.resource.as_str()) == guest;
        let mut texts: BTreeSet<&str> = BTreeSet::new();
        let mut bookmarks = BTreeMap::new();
        let mut bytes = 0;
        let present = self.bookmarks.iter().filter(|(_, one)| of_these(one));
        for (number, bookmark) in first.iter().chain(present) {
            let text = bookmark.text.as_str();
            bytes += if texts.insert(text) { text.len() + SEPARATOR_BYTES } else { 0 };
            let is_too_long =
                bytes > HEADER_BYTES_MAX && mutant != Some(Mutant::BookmarksOverBytes);
            if texts.len() > PER_RESOURCE_MAX || is_too_long {
                break;
            }
            bookmarks.insert(*number, bookmark.clone());
        }
        let is_included = |(number, _): (&u64, &Bookmark)| bookmarks.contains_key(number);
        let is_whole = self.bookmarks.iter().filter(|(_, one)| of_these(one)).all(is_included);
        SentBookmarks { resource: resource.to_owned(), bookmarks, is_whole, answers: self.answers }
    }

    /// Whether there are bookmarks of a resource.
    pub(crate) fn has_any(&self, resource: &str) -> bool {
        self.bookmarks.values().any(|bookmark| bookmark.resource == resource)
    }

    /// Replaces exactly the bookmarks that were sent.
    pub(crate) fn replace(
        &mut self,
        sent: &SentBookmarks,
        with: Bookmark,
        mutant: Option<Mutant>,
    ) -> Replacement {
        let is_next = sent.is_whole
            && match self.rule {
                ShowRule::Strict => self.answers == sent.answers,
                ShowRule::NothingNew => {
                    self.bookmarks.keys().all(|number| sent.bookmarks.contains_key(number))
                }
            };
        self.bookmarks.retain(|number, _| match mutant {
            Some(Mutant::NewestBookmarkOnly) => false,
            _ => !sent.bookmarks.contains_key(number),
        });
        let number = self.insert(with);
        Replacement { number, is_shown: is_next || mutant == Some(Mutant::ShownOnArrival) }
    }

    /// Inserts a bookmark; returns its number.
    pub(crate) fn insert(&mut self, bookmark: Bookmark) -> u64 {
        self.answers += 1;
        self.bookmarks.insert(self.answers, bookmark);
        self.answers
    }

    /// Drops the bookmarks sent with a request when one of them no longer verifies. Bookmarks that
    /// another answer carried in the meantime stay.
    pub(crate) fn drop_sent(&mut self, sent: &SentBookmarks, mutant: Option<Mutant>) {
        if mutant == Some(Mutant::NewerBookmarksDropped) {
            return self.drop_all();
        }
        self.bookmarks.retain(|number, _| !sent.bookmarks.contains_key(number));
        for unknown in &mut self.unknown {
            unknown.first_bookmarks.retain(|number, _| !sent.bookmarks.contains_key(number));
        }
        self.answers += 1;
    }

    /// Drops all bookmarks: the next answer carries a valid one.
    pub(crate) fn drop_all(&mut self) {
        self.bookmarks.clear();
        self.unknown.iter_mut().for_each(|sent| sent.first_bookmarks.clear());
        self.answers += 1;
    }

    /// The numbers of the bookmarks it holds.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.bookmarks.keys().copied()
    }

    /// The first command to retry before any other is sent.
    pub(crate) fn unknown(&self) -> Option<SentCommand<R>> {
        self.unknown.first().cloned()
    }

    /// Removes and returns the first command if it is too old to be retried.
    pub(crate) fn expire_oldest(
        &mut self,
        now_ms: u64,
        mutant: Option<Mutant>,
    ) -> Option<SentCommand<R>> {
        let oldest = self.unknown.first()?.clone();
        let is_over = now_ms > oldest.first_sent_ms + RETRY_MS_MAX;
        let is_over = is_over && mutant != Some(Mutant::RetriedForGood);
        is_over.then(|| self.settle(oldest.number));
        is_over.then_some(oldest)
    }

    /// Removes the bookmarks of a resource.
    pub(crate) fn remove(&mut self, resource: &str) {
        self.bookmarks.retain(|_, bookmark| bookmark.resource != resource);
    }

    /// Records that the outcome of a command sent with these bookmarks is unknown.
    pub(crate) fn mark_unknown(
        &mut self,
        sent: &SentCommand<R>,
        bookmarks: &BTreeMap<u64, Bookmark>,
        mutant: Option<Mutant>,
    ) {
        let is_open = !self.settled.contains(&sent.number)
            && self.unknown.iter().all(|other| other.number != sent.number);
        if is_open && mutant != Some(Mutant::FateForgotten) {
            let first_bookmarks = bookmarks.clone();
            self.unknown.push(SentCommand { first_bookmarks, ..sent.clone() });
            self.unknown.sort_by_key(|sent| sent.number);
        }
    }

    pub(crate) fn settle(&mut self, number: usize) {
        self.settled.insert(number);
        self.unknown.retain(|sent| sent.number != number);
    }
}

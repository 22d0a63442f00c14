//! What a world reports to the oracles of its resources.

use std::collections::BTreeMap;

use domain_core::event::Event;
use origin_adapters::table::{Item, Key};

use super::bookmark_jar::Bookmark;
use super::resource::{Command, ReceivedAnswer, ReceivedRejection, Resource};
use crate::engine::{Coverage, Handle, RunLog};

/// The oracle of one kind of resource: what happens between client and table. An oracle ignores
/// what is not about its kind.
pub(crate) trait Oracle: Send {
    /// The bus has accepted an event.
    fn published(&mut self, event: &Event);

    /// The table was written, all of it at once.
    fn written(&mut self, changes: &[Change<'_>]);

    /// A consumer has finished a message.
    fn consumed(&mut self, message: Finished<'_>);

    /// A message became a dead letter, for the last reason that the consumer gave, if any.
    fn dead_lettered(&mut self, event: &Event, reason: Option<&str>);

    /// A backup of the hot table was made.
    fn backed_up(&mut self);

    /// The backup was restored; a replay of later events may follow.
    fn restored(&mut self, is_replayed: bool);
}

/// What the clients of one kind of resource report.
pub(crate) trait ClientOracle<R: Resource>: Oracle {
    fn log(&self) -> &RunLog;

    /// Adds a client; returns its number.
    fn add_client(&mut self) -> usize;

    /// A client sends a command for the first time; returns the command's number.
    fn command_sent(&mut self, client: usize, command: &Command<R>) -> usize;

    /// A client received an answer.
    fn answer_received(&mut self, answer: &ReceivedAnswer<'_, R>);

    /// A client received an error or no answer to a command.
    fn rejection_received(&mut self, rejection: &ReceivedRejection<'_>);

    /// A client learns that its guest's resource was merged into its own, and from a bookmark that
    /// its command counts there.
    fn merge_learned(
        &mut self,
        client: usize,
        sent: &BTreeMap<u64, Bookmark>,
        bookmark: u64,
        number: usize,
    );

    /// A client continues without the commands it sent to a guest's resource.
    fn guest_abandoned(&mut self, client: usize);

    /// A client drops the bookmarks it sent, because one did not verify; it still expects what the
    /// `remaining` ones contain.
    fn bookmarks_dropped(
        &mut self,
        client: usize,
        sent: &BTreeMap<u64, Bookmark>,
        remaining: &[u64],
    );

    /// A client learns that there is nothing of the id that it read.
    fn unknown_received(&mut self, resource: &str, read: &R::Read);

    /// A client received an answer that no request should have.
    fn unexpected(&mut self, message: &str);
}

/// A finished message.
#[derive(Clone, Copy)]
pub(crate) struct Finished<'a> {
    pub(crate) queue: &'a str,
    pub(crate) event: &'a Event,
    /// When the bus accepted the event.
    pub(crate) at_ms: u64,
    /// Whether a replay of the archive delivered it.
    pub(crate) is_replay: bool,
}

/// A written or deleted item.
pub(crate) struct Change<'a> {
    pub(crate) key: &'a Key,
    pub(crate) before: Option<Item>,
    /// `None`: deleted.
    pub(crate) after: Option<&'a Item>,
}

/// The oracles of a world. Clones share them.
#[derive(Clone)]
pub(crate) struct Oracles {
    pub(crate) run_log: RunLog,
    pub(crate) all: Vec<Handle<dyn Oracle>>,
}

// === impl Oracles ===

impl Oracles {
    pub(crate) fn each(&self, mut act: impl FnMut(&mut dyn Oracle)) {
        for oracle in &self.all {
            act(&mut *oracle.lock());
        }
    }

    pub(crate) fn count(&self, coverage: Coverage) {
        self.run_log.count(coverage);
    }

    pub(crate) fn trace(&self, line: impl FnOnce() -> String) {
        self.run_log.trace(line);
    }
}

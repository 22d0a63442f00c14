//! The recorder: the oracle's entry points for everything that happens in a world.

use std::collections::{HashMap, HashSet};

use domain_core::event::{Event, Kind};
use domain_core::id::CommandId;

use super::command_set::CommandSet;
use super::history::History;
use super::parsed_event::ParsedEvent;
use super::violation::{DeadLetterReason, Invariant};
use crate::command::Command;
use crate::coverage::Coverage;
use crate::run_log::RunLog;
use crate::shop::KeyRotation;
use crate::timeline::Timeline;

/// The oracle of one world.
pub(crate) struct Oracle {
    pub(super) timeline: Timeline,
    pub(super) run_log: RunLog,
    pub(super) keys: KeyRotation,
    pub(super) history: History,
    pub(super) clients: Vec<Client>,
}

/// One client: a device, whose tabs share their bookmarks.
#[derive(Default)]
pub(super) struct Client {
    pub(super) observed: CommandSet,
    pub(super) promised: CommandSet,
    /// The commands that it sent and that were not answered.
    open: CommandSet,
    /// The commands whose outcome it knows.
    settled: CommandSet,
    /// The bookmarks it received, by its numbers for them.
    pub(super) bookmarks: HashMap<u64, BookmarkContents>,
}

/// The content of a bookmark.
pub(super) struct BookmarkContents {
    pub(super) cart: String,
    pub(super) floor: u64,
    pub(super) known: CommandSet,
}

// === impl Oracle ===

impl Oracle {
    pub(crate) fn new(timeline: Timeline, run_log: RunLog, keys: KeyRotation) -> Self {
        Self { timeline, run_log, keys, history: History::default(), clients: Vec::new() }
    }

    /// Adds a client; returns its number.
    pub(crate) fn add_client(&mut self) -> usize {
        self.clients.push(Client::default());
        self.clients.len() - 1
    }

    pub(crate) fn count(&self, coverage: Coverage) {
        self.run_log.count(coverage);
    }

    pub(crate) fn trace(&self, line: impl FnOnce() -> String) {
        self.run_log.trace(line);
    }

    pub(crate) fn has_violation(&self) -> bool {
        self.run_log.has_violation()
    }

    /// A client sends a command for the first time; returns the command's number.
    pub(crate) fn command_sent(&mut self, client: usize, command: &Command) -> usize {
        let Client { observed, promised, open, .. } = &self.clients[client];
        let mut needs = observed.clone();
        needs.extend(promised);
        needs.extend(open);
        let now_ms = self.timeline.now_ms();
        self.history.command_sent(command, now_ms, needs)
    }

    /// The bus has accepted an event.
    pub(crate) fn published(&mut self, event: &Event) {
        self.run_log.add_to_history(&event.detail);
        self.trace(|| format!("bus     accepts {}", event.detail));
        if event.kind == Kind::ShopifyWebhook {
            return self.order_published(&event.detail);
        }
        let parsed: ParsedEvent = match serde_json::from_str(&event.detail) {
            Ok(parsed) => parsed,
            Err(error) => {
                return self.report(Invariant::Accounted, || format!("{error}: {}", event.detail));
            }
        };
        let now_ms = self.timeline.now_ms();
        let history = &mut self.history;
        let number = history.number(parsed.id());
        let is_first = number.is_some_and(|number| history.commands[number].published.is_none());
        if let Err(message) = history.published(&parsed, &event.detail, now_ms) {
            return self.report(Invariant::SameBytes, || message);
        }
        let (Some(number), true) = (number, is_first) else {
            return self.count(Coverage::Republished);
        };
        let overtaken = history.overtaken(number).map(|(first, second)| {
            format!("{} was sent before {} and sorts after it", first.name(), second.name())
        });
        if let Some(message) = overtaken {
            self.report(Invariant::SessionOrder, || message);
        }
    }

    /// An order is placed, and Shopify is going to report it.
    pub(crate) fn order_placed(&mut self, command: &Command) {
        self.trace(|| format!("shopify {command:?}"));
        self.history.command_sent(command, self.timeline.now_ms(), CommandSet::default());
    }

    /// The bus has accepted an order webhook.
    fn order_published(&mut self, detail: &str) {
        let now_ms = self.timeline.now_ms();
        match self.history.order_published(detail, now_ms) {
            Ok(true) => self.count(Coverage::Order),
            Ok(false) => self.count(Coverage::Republished),
            Err(message) => self.report(Invariant::Accounted, || message),
        }
    }

    /// The table holds another state of a cart, because of an event.
    pub(crate) fn stored(&mut self, cart: &str, version: u64, event: CommandId) {
        self.count(Coverage::State);
        let at_ms = self.timeline.now_ms();
        let mut known = self.history.state(cart).known;
        self.history.number(event).into_iter().for_each(|number| known.insert(number));
        self.history.stored(cart, version, at_ms, known);
        self.trace(|| format!("table   {cart} version {version} by {event}"));
    }

    /// The table holds a guest's cart inside another.
    pub(crate) fn merged(&mut self, guest: &str, into: &str, version: u64) {
        self.count(Coverage::Merged);
        self.history.merged(guest, into, version, self.timeline.now_ms());
        self.trace(|| format!("table   {into} version {version} holds {guest}"));
    }

    /// A consumer has finished an event.
    pub(crate) fn consumed(&mut self, cart: &str, event: CommandId) {
        self.trace(|| format!("queue   {cart} {event} is finished"));
        if !self.history.has_absorbed(event) {
            self.report(Invariant::Accounted, || format!("{event} is finished, but not applied"));
        }
    }

    /// A message became a dead letter.
    pub(crate) fn dead_lettered(&mut self, cart: &str, event: CommandId, reason: DeadLetterReason) {
        self.trace(|| format!("letters {cart} {event} {reason:?}"));
        if let Err(message) = self.history.dead_lettered(event, reason) {
            return self.report(Invariant::Accounted, || message);
        }
        self.count(match reason {
            DeadLetterReason::Attempts | DeadLetterReason::Elsewhere => Coverage::DeadLetter,
            DeadLetterReason::TooLate => Coverage::TooLate,
            DeadLetterReason::TooOld => Coverage::TooOld,
        });
    }

    /// A backup of the hot table was made.
    pub(crate) fn backed_up(&mut self) {
        self.history.backed_up();
    }

    /// The backup was restored; a replay of later events may follow.
    pub(crate) fn restored(&mut self, is_replayed: bool) {
        let at_ms = self.timeline.now_ms();
        self.history.restored(at_ms, is_replayed);
        self.trace(|| format!("table   is restored, replay: {is_replayed}"));
    }

    /// The commands that the table has absorbed so far.
    pub(crate) fn absorbed(&self) -> HashSet<CommandId> {
        self.history.absorbed().iter().map(|number| self.history.commands[number].id).collect()
    }

    /// Whether a cart was merged into another.
    pub(crate) fn is_merged(&self, cart: &str) -> bool {
        self.history.home(cart) != cart
    }

    pub(super) fn report(&self, invariant: Invariant, message: impl FnOnce() -> String) {
        self.run_log.report(invariant, message);
    }
}

// === impl Client ===

impl Client {
    pub(super) fn set_outcome(&mut self, number: usize, is_settled: bool) {
        if is_settled {
            self.settled.insert(number);
            self.open.remove(number);
        } else if !self.settled.contains(number) {
            self.open.insert(number);
        }
    }
}

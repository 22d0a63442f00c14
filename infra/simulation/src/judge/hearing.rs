//! What happens in a world, written down.

use std::collections::{HashMap, HashSet};

use origin_domain::event::{Event, Kind};
use origin_domain::id::CommandId;

use super::case::Case;
use super::known::Known;
use super::notice::Notice;
use super::violation::{Law, Reason};
use crate::ask::Command;
use crate::counts::Occasion;
use crate::minutes::Minutes;
use crate::shop::Rotation;
use crate::timeline::Timeline;

/// The judge of one world.
pub(crate) struct Judge {
    pub(super) timeline: Timeline,
    pub(super) minutes: Minutes,
    pub(super) keys: Rotation,
    pub(super) case: Case,
    pub(super) clients: Vec<Client>,
}

/// One client: a device, whose tabs share what they have seen.
#[derive(Default)]
pub(super) struct Client {
    pub(super) seen: Known,
    pub(super) promised: Known,
    /// What it asked for and was not answered.
    open: Known,
    /// What it knows to have happened or not.
    settled: Known,
    /// The bookmarks it was given, by its numbers for them.
    pub(super) bookmarks: HashMap<u64, Mark>,
}

/// What stands behind a bookmark.
pub(super) struct Mark {
    pub(super) cart: String,
    pub(super) floor: u64,
    pub(super) known: Known,
}

// === impl Judge ===

impl Judge {
    pub(crate) fn new(timeline: Timeline, minutes: Minutes, keys: Rotation) -> Self {
        Self { timeline, minutes, keys, case: Case::default(), clients: Vec::new() }
    }

    /// A client more; answers its number.
    pub(crate) fn admit(&mut self) -> usize {
        self.clients.push(Client::default());
        self.clients.len() - 1
    }

    pub(crate) fn note(&self, occasion: Occasion) {
        self.minutes.note(occasion);
    }

    pub(crate) fn trace(&self, line: impl FnOnce() -> String) {
        self.minutes.trace(line);
    }

    pub(crate) fn is_done(&self) -> bool {
        self.minutes.is_done()
    }

    /// A client asks for the first time; answers the command's number.
    pub(crate) fn asked(&mut self, client: usize, command: &Command) -> usize {
        let Client { seen, promised, open, .. } = &self.clients[client];
        let mut needs = seen.clone();
        needs.extend(promised);
        needs.extend(open);
        let now_ms = self.timeline.now_ms();
        self.case.asked(command, now_ms, needs)
    }

    /// The bus has taken an event.
    pub(crate) fn published(&mut self, event: &Event) {
        self.minutes.remember(&event.detail);
        self.trace(|| format!("bus     takes {}", event.detail));
        if event.kind == Kind::ShopifyWebhook {
            return self.sold(&event.detail);
        }
        let notice: Notice = match serde_json::from_str(&event.detail) {
            Ok(notice) => notice,
            Err(error) => {
                return self.find(Law::Accounted, || format!("{error}: {}", event.detail));
            }
        };
        let now_ms = self.timeline.now_ms();
        let case = &mut self.case;
        let number = case.number(notice.id());
        let is_first = number.is_some_and(|number| case.commands[number].published.is_none());
        if let Err(wrong) = case.published(&notice, &event.detail, now_ms) {
            return self.find(Law::SameBytes, || wrong);
        }
        let (Some(number), true) = (number, is_first) else {
            return self.note(Occasion::Republished);
        };
        let overtaken = case.overtaken(number).map(|(first, second)| {
            format!("{} was asked before {} and sorts after it", first.name(), second.name())
        });
        if let Some(told) = overtaken {
            self.find(Law::SessionOrder, || told);
        }
    }

    /// An order is placed, of which Shopify is going to tell.
    pub(crate) fn placed(&mut self, command: &Command) {
        self.trace(|| format!("shopify {command:?}"));
        self.case.asked(command, self.timeline.now_ms(), Known::default());
    }

    /// The bus has taken what Shopify tells of an order.
    fn sold(&mut self, detail: &str) {
        let now_ms = self.timeline.now_ms();
        match self.case.sold(detail, now_ms) {
            Ok(true) => self.note(Occasion::Order),
            Ok(false) => self.note(Occasion::Republished),
            Err(wrong) => self.find(Law::Accounted, || wrong),
        }
    }

    /// The table holds another state of a cart, on behalf of an event.
    pub(crate) fn stored(&mut self, cart: &str, version: u64, event: CommandId) {
        self.note(Occasion::State);
        let at_ms = self.timeline.now_ms();
        let mut known = self.case.state(cart).known;
        self.case.number(event).into_iter().for_each(|number| known.insert(number));
        self.case.stored(cart, version, at_ms, known);
        self.trace(|| format!("table   {cart} version {version} by {event}"));
    }

    /// The table holds a guest's cart inside another.
    pub(crate) fn merged(&mut self, guest: &str, into: &str, version: u64) {
        self.note(Occasion::Merged);
        self.case.merged(guest, into, version, self.timeline.now_ms());
        self.trace(|| format!("table   {into} version {version} holds {guest}"));
    }

    /// A consumer is done with an event.
    pub(crate) fn consumed(&mut self, cart: &str, event: CommandId) {
        self.trace(|| format!("queue   {cart} {event} is done"));
        if !self.case.has_absorbed(event) {
            self.find(Law::Accounted, || format!("{event} is done and was not applied"));
        }
    }

    /// A message lies in the dead letters.
    pub(crate) fn buried(&mut self, cart: &str, event: CommandId, reason: Reason) {
        self.trace(|| format!("letters {cart} {event} {reason:?}"));
        if let Err(wrong) = self.case.buried(event, reason) {
            return self.find(Law::Accounted, || wrong);
        }
        self.note(match reason {
            Reason::Attempts | Reason::Elsewhere => Occasion::DeadLetter,
            Reason::TooLate => Occasion::TooLate,
            Reason::TooOld => Occasion::TooOld,
        });
    }

    /// A backup of the hot table is made.
    pub(crate) fn backed_up(&mut self) {
        self.case.backed_up();
    }

    /// The backup is put back; perhaps what was published since is going to be replayed.
    pub(crate) fn restored(&mut self, is_replayed: bool) {
        let at_ms = self.timeline.now_ms();
        self.case.restored(at_ms, is_replayed);
        self.trace(|| format!("table   is as it was, replay: {is_replayed}"));
    }

    /// The commands that the table has absorbed by now.
    pub(crate) fn absorbed(&self) -> HashSet<CommandId> {
        self.case.held().iter().map(|number| self.case.commands[number].id).collect()
    }

    /// Whether a cart went into another.
    pub(crate) fn is_gone(&self, cart: &str) -> bool {
        self.case.home(cart) != cart
    }

    pub(super) fn find(&self, law: Law, told: impl FnOnce() -> String) {
        self.minutes.find(law, told);
    }
}

// === impl Client ===

impl Client {
    pub(super) fn hear_of(&mut self, number: usize, is_settled: bool) {
        if is_settled {
            self.settled.insert(number);
            self.open.remove(number);
        } else if !self.settled.contains(number) {
            self.open.insert(number);
        }
    }
}

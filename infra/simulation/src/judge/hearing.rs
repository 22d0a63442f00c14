//! What happens in a world, written down.

use std::collections::{BTreeMap, HashMap, HashSet};

use origin_domain::event::Event;
use origin_domain::id::CommandId;

use super::case::{Case, Notice, State};
use super::known::Known;
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
    pub(super) cases: BTreeMap<String, Case>,
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
    pub(super) floor: u64,
    pub(super) known: Known,
}

// === impl Judge ===

impl Judge {
    pub(crate) fn new(timeline: Timeline, minutes: Minutes, keys: Rotation) -> Self {
        Self { timeline, minutes, keys, cases: BTreeMap::new(), clients: Vec::new() }
    }

    /// A client more of a cart; answers its number.
    pub(crate) fn admit(&mut self, cart: &str) -> usize {
        self.case(cart);
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
        self.case(&command.cart).asked(command, now_ms, needs)
    }

    /// The bus has taken an event.
    pub(crate) fn published(&mut self, event: &Event) {
        self.minutes.remember(&event.detail);
        self.trace(|| format!("bus     takes {}", event.detail));
        let notice: Notice = match serde_json::from_str(&event.detail) {
            Ok(notice) => notice,
            Err(error) => {
                return self.find(Law::Accounted, || format!("{error}: {}", event.detail));
            }
        };
        let now_ms = self.timeline.now_ms();
        let case = self.cases.entry(notice.cart.clone()).or_default();
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

    /// The table holds another state of a cart, on behalf of an event.
    pub(crate) fn stored(&mut self, cart: &str, version: u64, event: CommandId) {
        self.note(Occasion::State);
        let at_ms = self.timeline.now_ms();
        let case = self.case(cart);
        let mut known = case.state().known;
        if let Some(number) = case.number(event) {
            known.insert(number);
        }
        case.states.push(State { version, at_ms, known });
        self.trace(|| format!("table   {cart} version {version} by {event}"));
    }

    /// A consumer is done with an event.
    pub(crate) fn consumed(&mut self, cart: &str, event: CommandId) {
        self.trace(|| format!("queue   {cart} {event} is done"));
        if !self.case(cart).has_absorbed(event) {
            self.find(Law::Accounted, || format!("{event} is done and was not applied"));
        }
    }

    /// A message lies in the dead letters.
    pub(crate) fn buried(&mut self, cart: &str, event: CommandId, reason: Reason) {
        self.trace(|| format!("letters {cart} {event} {reason:?}"));
        let case = self.case(cart);
        if let Err(wrong) = case.buried(event, reason) {
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
        self.cases.values_mut().for_each(Case::backed_up);
    }

    /// The backup is put back; perhaps what was published since is going to be replayed.
    pub(crate) fn restored(&mut self, is_replayed: bool) {
        let at_ms = self.timeline.now_ms();
        self.cases.values_mut().for_each(|case| case.restored(at_ms, is_replayed));
        self.trace(|| format!("table   is as it was, replay: {is_replayed}"));
    }

    /// The commands that the table has absorbed by now.
    pub(crate) fn absorbed(&self, cart: &str) -> HashSet<CommandId> {
        let Some(case) = self.cases.get(cart) else { return HashSet::new() };
        case.state().known.iter().map(|number| case.commands[number].id).collect()
    }

    pub(super) fn find(&self, law: Law, told: impl FnOnce() -> String) {
        self.minutes.find(law, told);
    }

    pub(super) fn case(&mut self, cart: &str) -> &mut Case {
        self.cases.entry(cart.to_owned()).or_default()
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

//! The recorder: the oracle's entry points for everything that happens in a world.

use std::collections::HashMap;

use domain_core::event::{Event, Kind};
use domain_core::id::CommandId;

use super::answers::FRESH_MS;
use super::command_set::CommandSet;
use super::history::{DeadLetterReason, History};
use super::parsed_event::ParsedEvent;
use super::stored_items::{CartWrite, KnownIds};
use crate::carts::resource::Carts;
use crate::engine::{Coverage, Invariant, RunLog, Timeline};
use crate::world::{Change, Command, Finished, KeyRotation, Oracle};

/// The oracle of one world.
pub(crate) struct CartOracle {
    pub(super) timeline: Timeline,
    pub(super) run_log: RunLog,
    pub(super) keys: KeyRotation,
    pub(super) history: History,
    pub(super) clients: Vec<Client>,
    pub(super) restored_texts: RestoredTexts,
    known_ids: KnownIds,
}

/// The bookmarks that clients held when the table was restored. Versions start again then: the same text
/// may come back with another content, and for as long as a request lasts an edge answers both at once.
#[derive(Default)]
pub(super) struct RestoredTexts {
    restored_at_ms: u64,
    /// By their texts: the commands they contained.
    known: HashMap<String, CommandSet>,
    /// Those received since then.
    newer: HashMap<String, CommandSet>,
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

// === impl CartOracle ===

impl CartOracle {
    pub(crate) fn new(timeline: Timeline, run_log: RunLog, keys: KeyRotation) -> Self {
        let (history, clients, restored_texts, known_ids) = Default::default();
        Self { timeline, run_log, keys, history, clients, restored_texts, known_ids }
    }

    pub(crate) fn count(&self, coverage: Coverage) {
        self.run_log.count(coverage);
    }

    pub(crate) fn trace(&self, line: impl FnOnce() -> String) {
        self.run_log.trace(line);
    }

    /// A client sends a command for the first time; returns the command's number.
    pub(super) fn record_command(&mut self, client: usize, command: &Command<Carts>) -> usize {
        let Client { observed, promised, open, .. } = &self.clients[client];
        let mut needs = observed.clone();
        needs.extend(promised);
        needs.extend(open);
        let now_ms = self.timeline.now_ms();
        self.history.command_sent(command, now_ms, needs)
    }

    fn command_published(&mut self, event: &Event) {
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
    pub(crate) fn order_placed(&mut self, command: &Command<Carts>) {
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

    /// The table holds another state of a cart, because of a command.
    pub(super) fn stored(&mut self, cart: &str, version: u64, command: CommandId) {
        self.count(Coverage::State);
        let at_ms = self.timeline.now_ms();
        let mut known = self.history.state(cart).known;
        self.history.number(command).into_iter().for_each(|number| known.insert(number));
        self.history.stored(cart, version, at_ms, known);
        self.trace(|| format!("table   {cart} version {version} by {command}"));
    }

    /// The table holds a guest's cart inside another.
    pub(super) fn merged(&mut self, guest: &str, into: &str, version: u64) {
        self.count(Coverage::Merged);
        self.history.merged(guest, into, version, self.timeline.now_ms());
        self.trace(|| format!("table   {into} version {version} holds {guest}"));
    }

    /// The number of the command of an event.
    fn number_of(&self, event: &Event) -> Option<usize> {
        if event.kind == Kind::ShopifyWebhook {
            return self.history.number_of_order(&event.detail);
        }
        let parsed: ParsedEvent = serde_json::from_str(&event.detail).ok()?;
        self.history.number(parsed.id())
    }

    /// A message became a dead letter.
    pub(super) fn record_dead_letter(&mut self, number: usize, reason: DeadLetterReason) {
        if let Err(message) = self.history.dead_lettered(number, reason) {
            return self.report(Invariant::Accounted, || message);
        }
        self.count(match reason {
            DeadLetterReason::Attempts => Coverage::DeadLetter,
            DeadLetterReason::TooLate => Coverage::TooLate,
            DeadLetterReason::TooOld => Coverage::TooOld,
        });
    }

    /// The time of an event's command, if the table has absorbed it.
    pub(crate) fn absorbed_at(&self, event: &Event) -> Option<u64> {
        let number = self.number_of(event)?;
        let is_absorbed = self.history.absorbed().contains(number);
        self.history.commands[number].place().filter(|_| is_absorbed).map(|place| place.0)
    }

    /// A read without faults has no answer.
    pub(crate) fn report_unanswered(&self, cart: &str) {
        self.report(Invariant::Contract, || format!("a read of {cart} has no answer"));
    }

    /// Whether a cart was merged into another.
    pub(crate) fn is_merged(&self, cart: &str) -> bool {
        self.history.home(cart) != cart
    }

    pub(super) fn report(&self, invariant: Invariant, message: impl FnOnce() -> String) {
        self.run_log.report(invariant, message);
    }
}

impl Oracle for CartOracle {
    fn published(&mut self, event: &Event) {
        match event.kind {
            Kind::CartCommanded => self.command_published(event),
            Kind::ShopifyWebhook => self.order_published(&event.detail),
            _ => {}
        }
    }

    fn written(&mut self, changes: &[Change<'_>]) {
        for write in self.known_ids.writes(changes) {
            match write {
                Ok(CartWrite::Stored { cart, version, command }) => {
                    self.stored(&cart, version, command);
                }
                Ok(CartWrite::Merged { guest, into, version }) => {
                    self.merged(&guest, &into, version);
                }
                Err(message) => self.report(Invariant::Accounted, || message),
            }
        }
    }

    fn consumed(&mut self, message: Finished<'_>) {
        let Some(number) = self.number_of(message.event) else { return };
        if !self.history.absorbed().contains(number) {
            let name = self.history.commands[number].name();
            self.report(Invariant::Accounted, || format!("{name} is finished, but not applied"));
        }
        if !self.history.finish(number) {
            self.count(Coverage::Repetition);
        }
    }

    fn dead_lettered(&mut self, event: &Event, reason: Option<&str>) {
        let Some(number) = self.number_of(event) else { return };
        let is = |text: &str| reason.is_some_and(|reason| reason.ends_with(text));
        let name = self.history.commands[number].name();
        self.trace(|| format!("letters {name} {reason:?}"));
        let reason = match () {
            () if is("too-late") => DeadLetterReason::TooLate,
            () if is("too-old") => DeadLetterReason::TooOld,
            () if is("merged-elsewhere") => {
                let message = || "no guest's cart is merged twice".to_owned();
                return self.report(Invariant::Accounted, message);
            }
            () => DeadLetterReason::Attempts,
        };
        self.record_dead_letter(number, reason);
    }

    fn backed_up(&mut self) {
        self.history.backed_up();
    }

    fn restored(&mut self, is_replayed: bool) {
        let at_ms = self.timeline.now_ms();
        self.history.restored(at_ms, is_replayed);
        self.restored_texts.restored(at_ms);
        self.known_ids.forget();
    }
}

// === impl RestoredTexts ===

impl RestoredTexts {
    fn restored(&mut self, at_ms: u64) {
        (self.restored_at_ms, self.known) = (at_ms, std::mem::take(&mut self.newer));
    }

    pub(super) fn received(&mut self, text: &str, known: &CommandSet) {
        self.newer.entry(text.to_owned()).or_insert_with(|| known.clone());
    }

    /// What the bookmarks of a request contained before the restore, if all of them are that old and the
    /// request may share an answer with one of that time.
    pub(super) fn known<'a>(
        &self,
        texts: impl Iterator<Item = &'a str>,
        now_ms: u64,
    ) -> Option<CommandSet> {
        let is_recent = now_ms < self.restored_at_ms + FRESH_MS;
        let older = texts.map(|text| self.known.get(text).cloned().filter(|_| is_recent));
        older.reduce(|all, one| Some(all?.with(&one?))).flatten()
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

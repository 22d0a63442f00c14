//! The history of the carts: the commands sent, the events published, the states of the table.
//! Command numbers are unique over all carts, since carts are merged.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain_core::id::CommandId;
use domain_core::time::Time;
use serde::Deserialize;

use super::command_set::CommandSet;
use super::parsed_event::{ParsedCommand, ParsedEvent};
use super::reference_model::{ReferenceCart, SILENCE_MS};
use crate::carts::command::CartAction;
use crate::carts::resource::{Carts, ShownCart};
use crate::world::{Command, Resource as _};

/// How much younger a command must be for an older one to come too late.
pub(super) const OVERTAKEN_MS: u64 = 48 * 60 * 60 * 1_000;
/// How much younger a command must be for the id of an older one to be forgotten.
const FORGOTTEN_MS: u64 = 15 * 24 * 60 * 60 * 1_000;

/// The history of all carts of a world.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) commands: Vec<CommandHistory>,
    by_id: HashMap<CommandId, usize>,
    /// The numbers of the published commands in (time, id) order.
    pub(super) order: Vec<usize>,
    /// The states of each cart in the table, oldest first.
    states: BTreeMap<String, Vec<State>>,
    /// The states in the backup.
    backup: BTreeMap<String, State>,
    /// The commands that the table had absorbed and lost when a backup was restored.
    pub(super) lost: CommandSet,
    /// Whether a replay is going to restore the lost commands.
    is_replayed: bool,
    /// The commands whose message is a dead letter.
    pub(super) dead_letters: CommandSet,
    /// The commands of which a message is finished.
    finished: CommandSet,
}

/// Why a message is a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeadLetterReason {
    /// Its attempts are used up.
    Attempts,
    /// `too-late`: overtaken by a command more than 48 hours younger.
    TooLate,
    /// `too-old`: overtaken by one more than 15 days younger.
    TooOld,
}

/// One command and its progress.
#[derive(Debug)]
pub(crate) struct CommandHistory {
    pub(crate) id: CommandId,
    pub(crate) command: Command<Carts>,
    pub(crate) first_sent_ms: u64,
    /// The commands that its client had seen or been promised when it first sent this one.
    pub(crate) needs: CommandSet,
    pub(crate) published: Option<Publication>,
    pub(crate) is_acknowledged: bool,
}

/// The first published event of a command.
#[derive(Debug)]
pub(crate) struct Publication {
    pub(crate) detail: String,
    /// The command's time.
    pub(crate) at_ms: u64,
    /// When the bus accepted it.
    pub(crate) accepted_at_ms: u64,
    price: i64,
}

/// One state of a cart in the table: the commands absorbed so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    pub(crate) version: u64,
    pub(crate) at_ms: u64,
    pub(crate) known: CommandSet,
    /// The time of the newest command, or 0.
    newest_ms: u64,
}

/// The fields of an order webhook that the oracle reads.
#[derive(Debug, Deserialize)]
struct OrderWebhook {
    payload: OrderPayload,
}

#[derive(Debug, Deserialize)]
struct OrderPayload {
    id: u64,
    created_at: String,
}

// === impl History ===

impl History {
    pub(crate) fn command_sent(
        &mut self,
        command: &Command<Carts>,
        at_ms: u64,
        needs: CommandSet,
    ) -> usize {
        let id = Carts::command_id(command);
        // Two devices may send one merge.
        if let Some(number) = self.number(id) {
            return number;
        }
        let number = self.commands.len();
        self.by_id.insert(id, number);
        self.commands.push(CommandHistory {
            id,
            command: command.clone(),
            first_sent_ms: at_ms,
            needs,
            published: None,
            is_acknowledged: false,
        });
        number
    }

    pub(crate) fn number(&self, id: CommandId) -> Option<usize> {
        self.by_id.get(&id).copied()
    }

    /// Records a published event, or says what is wrong with it.
    pub(crate) fn published(
        &mut self,
        event: &ParsedEvent,
        detail: &str,
        accepted_at_ms: u64,
    ) -> Result<(), String> {
        let ParsedCommand { time, id, action } = &event.command;
        let number = self.number(*id).ok_or("an event of a command that was not sent")?;
        let entry = &self.commands[number];
        if let Some(before) = &entry.published {
            if before.detail == detail {
                return Ok(());
            }
            return Err(format!("two events under one id: {} and {detail}", before.detail));
        }
        if event.cart != entry.command.resource {
            return Err(format!("{} about {}", entry.name(), event.cart));
        }
        let price = action.price_of(&entry.command.action).ok_or("an event of another content")?;
        let published =
            Publication { detail: detail.to_owned(), at_ms: *time, accepted_at_ms, price };
        self.place(number, published);
        Ok(())
    }

    /// Records a published order; returns whether it is the first time.
    pub(crate) fn order_published(
        &mut self,
        detail: &str,
        accepted_at_ms: u64,
    ) -> Result<bool, String> {
        let webhook: OrderWebhook =
            serde_json::from_str(detail).map_err(|error| format!("{error}: {detail}"))?;
        let number = self.number_of_order(detail).ok_or("an order that was not placed")?;
        let at =
            Time::from_rfc3339(&webhook.payload.created_at).ok_or("an order without a time")?;
        if self.commands[number].published.is_some() {
            return Ok(false);
        }
        let detail = detail.to_owned();
        self.place(number, Publication { detail, at_ms: at.0, accepted_at_ms, price: 0 });
        Ok(true)
    }

    /// The number of the command that is the order of a webhook.
    pub(super) fn number_of_order(&self, detail: &str) -> Option<usize> {
        let webhook: OrderWebhook = serde_json::from_str(detail).ok()?;
        let is_this_order = |one: &CommandHistory| match &one.command.action {
            CartAction::Take { order, .. } => *order == webhook.payload.id,
            _ => false,
        };
        self.commands.iter().position(is_this_order)
    }

    /// Notes that a message of a command is finished; returns whether it is the first one.
    pub(super) fn finish(&mut self, number: usize) -> bool {
        let is_first = !self.finished.contains(number);
        self.finished.insert(number);
        is_first
    }

    /// Inserts a command into the order.
    fn place(&mut self, number: usize, published: Publication) {
        self.commands[number].published = Some(published);
        let place = |number: &usize| self.commands[*number].place();
        let at = self.order.partition_point(|other| place(other) < place(&number));
        self.order.insert(at, number);
    }

    /// Two commands of which the first was sent before the second and sorts after it, where one of
    /// them is this one.
    pub(crate) fn overtaken(&self, number: usize) -> Option<(&CommandHistory, &CommandHistory)> {
        let entry = &self.commands[number];
        let needed = self.order.iter().rev().find(|other| entry.needs.contains(**other));
        let earlier = needed.map(|earlier| (&self.commands[*earlier], entry));
        let needing = self.order.iter().map(|other| &self.commands[*other]);
        let later =
            needing.filter(|later| later.needs.contains(number)).map(|later| (entry, later));
        earlier.into_iter().chain(later).find(|(first, second)| first.place() > second.place())
    }

    /// Runs these commands in order and returns one cart. A guest's commands act on the guest's
    /// cart until it is merged, and on the other cart afterwards.
    pub(crate) fn fold(&self, cart: &str, known: &CommandSet) -> ReferenceCart {
        self.fold_merged(cart, known, HashMap::new())
    }

    /// The same, if these guests' carts have been merged from the start.
    fn fold_merged<'a>(
        &'a self,
        cart: &str,
        known: &CommandSet,
        mut merged_into: HashMap<&'a str, &'a str>,
    ) -> ReferenceCart {
        let mut carts: HashMap<&str, ReferenceCart> = HashMap::new();
        for number in self.order.iter().filter(|number| known.contains(**number)) {
            let CommandHistory { command, published: Some(published), .. } =
                &self.commands[*number]
            else {
                continue;
            };
            let to =
                merged_into.get(command.resource.as_str()).copied().unwrap_or(&command.resource);
            if let CartAction::Merge { guest } = &command.action {
                let guests = carts.remove(guest.as_str()).unwrap_or_default();
                merged_into.insert(guest, to);
                carts.entry(to).or_default().merge(published.at_ms, &guests);
            } else {
                let reference = carts.entry(to).or_default();
                reference.run(published.at_ms, &command.action, published.price);
            }
        }
        carts.remove(cart).unwrap_or_default()
    }

    /// The states of a cart, oldest first.
    pub(crate) fn states(&self, cart: &str) -> &[State] {
        self.states.get(cart).map_or(&[], Vec::as_slice)
    }

    /// The current state of a cart in the table.
    pub(crate) fn state(&self, cart: &str) -> State {
        self.states(cart).last().cloned().unwrap_or_default()
    }

    /// The table holds another state of a cart, made of these commands.
    pub(crate) fn stored(&mut self, cart: &str, version: u64, at_ms: u64, known: CommandSet) {
        let newest_ms = self.fold(cart, &known).newest_ms;
        let state = State { version, at_ms, known, newest_ms };
        self.states.entry(cart.to_owned()).or_default().push(state);
    }

    /// The table holds a guest's cart inside another.
    pub(crate) fn merged(&mut self, guest: &str, into: &str, version: u64, at_ms: u64) {
        let mut known = self.state(into).known.with(&self.state(guest).known);
        self.merge_of(guest).into_iter().for_each(|number| known.insert(number));
        self.stored(into, version, at_ms, known);
        self.stored(guest, 0, at_ms, CommandSet::default());
    }

    /// The cart that receives the commands sent to this one: itself, or the one it was merged into.
    pub(crate) fn home<'a>(&'a self, cart: &'a str) -> &'a str {
        let merge = self.merge_of(cart).map(|number| &self.commands[number]);
        let is_done = |merge: &&CommandHistory| self.has_absorbed(merge.id);
        merge.filter(is_done).map_or(cart, |merge| merge.command.resource.as_str())
    }

    /// The number of the command that merges a cart into another.
    pub(super) fn merge_of(&self, guest: &str) -> Option<usize> {
        let action = CartAction::Merge { guest: guest.to_owned() };
        let command = Command { resource: String::new(), key: String::new(), action };
        self.number(Carts::command_id(&command))
    }

    /// Whether a cart may have these contents because merges into it were lost with a table: until
    /// they are replayed, the commands of such a guest act on either cart.
    pub(crate) fn has_contents_without_merge<'a>(
        &'a self,
        cart: &'a str,
        known: &CommandSet,
        contents: &ShownCart,
    ) -> bool {
        let senders = known.iter().map(|number| self.commands[number].command.resource.as_str());
        let is_lost = |merge: usize| self.lost.contains(merge) && !known.contains(merge);
        let guests: BTreeSet<&str> = senders
            .filter(|sender| *sender != cart && self.merge_of(sender).is_some_and(is_lost))
            .collect();
        // At most a device's guest for each of a customer's devices.
        (1..1usize << guests.len()).any(|subset| {
            let numbered = guests.iter().enumerate();
            let here = numbered.filter(|(number, _)| subset & (1 << number) != 0);
            let merged_into = here.map(|(_, guest)| (*guest, cart)).collect();
            self.fold_merged(cart, known, merged_into).has_contents(contents)
        })
    }

    /// The commands in the current states of all carts.
    pub(crate) fn absorbed(&self) -> CommandSet {
        let latest = self.states.values().filter_map(|states| states.last());
        latest.fold(CommandSet::default(), |all, state| all.with(&state.known))
    }

    /// Whether a cart has ended and started again.
    pub(crate) fn has_restarted(&self, cart: &str) -> bool {
        self.states(cart).windows(2).any(|pair| pair[1].version <= pair[0].version)
    }

    /// The commands of a cart that the table had absorbed at a time.
    pub(crate) fn absorbed_at(&self, cart: &str, at_ms: u64) -> CommandSet {
        let states = self.states(cart);
        let until = states.partition_point(|state| state.at_ms <= at_ms);
        until.checked_sub(1).map(|last| states[last].known.clone()).unwrap_or_default()
    }

    pub(crate) fn has_absorbed(&self, id: CommandId) -> bool {
        self.number(id).is_some_and(|number| self.absorbed().contains(number))
    }

    /// Records a dead letter, or says why its reason does not hold.
    pub(crate) fn dead_lettered(
        &mut self,
        number: usize,
        reason: DeadLetterReason,
    ) -> Result<(), String> {
        let overtaken_by_ms = match reason {
            DeadLetterReason::Attempts => 0,
            DeadLetterReason::TooLate => OVERTAKEN_MS,
            DeadLetterReason::TooOld => FORGOTTEN_MS,
        };
        if overtaken_by_ms > 0 && !self.is_overtaken(number, overtaken_by_ms) {
            return Err(format!("{} is not {reason:?}", self.commands[number].name()));
        }
        self.dead_letters.insert(number);
        Ok(())
    }

    /// Saves the current states as those of the backup.
    pub(crate) fn backed_up(&mut self) {
        self.backup = self.states.keys().map(|cart| (cart.clone(), self.state(cart))).collect();
    }

    /// The table holds the backup.
    pub(crate) fn restored(&mut self, at_ms: u64, is_replayed: bool) {
        for (cart, states) in &mut self.states {
            let before = states.last().cloned().unwrap_or_default().known;
            let state = self.backup.get(cart).cloned().unwrap_or_default();
            // Together with a merge its cart loses the commands that the guest's cart gets back.
            for number in before.iter().filter(|number| !state.known.contains(*number)) {
                self.lost.insert(number);
            }
            states.push(State { at_ms, ..state });
        }
        self.is_replayed = is_replayed;
    }

    /// A published command that is neither in the table nor in the dead letters, nor lost with a
    /// table.
    pub(crate) fn unaccounted(&self) -> Option<usize> {
        let mut accounted = self.absorbed().with(&self.dead_letters);
        if !self.is_replayed {
            accounted.extend(&self.lost);
        }
        self.order.iter().copied().find(|number| !accounted.contains(*number))
    }

    /// Whether the table has absorbed a command that much younger. A merge concerns two carts, and
    /// comes too late if it does for either: the guest's cart cannot absorb a command that sorts
    /// before its base.
    pub(super) fn is_overtaken(&self, number: usize, by_ms: u64) -> bool {
        let command = &self.commands[number].command;
        let guest = match &command.action {
            CartAction::Merge { guest } => Some(guest),
            _ => None,
        };
        let at_ms = |number: usize| self.commands[number].place().map_or(0, |place| place.0);
        [&command.resource].into_iter().chain(guest).any(|cart| {
            let absorbed = self.state(self.home(cart)).known;
            let newest = self.order.iter().rev().find(|other| absorbed.contains(**other));
            newest.is_some_and(|newest| at_ms(number) + by_ms <= at_ms(*newest))
        })
    }

    /// Describes the commands of a set, for a message.
    pub(crate) fn names(&self, known: &CommandSet) -> String {
        let known = self.order.iter().filter(|number| known.contains(**number));
        let names: Vec<String> = known.map(|number| self.commands[*number].name()).collect();
        names.join(" ")
    }
}

// === impl State ===

impl State {
    /// Whether thirty days have passed in silence.
    pub(crate) fn has_ended_at(&self, at_ms: u64) -> bool {
        self.newest_ms > 0 && at_ms > self.newest_ms + SILENCE_MS
    }
}

// === impl CommandHistory ===

impl CommandHistory {
    /// Its place in the order, if it was published.
    pub(super) fn place(&self) -> Option<(u64, CommandId)> {
        self.published.as_ref().map(|published| (published.at_ms, self.id))
    }

    pub(crate) fn name(&self) -> String {
        let at_ms = self.published.as_ref().map(|published| published.at_ms);
        format!("[{} {:?} {at_ms:?}]", self.command.key, self.command.action)
    }
}

//! Everything the judge knows of the carts: what was asked, what was published, which states the
//! table has had. Commands have one number each over all carts, since carts go into others.

use std::collections::{BTreeMap, HashMap};

use origin_domain::id::CommandId;
use origin_domain::time::Time;
use serde::Deserialize;

use super::known::Known;
use super::notice::{Notice, NoticedCommand};
use super::told::{Plain, SILENCE_MS};
use super::violation::Reason;
use crate::ask::{Ask, Command};

/// How much younger a command must be for an older one to come too late.
pub(super) const OVERTAKEN_MS: u64 = 48 * 60 * 60 * 1_000;
/// How much younger for its id to be forgotten.
const FORGOTTEN_MS: u64 = 15 * 24 * 60 * 60 * 1_000;

/// All carts of a world.
#[derive(Debug, Default)]
pub(crate) struct Case {
    pub(crate) commands: Vec<Told>,
    by_id: HashMap<CommandId, usize>,
    /// The numbers of the published commands in (time, id) order.
    pub(super) order: Vec<usize>,
    /// The states that the table has had of each cart.
    states: BTreeMap<String, Vec<State>>,
    /// Those that a backup holds.
    backup: BTreeMap<String, State>,
    /// What the table had absorbed and no longer holds, since a backup was put back.
    pub(super) lost: Known,
    /// Whether it is to come back by a replay.
    is_replayed: bool,
    /// Whose message is a dead letter.
    pub(super) letters: Known,
}

/// One command, as its client told.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) id: CommandId,
    pub(crate) command: Command,
    pub(crate) asked_at_ms: u64,
    /// What its client had seen or been promised when it first asked.
    pub(crate) needs: Known,
    pub(crate) published: Option<Published>,
    pub(crate) is_acknowledged: bool,
}

/// What the bus said of it, the first time.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) detail: String,
    /// The command's time.
    pub(crate) at_ms: u64,
    /// When the bus took it.
    pub(crate) taken_at_ms: u64,
    price: i64,
}

/// One state of the table: what the consumers were given until then.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    pub(crate) version: u64,
    pub(crate) at_ms: u64,
    pub(crate) known: Known,
    /// The time of the newest command; 0 if there is none.
    newest_ms: u64,
}

/// An order as far as the judge reads it.
#[derive(Debug, Deserialize)]
struct Sold {
    payload: SoldOrder,
}

#[derive(Debug, Deserialize)]
struct SoldOrder {
    id: u64,
    created_at: String,
}

// === impl Case ===

impl Case {
    pub(crate) fn asked(&mut self, command: &Command, at_ms: u64, needs: Known) -> usize {
        let id = command.id();
        // Two devices may ask for one merge.
        if let Some(number) = self.number(id) {
            return number;
        }
        let number = self.commands.len();
        self.by_id.insert(id, number);
        self.commands.push(Told {
            id,
            command: command.clone(),
            asked_at_ms: at_ms,
            needs,
            published: None,
            is_acknowledged: false,
        });
        number
    }

    pub(crate) fn number(&self, id: CommandId) -> Option<usize> {
        self.by_id.get(&id).copied()
    }

    /// Notes what the bus took; says what is wrong with it.
    pub(crate) fn published(
        &mut self,
        notice: &Notice,
        detail: &str,
        taken_at_ms: u64,
    ) -> Result<(), String> {
        let NoticedCommand { time, id, action } = &notice.command;
        let number = self.number(*id).ok_or("an event that nobody asked for")?;
        let told = &self.commands[number];
        if let Some(before) = &told.published {
            if before.detail == detail {
                return Ok(());
            }
            return Err(format!("two events under one id: {} and {detail}", before.detail));
        }
        if notice.cart != told.command.cart {
            return Err(format!("{} about {}", told.name(), notice.cart));
        }
        let price = action.price_of(&told.command.ask).ok_or("an event of another content")?;
        let published = Published { detail: detail.to_owned(), at_ms: *time, taken_at_ms, price };
        self.place(number, published);
        Ok(())
    }

    /// Notes what the bus was told of an order; whether that is the first time.
    pub(crate) fn sold(&mut self, detail: &str, taken_at_ms: u64) -> Result<bool, String> {
        let told: Sold =
            serde_json::from_str(detail).map_err(|error| format!("{error}: {detail}"))?;
        let is_it = |one: &Told| matches!(&one.command.ask, Ask::Take { order, .. } if *order == told.payload.id);
        let number = self.commands.iter().position(is_it).ok_or("an order that nobody placed")?;
        let at = Time::from_rfc3339(&told.payload.created_at).ok_or("an order without a time")?;
        if self.commands[number].published.is_some() {
            return Ok(false);
        }
        let detail = detail.to_owned();
        self.place(number, Published { detail, at_ms: at.0, taken_at_ms, price: 0 });
        Ok(true)
    }

    /// Gives a command its place in the order.
    fn place(&mut self, number: usize, published: Published) {
        self.commands[number].published = Some(published);
        let place = |number: &usize| self.commands[*number].place();
        let at = self.order.partition_point(|other| place(other) < place(&number));
        self.order.insert(at, number);
    }

    /// Two commands of which the first was asked for before the second and sorts after it, one of
    /// them being this.
    pub(crate) fn overtaken(&self, number: usize) -> Option<(&Told, &Told)> {
        let told = &self.commands[number];
        let needed = self.order.iter().rev().find(|other| told.needs.contains(**other));
        let earlier = needed.map(|earlier| (&self.commands[*earlier], told));
        let needing = self.order.iter().map(|other| &self.commands[*other]);
        let later = needing.filter(|later| later.needs.contains(number)).map(|later| (told, later));
        earlier.into_iter().chain(later).find(|(first, second)| first.place() > second.place())
    }

    /// What these commands make of a cart, from their order alone. A guest's act on the guest's
    /// cart until it goes into another, and on that one afterwards.
    pub(crate) fn fold(&self, cart: &str, known: &Known) -> Plain {
        let mut carts: HashMap<&str, Plain> = HashMap::new();
        let mut gone: HashMap<&str, &str> = HashMap::new();
        for number in self.order.iter().filter(|number| known.contains(**number)) {
            let Told { command, published: Some(published), .. } = &self.commands[*number] else {
                continue;
            };
            let to = gone.get(command.cart.as_str()).copied().unwrap_or(&command.cart);
            if let Ask::Merge { guest } = &command.ask {
                let guests = carts.remove(guest.as_str()).unwrap_or_default();
                gone.insert(guest, to);
                carts.entry(to).or_default().merge(published.at_ms, &guests);
            } else {
                let plain = carts.entry(to).or_default();
                plain.run(published.at_ms, &command.ask, published.price);
            }
        }
        carts.remove(cart).unwrap_or_default()
    }

    /// The states of a cart, oldest first.
    pub(crate) fn states(&self, cart: &str) -> &[State] {
        self.states.get(cart).map_or(&[], Vec::as_slice)
    }

    /// The table's present state of a cart.
    pub(crate) fn state(&self, cart: &str) -> State {
        self.states(cart).last().cloned().unwrap_or_default()
    }

    /// The table holds another state of a cart, made of these commands.
    pub(crate) fn stored(&mut self, cart: &str, version: u64, at_ms: u64, known: Known) {
        let newest_ms = self.fold(cart, &known).newest_ms;
        let state = State { version, at_ms, known, newest_ms };
        self.states.entry(cart.to_owned()).or_default().push(state);
    }

    /// The table holds a guest's cart inside another.
    pub(crate) fn merged(&mut self, guest: &str, into: &str, version: u64, at_ms: u64) {
        let mut known = self.state(into).known.with(&self.state(guest).known);
        self.merge_of(guest).into_iter().for_each(|number| known.insert(number));
        self.stored(into, version, at_ms, known);
        self.stored(guest, 0, at_ms, Known::default());
    }

    /// The cart that holds what is sent to this one: itself, or the one it went into.
    pub(crate) fn home<'a>(&'a self, cart: &'a str) -> &'a str {
        let merge = self.merge_of(cart).map(|number| &self.commands[number]);
        let is_done = |merge: &&Told| self.has_absorbed(merge.id);
        merge.filter(is_done).map_or(cart, |merge| merge.command.cart.as_str())
    }

    /// The number of the command by which a cart goes into another.
    pub(super) fn merge_of(&self, guest: &str) -> Option<usize> {
        let ask = Ask::Merge { guest: guest.to_owned() };
        self.number(Command { cart: String::new(), key: String::new(), ask }.id())
    }

    /// Whether some of these commands were sent to a guest's cart whose merge was lost with a table:
    /// until that comes back, which cart they act on is anybody's guess.
    pub(crate) fn lost_merge_of(&self, known: &Known, cart: &str) -> bool {
        let senders = known.iter().map(|number| self.commands[number].command.cart.as_str());
        let merges = senders.filter(|sender| *sender != cart).map(|guest| self.merge_of(guest));
        merges.flatten().any(|merge| self.lost.contains(merge) && !known.contains(merge))
    }

    /// What the table holds at present of all carts.
    pub(crate) fn held(&self) -> Known {
        let latest = self.states.values().filter_map(|states| states.last());
        latest.fold(Known::default(), |held, state| held.with(&state.known))
    }

    /// Whether a cart has ended and begun anew.
    pub(crate) fn has_begun_anew(&self, cart: &str) -> bool {
        self.states(cart).windows(2).any(|pair| pair[1].version <= pair[0].version)
    }

    /// What the table had absorbed of a cart at a moment.
    pub(crate) fn absorbed_at(&self, cart: &str, at_ms: u64) -> Known {
        let states = self.states(cart);
        let until = states.partition_point(|state| state.at_ms <= at_ms);
        until.checked_sub(1).map(|last| states[last].known.clone()).unwrap_or_default()
    }

    pub(crate) fn has_absorbed(&self, id: CommandId) -> bool {
        self.number(id).is_some_and(|number| self.held().contains(number))
    }

    /// Notes a dead letter; says so if its reason does not hold.
    pub(crate) fn buried(&mut self, id: CommandId, reason: Reason) -> Result<(), String> {
        let number = self.number(id).ok_or("a letter that nobody wrote")?;
        let overtaken_by_ms = match reason {
            Reason::Attempts => 0,
            Reason::TooLate => OVERTAKEN_MS,
            Reason::TooOld => FORGOTTEN_MS,
            Reason::Elsewhere => return Err("no guest's cart is asked for twice".to_owned()),
        };
        if overtaken_by_ms > 0 && !self.is_overtaken(number, overtaken_by_ms) {
            return Err(format!("{} is not {reason:?}", self.commands[number].name()));
        }
        self.letters.insert(number);
        Ok(())
    }

    /// Remembers the present states as those of the backup.
    pub(crate) fn backed_up(&mut self) {
        self.backup = self.states.keys().map(|cart| (cart.clone(), self.state(cart))).collect();
    }

    /// The table is as it was at the backup.
    pub(crate) fn restored(&mut self, at_ms: u64, is_replayed: bool) {
        for (cart, states) in &mut self.states {
            let before = states.last().cloned().unwrap_or_default().known;
            let state = self.backup.get(cart).cloned().unwrap_or_default();
            // With a merge its cart loses what the guest's gets back.
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
        let mut accounted = self.held().with(&self.letters);
        if !self.is_replayed {
            accounted.extend(&self.lost);
        }
        self.order.iter().copied().find(|number| !accounted.contains(*number))
    }

    /// Whether the table has absorbed a command that much younger. A merge is about two carts, and
    /// comes too late if it does for either: the guest's cannot take in what sorts before its base.
    pub(super) fn is_overtaken(&self, number: usize, by_ms: u64) -> bool {
        let command = &self.commands[number].command;
        let guest = match &command.ask {
            Ask::Merge { guest } => Some(guest),
            _ => None,
        };
        let at_ms = |number: usize| self.commands[number].place().map_or(0, |place| place.0);
        [&command.cart].into_iter().chain(guest).any(|cart| {
            let held = self.state(self.home(cart)).known;
            let newest = self.order.iter().rev().find(|other| held.contains(**other));
            newest.is_some_and(|newest| at_ms(number) + by_ms <= at_ms(*newest))
        })
    }

    /// The commands of a set by their keys, for a report.
    pub(crate) fn names(&self, known: &Known) -> String {
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

// === impl Told ===

impl Told {
    /// Its place in the order, if it was published.
    pub(super) fn place(&self) -> Option<(u64, CommandId)> {
        self.published.as_ref().map(|published| (published.at_ms, self.id))
    }

    pub(crate) fn name(&self) -> String {
        let at_ms = self.published.as_ref().map(|published| published.at_ms);
        format!("[{} {:?} {at_ms:?}]", self.command.key, self.command.ask)
    }
}

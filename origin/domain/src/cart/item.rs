//! The cart as it is stored, and the only function that changes it. Nothing in an item comes from
//! a clock, a batch or a delivery: the same commands in any order and number, in which none is
//! overtaken by one more than 48 hours younger, lead to the same bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::command::{Action, CartCommand};
use super::contents::Contents;
use super::merge::Guest;
use crate::bookmark::Pending;
use crate::id::CommandId;
use crate::time::{DAY_MS, HOUR_MS, Time};

/// How long commands are kept one by one, so that a late one finds its place in the order.
pub const FOLD_WINDOW_MS: u64 = 48 * HOUR_MS;
/// How long ids are remembered after that, so that a repetition is recognised.
pub const ID_WINDOW_MS: u64 = 15 * DAY_MS;
/// A cart untouched for this long is absent.
pub const IDLE_MS_MAX: u64 = 30 * DAY_MS;

/// How long the table keeps an untouched cart: as long as it is shown, and then as long as a late
/// command may still belong to it. Deleting it earlier would show in the bytes of its next life.
pub const KEPT_MS: u64 = IDLE_MS_MAX + ID_WINDOW_MS;

/// The stored form of a cart.
///
/// A cart untouched for [`IDLE_MS_MAX`] has ended; the next command begins a new life. Where a life
/// begins is told by the gap between two neighbouring commands, so a late command that fills the
/// gap is as good as one that came in time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartItem {
    /// The number of distinct commands absorbed in this life.
    pub version: u64,
    /// The highest command time absorbed. Both windows end here.
    pub highest: Time,
    /// The fold of every command at or below the 48 hour bound.
    pub base: Base,
    /// The commands above it, in (time, id) order.
    pub commands: Vec<CartCommand>,
    /// The ids of the folded commands above the 15 day bound, in (time, id) order.
    pub folded: Vec<(Time, CommandId)>,
    /// The carts merged into this one by commands that are still kept one by one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub guests: BTreeMap<String, Guest>,
    /// The cart this one was merged into, at the time `highest`. It holds nothing any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
    /// Up to when everything was erased: what is older stays out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<Time>,
}

/// The commands that are no longer kept one by one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// What they amount to.
    pub contents: Contents,
    /// How many of them there are in this life.
    pub count: u64,
    /// The time of the newest.
    pub newest: Time,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// The item has absorbed it.
    Changed(Box<CartItem>),
    /// The item had absorbed it before.
    Known,
    /// It is older than the erasure of the cart, and stays out.
    Erased,
    /// Below the 48 hour bound and unknown: to the dead letters, to be issued anew by hand.
    TooLate,
    /// Below the 15 day bound, where ids are forgotten: to the dead letters, never issued anew.
    TooOld,
}

/// Some commands, how many of them there are in one life of a cart, and when the newest was.
#[derive(Debug, Clone, Copy)]
pub(super) struct Life {
    count: u64,
    newest: Time,
}

/// Absorbs one command into an item, or says why not.
#[must_use]
pub fn apply(item: Option<&CartItem>, command: &CartCommand) -> Applied {
    absorbed(item, command, |item| CartItem::insert(&mut item.commands, command))
}

/// Absorbs a command that was sent to `cart`: this one, or one that was merged into it.
#[must_use]
pub fn apply_of(item: Option<&CartItem>, cart: &str, command: &CartCommand) -> Applied {
    absorbed(item, command, |item| {
        let place = command.place();
        match item.guests.get_mut(cart).filter(|guest| place < guest.until) {
            Some(guest) => CartItem::insert(&mut guest.commands, command),
            None => CartItem::insert(&mut item.commands, command),
        }
    })
}

fn absorbed(
    item: Option<&CartItem>,
    command: &CartCommand,
    insert: impl FnOnce(&mut CartItem),
) -> Applied {
    // What is left of a cart that was merged so long ago that nothing goes on from there.
    let item = item.filter(|item| item.merged_into.is_none());
    if let Some(item) = item {
        if item.is_erased_at(command.time) {
            return Applied::Erased;
        }
        if item.knows(command.id) {
            return Applied::Known;
        }
        if command.time <= item.fold_bound() {
            return if command.time > item.id_bound() { Applied::TooLate } else { Applied::TooOld };
        }
    }
    let mut item = item.cloned().unwrap_or_default();
    insert(&mut item);
    item.highest = item.highest.max(command.time);
    Applied::Changed(Box::new(item.settled()))
}

// === impl CartItem ===

impl CartItem {
    /// Whether the cart was touched within [`IDLE_MS_MAX`] before `now`.
    #[must_use]
    pub fn is_present_at(&self, now: Time) -> bool {
        now <= self.highest.plus_ms(IDLE_MS_MAX)
    }

    /// Whether the item has absorbed this command, had it an effect or not.
    #[must_use]
    pub fn has_absorbed(&self, pending: &Pending) -> bool {
        pending.time <= self.fold_bound() || self.knows(pending.id)
    }

    /// The cart these commands and the item's amount to, run together in (time, id) order. Each
    /// comes with the cart it was sent to: this one, or one that was merged into it.
    #[must_use]
    pub fn fold<'a>(
        &'a self,
        pending: impl IntoIterator<Item = (&'a str, &'a CartCommand)>,
    ) -> Contents {
        let mut own: Vec<&CartCommand> = self.commands.iter().collect();
        let mut theirs: BTreeMap<&str, Vec<&CartCommand>> = BTreeMap::new();
        for (cart, command) in pending {
            match self.guests.get(cart).filter(|guest| command.place() < guest.until) {
                Some(_) => theirs.entry(cart).or_default().push(command),
                None => own.push(command),
            }
        }
        let guests = self.guests.iter().map(|(cart, guest)| {
            let pending = theirs.remove(cart.as_str()).unwrap_or_default();
            (cart.as_str(), guest.with(pending))
        });
        let mut guests: BTreeMap<&str, Base> = guests.collect();
        self.base.with(own, |guest| guests.remove(guest)).contents
    }

    /// How many commands are kept one by one.
    #[must_use]
    pub fn retained(&self) -> usize {
        self.commands.len() + self.guests.values().map(|guest| guest.commands.len()).sum::<usize>()
    }

    /// The cart this one was merged into, as long as it is told at `now`.
    #[must_use]
    pub fn merged_into_at(&self, now: Time) -> Option<&str> {
        self.merged_into.as_deref().filter(|_| now <= self.expires_at())
    }

    /// When the table may delete the item, as the highest command time tells.
    #[must_use]
    pub fn expires_at(&self) -> Time {
        self.highest.plus_ms(KEPT_MS)
    }

    pub(super) fn fold_bound(&self) -> Time {
        self.highest.minus_ms(FOLD_WINDOW_MS).max(self.erased_at.unwrap_or_default())
    }

    pub(super) fn id_bound(&self) -> Time {
        self.highest.minus_ms(ID_WINDOW_MS)
    }

    fn knows(&self, id: CommandId) -> bool {
        let guests = self.guests.values().flat_map(|guest| &guest.commands);
        self.commands.iter().chain(guests).any(|command| command.id == id)
            || self.folded.iter().any(|(_, folded)| *folded == id)
    }

    pub(super) fn insert(commands: &mut Vec<CartCommand>, command: &CartCommand) {
        let at = commands.partition_point(|other| other.place() < command.place());
        commands.insert(at, command.clone());
    }

    /// Moves both windows up to the highest time, and counts.
    pub(super) fn settled(mut self) -> Self {
        let bound = self.fold_bound();
        for guest in self.guests.values_mut() {
            guest.base.take_until(bound, &mut guest.commands, &mut self.folded, |_| None);
        }
        let Self { base, commands, folded, guests, .. } = &mut self;
        base.take_until(bound, commands, folded, |guest| guests.remove(guest).map(|it| it.base));
        // Whatever comes now lies above the bound and begins a new life. What the table's own
        // expiry deletes is never more than what is dropped here.
        let bases = guests.values_mut().map(|guest| &mut guest.base).chain([base]);
        for base in bases.filter(|base| has_ended(base.newest, bound)) {
            *base = Base::default();
        }
        let bound = self.id_bound();
        self.folded.retain(|(time, _)| *time > bound);
        self.folded.sort_unstable();
        self.version = self.count();
        self
    }

    fn count(&self) -> u64 {
        let mut life = self.base.life();
        for command in &self.commands {
            life.goes_on(command.time);
            if let Action::Merge { guest } = &command.action
                && let Some(guest) = self.guests.get(guest)
            {
                life.join(guest.life(), command.time);
            }
        }
        life.count
    }
}

// === impl Base ===

impl Base {
    pub(super) fn life(&self) -> Life {
        Life { count: self.count, newest: self.newest }
    }

    /// This and these commands, run in (time, id) order; `guest` hands out who is merged.
    pub(super) fn with(
        &self,
        mut commands: Vec<&CartCommand>,
        mut guest: impl FnMut(&str) -> Option<Self>,
    ) -> Self {
        commands.sort_by_key(|command| command.place());
        commands.dedup_by_key(|command| command.place());
        let mut base = self.clone();
        for command in commands {
            base.run(command, &mut guest);
        }
        base
    }

    /// Runs the commands at or below `bound`, of which only the ids are kept.
    fn take_until(
        &mut self,
        bound: Time,
        commands: &mut Vec<CartCommand>,
        folded: &mut Vec<(Time, CommandId)>,
        mut guest: impl FnMut(&str) -> Option<Self>,
    ) {
        let above = commands.partition_point(|command| command.time <= bound);
        for command in commands.drain(..above) {
            self.run(&command, &mut guest);
            folded.push((command.time, command.id));
        }
    }

    fn run(&mut self, command: &CartCommand, guest: &mut impl FnMut(&str) -> Option<Self>) {
        let mut life = self.life();
        if life.goes_on(command.time) {
            self.contents = Contents::default();
        }
        match &command.action {
            Action::Merge { guest: name } => {
                if let Some(guest) = guest(name)
                    && life.join(guest.life(), command.time)
                {
                    self.contents.join(guest.contents);
                }
            }
            _ => self.contents.run(command),
        }
        (self.count, self.newest) = (life.count, life.newest);
    }
}

// === impl Life ===

impl Life {
    /// One more command; whether it begins a new life.
    pub(super) fn goes_on(&mut self, at: Time) -> bool {
        let is_new = has_ended(self.newest, at);
        self.count = if is_new { 1 } else { self.count + 1 };
        self.newest = at;
        is_new
    }

    /// Counts a guest's commands in, unless its cart had ended when it was merged.
    fn join(&mut self, guest: Self, at: Time) -> bool {
        let is_present = !has_ended(guest.newest, at);
        if is_present {
            self.count += guest.count;
        }
        is_present
    }
}

/// Whether a command at `next` begins a new life of a cart last touched at `newest`.
fn has_ended(newest: Time, next: Time) -> bool {
    next > newest.plus_ms(IDLE_MS_MAX)
}

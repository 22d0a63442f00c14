//! The stored form of a cart, and the only function that changes it. An item does not depend on
//! clocks, batches or deliveries: the same commands in any order and number lead to the same bytes,
//! as long as no command arrives after one that is more than 48 hours younger.

use std::collections::BTreeMap;

use domain_core::id::CommandId;
use domain_core::idempotency::ID_WINDOW_MS;
use domain_core::resource::Resource as _;
use domain_core::time::{DAY_MS, HOUR_MS, Time};
use serde::{Deserialize, Serialize};

use super::command::{Action, CartCommand};
use super::contents::Contents;
use super::merge::Guest;

/// How long an item stores single commands, so that a late one can be inserted in order.
pub const FOLD_WINDOW_MS: u64 = 48 * HOUR_MS;
/// A cart untouched for this long is absent.
pub const IDLE_MS_MAX: u64 = 30 * DAY_MS;

/// How long the table stores an untouched cart: while it is present, and then while a late command
/// may still belong to it. An earlier deletion would change the bytes of the next lifetime.
pub const ITEM_TTL_MS: u64 = IDLE_MS_MAX + ID_WINDOW_MS;

/// The stored form of a cart.
///
/// A cart untouched for [`IDLE_MS_MAX`] has ended; the next command begins a new lifetime. The gap
/// between two neighbouring commands separates lifetimes, so a late command that fills the gap has
/// the same effect as one that arrived in time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartItem {
    /// The number of distinct commands absorbed in this lifetime.
    pub version: u64,
    /// The highest command time absorbed. Both windows end here.
    pub highest: Time,
    /// The fold of every command at or below the 48 hour bound.
    pub base: Base,
    /// The commands above it, in (time, id) order.
    pub commands: Vec<CartCommand>,
    /// The ids of the folded commands above the 15 day bound, in (time, id) order.
    pub folded: Vec<(Time, CommandId)>,
    /// The carts merged into this one by commands that are not folded yet.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub guests: BTreeMap<String, Guest>,
    /// The cart this one was merged into, at the time `highest`. This item is then a tombstone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
    /// The time of the erasure: older commands are rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<Time>,
}

/// The fold of the commands that are no longer stored one by one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// Their result.
    pub contents: Contents,
    /// How many of them belong to this lifetime.
    pub count: u64,
    /// The time of the newest.
    pub newest: Time,
}

/// The outcome of applying a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// The item has absorbed it.
    Changed(Box<CartItem>),
    /// The item had absorbed it before.
    Known,
    /// It is older than the erasure of the cart, and is dropped.
    Erased,
    /// Below the 48 hour bound and unknown: a dead letter that an operator can reissue.
    TooLate,
    /// Below the 15 day bound, where ids are forgotten: a dead letter that is never reissued.
    TooOld,
}

/// The number of commands in one lifetime of a cart, and the time of the newest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lifetime {
    count: u64,
    newest: Time,
}

/// Applies one command to an item.
#[must_use]
pub fn apply(item: Option<&CartItem>, command: &CartCommand) -> Applied {
    apply_with(item, command, |item| CartItem::insert(&mut item.commands, command))
}

/// Applies a command sent to `cart`: this cart, or one that was merged into it.
#[must_use]
pub fn apply_of(item: Option<&CartItem>, cart: &str, command: &CartCommand) -> Applied {
    apply_with(item, command, |item| {
        let place = command.place();
        match item.guests.get_mut(cart).filter(|guest| place < guest.until) {
            Some(guest) => CartItem::insert(&mut guest.commands, command),
            None => CartItem::insert(&mut item.commands, command),
        }
    })
}

fn apply_with(
    item: Option<&CartItem>,
    command: &CartCommand,
    insert: impl FnOnce(&mut CartItem),
) -> Applied {
    // An expired tombstone of a merged cart counts as no item.
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
    /// The number of commands stored one by one.
    #[must_use]
    pub fn retained(&self) -> usize {
        self.commands.len() + self.guests.values().map(|guest| guest.commands.len()).sum::<usize>()
    }

    /// The time of the oldest of them.
    pub(super) fn oldest_retained(&self) -> Option<Time> {
        let guests = self.guests.values().flat_map(|guest| &guest.commands);
        self.commands.iter().chain(guests).map(|command| command.time).min()
    }

    /// When the table may delete the item.
    #[must_use]
    pub fn expires_at(&self) -> Time {
        self.highest.plus_ms(ITEM_TTL_MS)
    }

    pub(super) fn fold_bound(&self) -> Time {
        self.highest.minus_ms(FOLD_WINDOW_MS).max(self.erased_at.unwrap_or_default())
    }

    pub(super) fn id_bound(&self) -> Time {
        self.highest.minus_ms(ID_WINDOW_MS)
    }

    pub(super) fn insert(commands: &mut Vec<CartCommand>, command: &CartCommand) {
        let at = commands.partition_point(|other| other.place() < command.place());
        commands.insert(at, command.clone());
    }

    /// Moves both windows up to the highest time and updates the version.
    pub(super) fn settled(mut self) -> Self {
        let bound = self.fold_bound();
        for guest in self.guests.values_mut() {
            guest.base.take_until(bound, &mut guest.commands, &mut self.folded, |_| None);
        }
        let Self { base, commands, folded, guests, .. } = &mut self;
        base.take_until(bound, commands, folded, |guest| guests.remove(guest).map(|it| it.base));
        // Any command that arrives now lies above the bound and begins a new lifetime. The table's
        // TTL never deletes more than this drops.
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
        let mut lifetime = self.base.lifetime();
        for command in &self.commands {
            lifetime.add_command(command.time);
            if let Action::Merge { guest } = &command.action
                && let Some(guest) = self.guests.get(guest)
            {
                lifetime.join(guest.lifetime(), command.time);
            }
        }
        lifetime.count
    }
}

// === impl Base ===

impl Base {
    pub(super) fn lifetime(&self) -> Lifetime {
        Lifetime { count: self.count, newest: self.newest }
    }

    /// This base after these commands, run in (time, id) order; `guest` returns a merged guest.
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

    /// Runs the commands at or below `bound`; only their ids are stored from then on.
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
        let mut lifetime = self.lifetime();
        if lifetime.add_command(command.time) {
            self.contents = Contents::default();
        }
        match &command.action {
            Action::Merge { guest: name } => {
                if let Some(guest) = guest(name)
                    && lifetime.join(guest.lifetime(), command.time)
                {
                    self.contents.join(guest.contents);
                }
            }
            _ => command.run(&mut self.contents),
        }
        (self.count, self.newest) = (lifetime.count, lifetime.newest);
    }
}

// === impl Lifetime ===

impl Lifetime {
    /// Counts one more command. Returns whether it begins a new lifetime.
    pub(super) fn add_command(&mut self, at: Time) -> bool {
        let is_new = has_ended(self.newest, at);
        self.count = if is_new { 1 } else { self.count + 1 };
        self.newest = at;
        is_new
    }

    /// Adds the count of a guest's commands, unless its cart had ended before the merge.
    fn join(&mut self, guest: Self, at: Time) -> bool {
        let is_present = !has_ended(guest.newest, at);
        if is_present {
            self.count += guest.count;
        }
        is_present
    }
}

/// Whether a command at `next` begins a new lifetime of a cart last touched at `newest`.
fn has_ended(newest: Time, next: Time) -> bool {
    next > newest.plus_ms(IDLE_MS_MAX)
}

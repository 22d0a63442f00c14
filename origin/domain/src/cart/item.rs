//! The cart as it is stored, and the only function that changes it. Nothing in an item comes from
//! a clock, a batch or a delivery: the same commands in any order and number, in which none is
//! overtaken by one more than 48 hours younger, lead to the same bytes.

use serde::{Deserialize, Serialize};

use super::command::CartCommand;
use super::contents::Contents;
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
    /// Below the 48 hour bound and unknown: to the dead letters, to be issued anew by hand.
    TooLate,
    /// Below the 15 day bound, where ids are forgotten: to the dead letters, never issued anew.
    TooOld,
}

/// Absorbs one command into an item, or says why not.
#[must_use]
pub fn apply(item: Option<&CartItem>, command: &CartCommand) -> Applied {
    let Some(item) = item else {
        return Applied::Changed(Box::new(CartItem::default().with(command)));
    };
    if item.knows(command.id) {
        Applied::Known
    } else if command.time > item.fold_bound() {
        Applied::Changed(Box::new(item.clone().with(command)))
    } else if command.time > item.id_bound() {
        Applied::TooLate
    } else {
        Applied::TooOld
    }
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

    /// The cart these commands and the item's amount to, run together in (time, id) order.
    #[must_use]
    pub fn fold<'a>(&'a self, pending: impl IntoIterator<Item = &'a CartCommand>) -> Contents {
        let mut commands: Vec<&CartCommand> = self.commands.iter().chain(pending).collect();
        commands.sort_by_key(|command| command.place());
        commands.dedup_by_key(|command| command.place());
        let mut base = self.base.clone();
        for command in commands {
            base.run(command);
        }
        base.contents
    }

    /// When the table may delete the item, as the highest command time tells.
    #[must_use]
    pub fn expires_at(&self) -> Time {
        self.highest.plus_ms(KEPT_MS)
    }

    fn fold_bound(&self) -> Time {
        self.highest.minus_ms(FOLD_WINDOW_MS)
    }

    fn id_bound(&self) -> Time {
        self.highest.minus_ms(ID_WINDOW_MS)
    }

    fn knows(&self, id: CommandId) -> bool {
        self.commands.iter().any(|command| command.id == id)
            || self.folded.iter().any(|(_, folded)| *folded == id)
    }

    fn with(mut self, command: &CartCommand) -> Self {
        let at = self.commands.partition_point(|other| other.place() < command.place());
        self.commands.insert(at, command.clone());
        self.highest = self.highest.max(command.time);
        let bound = self.fold_bound();
        let above = self.commands.partition_point(|command| command.time <= bound);
        for command in self.commands.drain(..above) {
            self.base.run(&command);
            self.folded.push((command.time, command.id));
        }
        // Whatever comes now lies above the bound and begins a new life. What the table's own
        // expiry deletes is never more than what is dropped here.
        if has_ended(self.base.newest, bound) {
            self.base = Base::default();
        }
        let bound = self.id_bound();
        self.folded.retain(|(time, _)| *time > bound);
        self.version = self.count();
        self
    }

    fn count(&self) -> u64 {
        let start = (self.base.count, self.base.newest);
        let count = |(count, newest): (u64, Time), command: &CartCommand| {
            let kept = if has_ended(newest, command.time) { 0 } else { count };
            (kept + 1, command.time)
        };
        self.commands.iter().fold(start, count).0
    }
}

// === impl Base ===

impl Base {
    fn run(&mut self, command: &CartCommand) {
        if has_ended(self.newest, command.time) {
            *self = Self::default();
        }
        self.contents.run(command);
        self.count += 1;
        self.newest = command.time;
    }
}

/// Whether a command at `next` begins a new life of a cart last touched at `newest`.
fn has_ended(newest: Time, next: Time) -> bool {
    next > newest.plus_ms(IDLE_MS_MAX)
}

//! Merging: a guest's cart goes into the customer's own. The guest's commands keep their ids and
//! times and act on the guest's lines until the merge; then the lines join the customer's, and
//! whatever the guest sends later acts on these.
//!
//! Both items change in one transaction, so that a command is in exactly one of them. What was
//! sent to the guest's cart and is delivered later goes to the customer's item: the guest's is no
//! more than the name of that cart.

use serde::{Deserialize, Serialize};

use super::absorb::CartEvent;
use super::command::{Action, CartCommand};
use super::item::{Base, CartItem, Life};
use crate::bookmark::Pending;

/// A cart that was merged into another, inside the other's item. It goes when its merge is folded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guest {
    /// The merge's place in the order.
    pub until: Pending,
    /// The fold of the guest's commands at or below the 48 hour bound.
    pub base: Base,
    /// Those above it and before the merge, in (time, id) order.
    pub commands: Vec<CartCommand>,
}

/// A command to merge.
#[derive(Debug, Clone, Copy)]
pub struct Merge<'a> {
    /// The guest's cart.
    pub guest: &'a str,
    /// The cart it goes into.
    pub into: &'a str,
    command: &'a CartCommand,
}

/// Two carts as they were seen; `None` for one never written.
#[derive(Debug, Clone, Copy)]
pub struct Both<'a> {
    /// The guest's.
    pub guest: Option<&'a CartItem>,
    /// The one it goes into.
    pub into: Option<&'a CartItem>,
}

/// What becomes of two carts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// Both have changed.
    Changed(Box<Joined>),
    /// They were merged before.
    Known,
    /// It is older than the erasure of one of them, and stays out.
    Erased,
    /// The guest's cart was merged into another, or the other was itself merged: into this one.
    Elsewhere(String),
    /// Below the 48 hour bound of one of them: to the dead letters.
    TooLate,
    /// Below the 15 day bound of one of them: to the dead letters.
    TooOld,
}

/// Two carts after the merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// What is left of the guest's.
    pub guest: CartItem,
    /// The other, with all that the guest's held.
    pub into: CartItem,
}

// === impl Merge ===

impl<'a> Merge<'a> {
    /// The merge that an event asks for, if it does.
    #[must_use]
    pub fn of(event: &'a CartEvent) -> Option<Self> {
        match &event.command.action {
            Action::Merge { guest } => {
                Some(Self { guest, into: &event.cart, command: &event.command })
            }
            _ => None,
        }
    }

    /// Merges, or says why not.
    #[must_use]
    pub fn apply(&self, seen: Both<'_>) -> Merged {
        let time = self.command.time;
        if let Some(elsewhere) = seen.guest.and_then(|guest| guest.merged_into_at(time)) {
            let is_here = elsewhere == self.into;
            return if is_here { Merged::Known } else { Merged::Elsewhere(elsewhere.to_owned()) };
        }
        if let Some(elsewhere) = seen.into.and_then(|into| into.merged_into_at(time)) {
            return Merged::Elsewhere(elsewhere.to_owned());
        }
        let never_written = CartItem::default();
        // What is left of a cart merged so long ago that it is told no more says nothing.
        let guest = seen.guest.filter(|guest| guest.merged_into.is_none());
        let (guest, into) = (guest.unwrap_or(&never_written), seen.into.unwrap_or(&never_written));
        if guest.is_erased_at(time) || into.is_erased_at(time) {
            return Merged::Erased;
        }
        if time <= guest.fold_bound().max(into.fold_bound()) {
            let is_old = time <= guest.id_bound().max(into.id_bound());
            return if is_old { Merged::TooOld } else { Merged::TooLate };
        }
        Merged::Changed(Box::new(Joined { guest: self.left(), into: self.join(guest, into) }))
    }

    /// What is left of the guest's item: nothing that any delivery could have changed.
    fn left(&self) -> CartItem {
        CartItem {
            highest: self.command.time,
            merged_into: Some(self.into.to_owned()),
            ..CartItem::default()
        }
    }

    fn join(&self, guest: &CartItem, into: &CartItem) -> CartItem {
        let until = self.command.place();
        let at = guest.commands.partition_point(|command| command.place() < until);
        let (before, after) = guest.commands.split_at(at);
        let highest = into.highest.max(guest.highest).max(self.command.time);
        // If the same guest was merged before, that is over now: its place is free.
        let mut item = CartItem { highest, ..into.clone() }.settled();
        for command in after.iter().chain([self.command]) {
            CartItem::insert(&mut item.commands, command);
        }
        let joining = Guest { until, base: guest.base.clone(), commands: before.to_vec() };
        item.guests.insert(self.guest.to_owned(), joining);
        item.folded.extend(&guest.folded);
        item.settled()
    }
}

// === impl Guest ===

impl Guest {
    /// What it holds when it is merged, with these commands that have not arrived.
    pub(super) fn with(&self, pending: Vec<&CartCommand>) -> Base {
        self.base.with(self.commands.iter().chain(pending).collect(), |_| None)
    }

    /// The life it is in when it is merged.
    pub(super) fn life(&self) -> Life {
        let mut life = self.base.life();
        for command in &self.commands {
            life.goes_on(command.time);
        }
        life
    }
}

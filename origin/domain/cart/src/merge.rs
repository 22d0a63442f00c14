//! Merges a guest's cart into the customer's own. The guest's commands keep their ids and times and
//! act on the guest's lines until the merge; then the lines join the customer's, and later commands
//! of the guest act on these.
//!
//! Both items change in one transaction, so that a command is in exactly one of them. Commands sent
//! to the guest's cart and delivered later go to the customer's item: the guest's item is then a
//! tombstone that names that cart.

use domain_core::bookmark::Pending;
use domain_core::resource::Resource as _;
use serde::{Deserialize, Serialize};

use super::absorb::CartEvent;
use super::command::{Action, CartCommand};
use super::item::{Base, CartItem, Lifetime};

/// A merged guest's cart inside the customer's item. Folding the merge removes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guest {
    /// The merge's place in the order of all commands.
    pub until: Pending,
    /// The fold of the guest's commands at or below the 48 hour bound.
    pub base: Base,
    /// The commands above it and before the merge, in (time, id) order.
    pub commands: Vec<CartCommand>,
}

/// A merge command with its two carts.
#[derive(Debug, Clone, Copy)]
pub struct Merge<'a> {
    /// The guest's cart.
    pub guest: &'a str,
    /// The cart to merge into.
    pub into: &'a str,
    command: &'a CartCommand,
}

/// The items of two carts before the merge; `None` for a cart never written.
#[derive(Debug, Clone, Copy)]
pub struct Both<'a> {
    /// The guest's item.
    pub guest: Option<&'a CartItem>,
    /// The item of the cart to merge into.
    pub into: Option<&'a CartItem>,
}

/// The outcome of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// Both have changed.
    Changed(Box<MergedItems>),
    /// They were merged before.
    Known,
    /// It is older than the erasure of one of them, and is dropped.
    Erased,
    /// The guest's cart or the other was already merged into this third cart.
    Elsewhere(String),
    /// Below the 48 hour bound of one of them: a dead letter.
    TooLate,
    /// Below the 15 day bound of one of them: a dead letter.
    TooOld,
}

/// The items of two carts after the merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedItems {
    /// The guest's item: a tombstone.
    pub guest: CartItem,
    /// The other item, with the guest's contents.
    pub into: CartItem,
}

// === impl Merge ===

impl<'a> Merge<'a> {
    /// The merge in an event, if its command is one.
    #[must_use]
    pub fn of(event: &'a CartEvent) -> Option<Self> {
        match &event.command.action {
            Action::Merge { guest } => {
                Some(Self { guest, into: &event.cart, command: &event.command })
            }
            _ => None,
        }
    }

    /// Merges two items.
    #[must_use]
    pub fn apply(&self, items: Both<'_>) -> Merged {
        let time = self.command.time;
        if let Some(elsewhere) = items.guest.and_then(|guest| guest.merged_into_at(time)) {
            let is_here = elsewhere == self.into;
            return if is_here { Merged::Known } else { Merged::Elsewhere(elsewhere.to_owned()) };
        }
        if let Some(elsewhere) = items.into.and_then(|into| into.merged_into_at(time)) {
            return Merged::Elsewhere(elsewhere.to_owned());
        }
        let never_written = CartItem::default();
        // An expired tombstone of a merged cart counts as no item.
        let guest = items.guest.filter(|guest| guest.merged_into.is_none());
        let (guest, into) = (guest.unwrap_or(&never_written), items.into.unwrap_or(&never_written));
        if guest.is_erased_at(time) || into.is_erased_at(time) {
            return Merged::Erased;
        }
        if time <= guest.fold_bound().max(into.fold_bound()) {
            let is_old = time <= guest.id_bound().max(into.id_bound());
            return if is_old { Merged::TooOld } else { Merged::TooLate };
        }
        Merged::Changed(Box::new(MergedItems {
            guest: self.tombstone(),
            into: self.join(guest, into),
        }))
    }

    /// The guest's tombstone. It depends on the merge alone, not on the delivery order.
    fn tombstone(&self) -> CartItem {
        CartItem {
            highest: self.command.time,
            merged_into: Some(self.into.to_owned()),
            ..CartItem::default()
        }
    }

    /// The item of the cart to merge into, with the guest's contents.
    fn join(&self, guest: &CartItem, into: &CartItem) -> CartItem {
        let until = self.command.place();
        let first_after = guest.commands.partition_point(|command| command.place() < until);
        let (before, after) = guest.commands.split_at(first_after);
        let highest = into.highest.max(guest.highest).max(self.command.time);
        // `settled` folds an earlier merge of the same guest and removes it from `guests`.
        let mut item = CartItem { highest, ..into.clone() }.settled();
        for command in after.iter().chain([self.command]) {
            CartItem::insert(&mut item.commands, command);
        }
        let joined = Guest { until, base: guest.base.clone(), commands: before.to_vec() };
        item.guests.insert(self.guest.to_owned(), joined);
        item.folded.extend(&guest.folded);
        item.settled()
    }
}

// === impl Guest ===

impl Guest {
    /// The guest's fold at the merge, with these pending commands.
    pub(super) fn with(&self, pending: Vec<&CartCommand>) -> Base {
        self.base.with(self.commands.iter().chain(pending).collect(), |_| None)
    }

    /// The guest's lifetime at the merge.
    pub(super) fn lifetime(&self) -> Lifetime {
        let mut lifetime = self.base.lifetime();
        for command in &self.commands {
            lifetime.add_command(command.time);
        }
        lifetime
    }
}

//! Erasing a cart: what was asked of it up to a moment is gone, and what is older and comes later
//! stays out. The version goes on, so nobody who has seen the cart sees it go back.

use super::command::CartCommand;
use super::item::{Base, CartItem};
use crate::id::CommandId;
use crate::time::Time;

// === impl CartItem ===

impl CartItem {
    /// Whether a command of this time was erased, or would have been.
    #[must_use]
    pub fn is_erased_at(&self, at: Time) -> bool {
        self.erased_at.is_some_and(|erased_at| at <= erased_at)
    }

    /// The item without anything up to `at`.
    #[must_use]
    pub fn erased(&self, at: Time) -> Self {
        let mut item = self.clone();
        item.highest = item.highest.max(at);
        item.erased_at = item.erased_at.max(Some(at));
        item.base = Base { newest: at, ..Base::default() };
        item.guests.retain(|_, guest| guest.until.time > at);
        for guest in item.guests.values_mut() {
            guest.base = Base::default();
            forget(&mut guest.commands, &mut item.folded, at);
        }
        forget(&mut item.commands, &mut item.folded, at);
        // The erasure counts as one command; those it leaves count on from there.
        let mut item = item.settled();
        let version = self.version + 1;
        item.base.count += version.saturating_sub(item.version);
        item.version = version;
        item
    }
}

/// Forgets what the commands up to `at` asked for; their ids stay.
fn forget(commands: &mut Vec<CartCommand>, folded: &mut Vec<(Time, CommandId)>, at: Time) {
    let above = commands.partition_point(|command| command.time <= at);
    folded.extend(commands.drain(..above).map(|command| (command.time, command.id)));
}

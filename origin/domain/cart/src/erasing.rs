//! Erases a cart: removes all commands up to a time and drops those that arrive later. The version
//! continues, so no client sees the cart go back.

use domain_core::id::CommandId;
use domain_core::time::Time;

use super::command::CartCommand;
use super::item::{Base, CartItem};

// === impl CartItem ===

impl CartItem {
    /// Whether an erasure covers commands of this time.
    #[must_use]
    pub fn is_erased_at(&self, at: Time) -> bool {
        self.erased_at.is_some_and(|erased_at| at <= erased_at)
    }

    /// The item without commands up to `at`.
    #[must_use]
    pub fn erased(&self, at: Time) -> Self {
        let mut item = self.clone();
        item.highest = item.highest.max(at);
        item.erased_at = item.erased_at.max(Some(at));
        item.base = Base { newest: at, ..Base::default() };
        item.guests.retain(|_, guest| guest.until.time > at);
        for guest in item.guests.values_mut() {
            guest.base = Base::default();
            remove_until(&mut guest.commands, &mut item.folded, at);
        }
        remove_until(&mut item.commands, &mut item.folded, at);
        // The erasure counts as one command; the remaining commands continue the count.
        let mut item = item.settled();
        let version = self.version + 1;
        item.base.count += version.saturating_sub(item.version);
        item.version = version;
        item
    }
}

/// Removes the commands up to `at`; their ids stay.
fn remove_until(commands: &mut Vec<CartCommand>, folded: &mut Vec<(Time, CommandId)>, at: Time) {
    let above = commands.partition_point(|command| command.time <= at);
    folded.extend(commands.drain(..above).map(|command| (command.time, command.id)));
}

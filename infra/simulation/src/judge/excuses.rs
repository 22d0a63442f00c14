//! Excuses: why a client need not see a command that it was promised or has seen. Each is used only
//! where it is needed, and counted.

use super::case::{Case, OVERTAKEN_MS};
use super::known::Known;
use crate::ask::Ask;
use crate::counts::Occasion;

/// How old a pending command may be that a reset carries over, less what clocks may be apart.
const CARRIED_MS: u64 = 24 * 60 * 60 * 1_000 - 60_000;
/// How long a guest's cart says that it was merged: the thirty days for which a cart is shown and the
/// fifteen for which ids are remembered, less what clocks may be apart.
const REDIRECTED_MS: u64 = 45 * 24 * 60 * 60 * 1_000 - 120_000;

/// The commands that an answer about one cart may lack, by the reason.
#[derive(Debug)]
pub(super) struct Excuses([(Occasion, Known); 4]);

// === impl Excuses ===

impl Excuses {
    /// All of them together.
    pub(super) fn all(&self) -> Known {
        self.0.iter().fold(Known::default(), |all, (_, these)| all.with(these))
    }

    /// The reasons that cover at least one of the `missing` commands.
    pub(super) fn of(&self, missing: &Known) -> impl Iterator<Item = Occasion> {
        let covers = |these: &Known| missing.iter().any(|number| these.contains(number));
        self.0.iter().filter(move |(_, these)| covers(these)).map(|(occasion, _)| *occasion)
    }
}

// === impl Case ===

impl Case {
    /// What an answer about a cart may lack at a moment.
    pub(super) fn excuses(&self, cart: &str, is_reset: bool, now_ms: u64) -> Excuses {
        let carried = if is_reset { self.not_carried(now_ms) } else { Known::default() };
        Excuses([
            (Occasion::ExcusedByLoss, self.lost_with_table()),
            (Occasion::ExcusedByDeadLetter, self.overtaken_letters()),
            (Occasion::ExcusedByReset, carried),
            (Occasion::ExcusedByOldMerge, self.gone_with_old_merge(cart, now_ms)),
        ])
    }

    /// What a restored table took along. Without its merge what a guest sent goes into the guest's
    /// cart again.
    fn lost_with_table(&self) -> Known {
        let mut lost = self.lost.clone();
        for merge in self.lost.iter() {
            if let Ask::Merge { guest } = &self.commands[merge].command.ask {
                lost.extend(&self.sent_to(guest));
            }
        }
        lost
    }

    /// Dead letters that nobody looked at for so long that they came to lie below the 48 hours.
    fn overtaken_letters(&self) -> Known {
        let is_overtaken = |number: &usize| self.is_overtaken(*number, OVERTAKEN_MS);
        self.letters.iter().filter(is_overtaken).collect()
    }

    /// An answer that says `reset` carries over what is pending for less than a day.
    fn not_carried(&self, now_ms: u64) -> Known {
        let at_ms = |number: &usize| self.commands[*number].place().map_or(0, |place| place.0);
        let is_old = |number: &usize| at_ms(number) + CARRIED_MS < now_ms;
        self.order.iter().copied().take_while(is_old).collect()
    }

    /// What was sent to a guest's cart and went into another, once the guest's no longer says so: it
    /// has been silent for longer than a cart is shown, and is a cart never written. What was sent to
    /// it is in the other cart, or has ended with that.
    fn gone_with_old_merge(&self, cart: &str, now_ms: u64) -> Known {
        let home = self.home(cart);
        let merge = self.merge_of(cart).and_then(|merge| self.commands[merge].place());
        let is_told = merge.is_none_or(|(at_ms, _)| now_ms <= at_ms + REDIRECTED_MS);
        if home == cart || is_told {
            return Known::default();
        }
        let (there, here) = (self.state(home).known, self.state(cart).known);
        let is_gone = |number: &usize| there.contains(*number) && !here.contains(*number);
        self.sent_to(cart).iter().filter(is_gone).collect()
    }

    fn sent_to(&self, cart: &str) -> Known {
        let is_its = |number: &usize| self.commands[*number].command.cart == cart;
        (0..self.commands.len()).filter(is_its).collect()
    }
}

//! Excuses: the reasons why an answer may lack a command that the client was promised or has seen.
//! Each is used only where it is needed, and counted.

use super::command_set::CommandSet;
use super::history::{History, OVERTAKEN_MS};
use crate::carts::command::CartAction;
use crate::engine::Coverage;

/// The age up to which a reset carries over a pending command, less the difference of clocks.
const CARRIED_MS: u64 = 24 * 60 * 60 * 1_000 - 60_000;
/// How long a guest's cart says that it was merged: the thirty days for which a cart is shown and
/// the fifteen for which ids are remembered, less the difference of clocks.
const REDIRECTED_MS: u64 = 45 * 24 * 60 * 60 * 1_000 - 120_000;

/// The commands that an answer about one cart may lack, by the reason.
#[derive(Debug)]
pub(super) struct Excuses([(Coverage, CommandSet); 4]);

// === impl Excuses ===

impl Excuses {
    /// All of them together.
    pub(super) fn all(&self) -> CommandSet {
        self.0.iter().fold(CommandSet::default(), |all, (_, these)| all.with(these))
    }

    /// The reasons that cover at least one of the `missing` commands.
    pub(super) fn of(&self, missing: &CommandSet) -> impl Iterator<Item = Coverage> {
        let covers = |these: &CommandSet| missing.iter().any(|number| these.contains(number));
        self.0.iter().filter(move |(_, these)| covers(these)).map(|(coverage, _)| *coverage)
    }
}

// === impl History ===

impl History {
    /// The commands that an answer about a cart may lack at a time.
    pub(super) fn excuses(&self, cart: &str, is_reset: bool, now_ms: u64) -> Excuses {
        let carried = if is_reset { self.not_carried(now_ms) } else { CommandSet::default() };
        Excuses([
            (Coverage::ExcusedByLoss, self.lost_with_table()),
            (Coverage::ExcusedByDeadLetter, self.overtaken_letters()),
            (Coverage::ExcusedByReset, carried),
            (Coverage::ExcusedByOldMerge, self.gone_with_old_merge(cart, now_ms)),
        ])
    }

    /// The commands lost with a restored table. Without its merge a guest's command goes into the
    /// guest's cart again.
    fn lost_with_table(&self) -> CommandSet {
        let mut lost = self.lost.clone();
        for merge in self.lost.iter() {
            if let CartAction::Merge { guest } = &self.commands[merge].command.action {
                lost.extend(&self.sent_to(guest));
            }
        }
        lost
    }

    /// Dead letters that waited until they were overtaken by 48 hours.
    fn overtaken_letters(&self) -> CommandSet {
        let is_overtaken = |number: &usize| self.is_overtaken(*number, OVERTAKEN_MS);
        self.dead_letters.iter().filter(is_overtaken).collect()
    }

    /// The commands too old for an answer with `reset`: it carries over those pending for less than
    /// a day.
    fn not_carried(&self, now_ms: u64) -> CommandSet {
        let at_ms = |number: &usize| self.commands[*number].place().map_or(0, |place| place.0);
        let is_old = |number: &usize| at_ms(number) + CARRIED_MS < now_ms;
        self.order.iter().copied().take_while(is_old).collect()
    }

    /// The commands sent to a merged guest's cart, once the guest's cart no longer says so: it has
    /// been silent for longer than a cart is shown, and is like a new cart. Its commands are in the
    /// other cart, or have ended with that.
    fn gone_with_old_merge(&self, cart: &str, now_ms: u64) -> CommandSet {
        let home = self.home(cart);
        let merge = self.merge_of(cart).and_then(|merge| self.commands[merge].place());
        let is_shown = merge.is_none_or(|(at_ms, _)| now_ms <= at_ms + REDIRECTED_MS);
        if home == cart || is_shown {
            return CommandSet::default();
        }
        let (there, here) = (self.state(home).known, self.state(cart).known);
        let is_gone = |number: &usize| there.contains(*number) && !here.contains(*number);
        self.sent_to(cart).iter().filter(is_gone).collect()
    }

    fn sent_to(&self, cart: &str) -> CommandSet {
        let is_its = |number: &usize| self.commands[*number].command.resource == cart;
        (0..self.commands.len()).filter(is_its).collect()
    }
}

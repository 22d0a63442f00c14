//! Coverage: how often each situation occurred. A run without a violation proves nothing about a
//! situation that did not occur.

use super::part::Part;

/// A situation that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Coverage {
    /// An operation: a read or a command of a client, or a report by Shopify.
    Operation,
    /// A world with many times more operations, devices and silences than most.
    LargeWorld,
    /// A personal read that a client sent.
    Read,
    /// An answer with a cart, 304s included.
    Answer,
    /// An answer that the client did not show, because another answer had arrived in between.
    NotShown,
    /// A 304.
    NotModified,
    /// An answer from an edge's cache.
    EdgeHit,
    /// A request that shared another's origin request.
    Collapsed,
    /// An answer with pending commands.
    Pending,
    /// A bookmark that came back unchanged, byte for byte.
    SameBookmark,
    /// A client that dropped its bookmarks because their key was retired.
    Dropped,
    /// A client that held more bookmarks than a request may carry.
    OverFour,
    /// An acknowledged command.
    Acknowledged,
    /// A request whose outcome is unknown to its client.
    FateUnknown,
    /// A command sent again.
    Retry,
    /// An event published a second time.
    Republished,
    /// 409: a key reused for another command.
    KeyConflict,
    /// 410: a retry after the retry window.
    KeyExpired,
    /// 422 and 429.
    Declined,
    /// A stored state of a cart.
    State,
    /// A guest's cart merged into a customer's.
    Merged,
    /// A command to a guest's cart that is merged into another.
    Gone,
    /// An order that removed lines from a cart.
    Order,
    /// A delivery that changed nothing.
    Repetition,
    /// A delivery so late that its id was forgotten.
    TooOld,
    /// A write that failed its condition because of a concurrent write.
    RaceLost,
    /// A delivery that failed and is retried.
    Redelivered,
    /// A message that used up its attempts, or that came too late.
    DeadLetter,
    /// A dead letter delivered again.
    Redriven,
    /// An event that arrived after one that is more than 48 hours younger.
    TooLate,
    /// A restored backup.
    Restored,
    /// An instance that crashed.
    Crash,
    /// A clock that was adjusted.
    ClockStep,
    /// A silence of seconds to months.
    Silence,
    /// A client that gave up a guest's cart.
    GuestAbandoned,
    /// An answer with `reset`.
    Reset,
    /// An answer at version 0 about a cart that was written before.
    Ended,
    /// Excuse: a command was lost with a table.
    ExcusedByLoss,
    /// Excuse: a command has been a dead letter for more than 48 hours.
    ExcusedByDeadLetter,
    /// Excuse: a reset left out commands that had been pending for a day.
    ExcusedByReset,
    /// Excuse: a guest's cart was merged so long ago that it no longer says so.
    ExcusedByOldMerge,
    /// Excuse: a merge was lost with a table, and what its guest sent is shown in either cart.
    ExcusedByLostMerge,
    /// Excuse: an edge answered a request as it answered another of the same bookmarks, which had another
    /// content before the table was restored.
    ExcusedBySharedAnswer,
    /// A webhook that was answered 200.
    Webhook,
    /// A fact that arrived before the payment that names the order's customer.
    RefundFirst,
    /// A fact about a guest's order.
    GuestOrder,
    /// An absorbed gift.
    Gift,
    /// A published program.
    Program,
    /// A redemption whose points are held.
    Held,
    /// A redemption that was not covered.
    Rejected,
    /// A settled hold.
    Settled,
    /// A hold that was released because its reward was withdrawn.
    Released,
    /// A hold that was not settled in time.
    TimedOut,
    /// An overdue hold, ended by a redemption that needed its points.
    Overdue,
    /// An answer with a negative balance: points were spent, and then reversed with the order.
    Debt,
    /// An answer with points that do not count yet.
    PointsPending,
    /// An answer with a tier above the first.
    Tier,
    /// An answer by a clock of the day before the one that its viewer has seen.
    DayBefore,
    /// An archive whose replay gave the same bytes.
    Replayed,
    /// An answer as of a fact's day, which its clock had not reached.
    FactAhead,
    /// A customer whose data was erased.
    Erased,
    /// Excuse: a redemption was erased with its customer.
    ExcusedByErasure,
    /// A balance or a decision that is not checked, since part of the customer's ledger is erased.
    UncheckedByErasure,
}

/// Counts of one world, or of many.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Counts([u64; Coverage::ALL.len()]);

// === impl Coverage ===

impl Coverage {
    /// All of them.
    pub const ALL: [Self; 63] = [
        Self::Operation,
        Self::LargeWorld,
        Self::Read,
        Self::Answer,
        Self::NotShown,
        Self::NotModified,
        Self::EdgeHit,
        Self::Collapsed,
        Self::Pending,
        Self::SameBookmark,
        Self::Dropped,
        Self::OverFour,
        Self::Acknowledged,
        Self::FateUnknown,
        Self::Retry,
        Self::Republished,
        Self::KeyConflict,
        Self::KeyExpired,
        Self::Declined,
        Self::State,
        Self::Merged,
        Self::Gone,
        Self::Order,
        Self::Repetition,
        Self::TooOld,
        Self::RaceLost,
        Self::Redelivered,
        Self::DeadLetter,
        Self::Redriven,
        Self::TooLate,
        Self::Restored,
        Self::Crash,
        Self::ClockStep,
        Self::Silence,
        Self::GuestAbandoned,
        Self::Reset,
        Self::Ended,
        Self::ExcusedByLoss,
        Self::ExcusedByDeadLetter,
        Self::ExcusedByReset,
        Self::ExcusedByOldMerge,
        Self::ExcusedByLostMerge,
        Self::ExcusedBySharedAnswer,
        Self::Webhook,
        Self::RefundFirst,
        Self::GuestOrder,
        Self::Gift,
        Self::Program,
        Self::Held,
        Self::Rejected,
        Self::Settled,
        Self::Released,
        Self::TimedOut,
        Self::Overdue,
        Self::Debt,
        Self::PointsPending,
        Self::Tier,
        Self::DayBefore,
        Self::Replayed,
        Self::FactAhead,
        Self::Erased,
        Self::ExcusedByErasure,
        Self::UncheckedByErasure,
    ];

    /// Situations that occur in both kinds of worlds.
    const BOTH_PARTS: &'static [Self] = &[
        Self::Operation,
        Self::LargeWorld,
        Self::Read,
        Self::Answer,
        Self::NotShown,
        Self::EdgeHit,
        Self::Collapsed,
        Self::Pending,
        Self::SameBookmark,
        Self::Dropped,
        Self::Acknowledged,
        Self::FateUnknown,
        Self::Retry,
        Self::Republished,
        Self::KeyExpired,
        Self::Declined,
        Self::State,
        Self::RaceLost,
        Self::Redelivered,
        Self::DeadLetter,
        Self::Redriven,
        Self::Restored,
        Self::Crash,
        Self::ClockStep,
        Self::Silence,
        Self::Reset,
        Self::ExcusedByLoss,
    ];

    /// Whether it can occur in a kind of world.
    #[must_use]
    pub fn is_of(self, part: Part) -> bool {
        match part {
            Part::Carts => self < Self::Webhook,
            Part::Ledger => self >= Self::Webhook || Self::BOTH_PARTS.contains(&self),
        }
    }
}

// === impl Counts ===

impl Counts {
    /// The count of one situation.
    #[must_use]
    pub fn of(&self, coverage: Coverage) -> u64 {
        self.0[coverage as usize]
    }

    /// Adds the counts of another world.
    pub fn add(&mut self, other: &Self) {
        for (sum, more) in self.0.iter_mut().zip(other.0) {
            *sum += more;
        }
    }

    pub(crate) fn increment(&mut self, coverage: Coverage) {
        self.0[coverage as usize] += 1;
    }
}

// The standard library implements `Default` for arrays of up to 32 elements only.
impl Default for Counts {
    fn default() -> Self {
        Self([0; Coverage::ALL.len()])
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for coverage in Coverage::ALL {
            writeln!(out, "{:>14}  {coverage:?}", self.of(coverage))?;
        }
        Ok(())
    }
}

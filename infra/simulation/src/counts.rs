//! How often what happened: a simulation in which nothing goes wrong proves nothing.

use crate::world::Part;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Occasion {
    /// A read or command that a client began.
    Operation,
    /// A world with many times as many operations, devices and silences as most.
    LargeWorld,
    /// An answer with a cart, 304s included.
    Answer,
    /// An answer not shown, because another had arrived meanwhile.
    NotShown,
    /// A 304.
    NotModified,
    /// An answer out of an edge's cache.
    EdgeHit,
    /// A request that shared another's way to the origin.
    Collapsed,
    /// An answer of which a part was pending.
    Pending,
    /// A bookmark that came back byte for byte.
    SameBookmark,
    /// A client that had to drop its bookmarks, because their key is gone.
    Dropped,
    /// A client that held more bookmarks than a request takes.
    OverFour,
    /// A command acknowledged.
    Acknowledged,
    /// A request whose fate stayed unknown to its client.
    FateUnknown,
    /// A command sent again.
    Retry,
    /// An event published a second time.
    Republished,
    /// 409: a key used for something else.
    KeyConflict,
    /// 410: a retry that came too late.
    KeyExpired,
    /// 422 and 429.
    Declined,
    /// A state of a cart that the table has had.
    State,
    /// A guest's cart that went into a customer's.
    Merged,
    /// A command to a guest's cart that had gone into another.
    Gone,
    /// An order that took lines out of a cart.
    Order,
    /// A delivery that changed nothing.
    Repetition,
    /// A delivery so late that its id was forgotten.
    TooOld,
    /// A write that lost a race.
    RaceLost,
    /// A delivery that failed and came again.
    Redelivered,
    /// A message whose attempts were used up, or that came too late.
    DeadLetter,
    /// A dead letter delivered again.
    Redriven,
    /// An event that came more than 48 hours after a younger one.
    TooLate,
    /// A backup put back.
    Restored,
    /// An instance that died.
    Crash,
    /// A clock that was set.
    ClockStep,
    /// A silence of hours to weeks.
    Silence,
    /// An answer that said `reset`.
    Reset,
    /// An answer at version 0 about a cart that was written before.
    Ended,
    /// Excuse: a command went with a table that was lost.
    ExcusedByLoss,
    /// Excuse: a command lies in the dead letters, below the 48 hours.
    ExcusedByDeadLetter,
    /// Excuse: a reset left out what was pending for a day.
    ExcusedByReset,
    /// Excuse: a guest's cart went into another so long ago that it no longer says so.
    ExcusedByOldMerge,
    /// Excuse: a merge was lost with a table, and what its guest sent is shown in either cart.
    ExcusedByLostMerge,
    /// A webhook that was answered 200.
    Webhook,
    /// A fact that was told before anybody knew whose order it is about.
    RefundFirst,
    /// A fact about a guest's order.
    GuestOrder,
    /// A gift that was absorbed.
    Gift,
    /// A programme published.
    Programme,
    /// A redemption whose points are held.
    Held,
    /// A redemption that was not covered.
    Rejected,
    /// A hold that was settled.
    Settled,
    /// A hold whose reward was withdrawn.
    Released,
    /// A hold that nothing settled in time.
    TimedOut,
    /// A hold that was ended by who needed its points.
    Overdue,
    /// An answer with less than nothing: spent, then taken back with the order.
    Debt,
    /// An answer with points that do not count yet.
    PointsPending,
    /// An answer with a tier above the first.
    Tier,
    /// An answer by a clock of the day before the one that its viewer was shown.
    DayBefore,
    /// An archive that told the same again.
    Replayed,
    /// An answer as of a fact's day that its clock had not reached.
    FactAhead,
}

/// Sums over one world, or over many.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Counts([u64; Occasion::ALL.len()]);

// === impl Occasion ===

impl Occasion {
    /// Everything that is counted.
    pub const ALL: [Self; 57] = [
        Self::Operation,
        Self::LargeWorld,
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
        Self::Reset,
        Self::Ended,
        Self::ExcusedByLoss,
        Self::ExcusedByDeadLetter,
        Self::ExcusedByReset,
        Self::ExcusedByOldMerge,
        Self::ExcusedByLostMerge,
        Self::Webhook,
        Self::RefundFirst,
        Self::GuestOrder,
        Self::Gift,
        Self::Programme,
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
    ];

    /// What happens in worlds of the ledger as in those of carts.
    const EVERYWHERE: [Self; 16] = [
        Self::Operation,
        Self::LargeWorld,
        Self::Answer,
        Self::Pending,
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
        Self::Crash,
        Self::Silence,
    ];

    /// Whether it can happen in a kind of world.
    #[must_use]
    pub fn is_of(self, part: Part) -> bool {
        match part {
            Part::Carts => self < Self::Webhook,
            Part::Ledger => self >= Self::Webhook || Self::EVERYWHERE.contains(&self),
        }
    }
}

// === impl Counts ===

impl Counts {
    /// How often it happened.
    #[must_use]
    pub fn of(&self, occasion: Occasion) -> u64 {
        self.0[occasion as usize]
    }

    /// Adds those of another world.
    pub fn add(&mut self, other: &Self) {
        for (sum, more) in self.0.iter_mut().zip(other.0) {
            *sum += more;
        }
    }

    pub(crate) fn note(&mut self, occasion: Occasion) {
        self.0[occasion as usize] += 1;
    }
}

// The standard library stops at arrays of 32.
impl Default for Counts {
    fn default() -> Self {
        Self([0; Occasion::ALL.len()])
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for occasion in Occasion::ALL {
            writeln!(out, "{:>14}  {occasion:?}", self.of(occasion))?;
        }
        Ok(())
    }
}

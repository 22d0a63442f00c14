//! What a judge may find.

/// One of the things that must always hold, and did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Law {
    /// I1: after a 202 every read with its bookmark shows a fold with that command in it.
    ReadYourWrites,
    /// I2: what a client has seen it goes on seeing.
    Monotonic,
    /// I4: the same events lead to the same bytes.
    SameBytes,
    /// I6: every 202 is there exactly once.
    Durable,
    /// I9: every event is applied or in the dead letters, with a reason that holds.
    Accounted,
    /// What others changed is seen within seconds.
    Fresh,
    /// A command asked for after something was seen sorts after it.
    SessionOrder,
    /// I5: every cause counts once, and an account is the sum of its entries.
    Counted,
    /// I5: a redemption is decided by the points that are there, and never overdraws.
    Covered,
    /// What the contract says of refusals, resets, keys and bookmarks.
    Contract,
}

/// Why a message lies in the dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Its attempts are used up.
    Attempts,
    /// `too-late`: overtaken by a command more than 48 hours younger.
    TooLate,
    /// `too-old`: overtaken by one more than 15 days younger.
    TooOld,
    /// `merged-elsewhere`: a guest's cart that went into another cart before.
    Elsewhere,
}

/// The first thing that went wrong in a world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// What was broken.
    pub law: Law,
    /// When, in milliseconds since the world began.
    pub at_ms: u64,
    /// What was to be seen, and what was seen instead.
    pub told: String,
}

// === impl Violation ===

impl std::fmt::Display for Violation {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:?} at {} ms: {}", self.law, self.at_ms, self.told)
    }
}

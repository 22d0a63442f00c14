//! Invariants and their violations.

/// An invariant of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariant {
    /// I1: after a 202 every read with its bookmark shows a fold that contains that command.
    ReadYourWrites,
    /// I2: a client does not lose what it has seen.
    Monotonic,
    /// I4: the same events lead to the same bytes.
    SameBytes,
    /// I6: every command with a 202 counts exactly once.
    Durable,
    /// I9: every event is applied or a dead letter, for a reason that holds.
    Accounted,
    /// The changes of other clients are visible within seconds.
    Fresh,
    /// A command sent after an observation sorts after what was observed.
    SessionOrder,
    /// I5: every cause counts once, and an account is the sum of its entries.
    Counted,
    /// I5: a redemption is decided by the available points, and never overdraws.
    Covered,
    /// The contract of errors, resets, keys and bookmarks.
    Contract,
}

/// The first violation of a world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The broken invariant.
    pub invariant: Invariant,
    /// Milliseconds since the start of the world.
    pub at_ms: u64,
    /// The expected and the actual result.
    pub message: String,
}

// === impl Violation ===

impl std::fmt::Display for Violation {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:?} at {} ms: {}", self.invariant, self.at_ms, self.message)
    }
}

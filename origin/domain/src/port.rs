//! What every port may answer when the world does not do as asked.

/// Why a port failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// Throttled, unreachable or timed out: the same call may succeed later.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A stored document that no release of ours wrote, or an answer that makes no sense.
    #[error("corrupt: {0}")]
    Corrupt(String),
}

/// What became of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is durable.
    Done,
    /// Somebody else was first: read again and decide again.
    Conflict,
}

/// How a read sees the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consistency {
    /// Perhaps a moment old, at half the price.
    Eventual,
    /// Everything acknowledged before the read began.
    Strong,
}

/// How often a use case reads and decides again before it gives the message back: conflicts on one
/// item are between a handful of consumers, so eight rounds mean something else is wrong.
pub const CONFLICT_ROUNDS_MAX: u32 = 8;

impl PortError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

//! Errors and outcomes that all ports share.

/// Why a port failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// Throttled, unreachable or timed out: the same call may succeed later.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A stored document that none of our releases wrote, or an invalid answer.
    #[error("corrupt: {0}")]
    Corrupt(String),
}

/// The outcome of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is durable.
    Done,
    /// Another writer was first: read and decide again.
    Conflict,
}

/// The consistency of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consistency {
    /// May be slightly stale, at half the price.
    Eventual,
    /// Includes every write acknowledged before the read began.
    Strong,
}

/// How often a use case reads and decides again before it returns the message to the queue: only a
/// few consumers conflict on one item, so eight rounds indicate another fault.
pub const CONFLICT_ROUNDS_MAX: u32 = 8;

impl PortError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

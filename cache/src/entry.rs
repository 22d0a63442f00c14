//! What is kept, and the arithmetic of age and precedence. No clock and no I/O here.

use std::sync::Arc;

/// A value that knows which state of its resource it is.
pub trait Versioned {
    /// The number of distinct commands the value has absorbed; 0 for a resource never written.
    fn version(&self) -> u64;

    /// How much room the value takes; 1 unless stated, so that the bound counts entries.
    fn weight(&self) -> u32 {
        1
    }
}

/// When a load began. It is drawn *before* the table is asked, never after the answer: a value
/// may be as old as the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    /// Position among everything that ever began in this cache: the order, free of any clock.
    pub(crate) number: u64,
    /// The cache's clock at that moment: for the age only.
    pub(crate) at_ms: u64,
}

/// One kept value with the beginning of its load.
#[derive(Debug)]
pub(crate) struct Entry<V> {
    pub(crate) value: Arc<V>,
    pub(crate) begun: Begun,
}

// === impl Begun ===

impl Begun {
    /// Whether an answer of a load begun here may still be given. A clock that stepped back makes
    /// the age unknown, and what is of unknown age is not given.
    pub(crate) fn is_fresh(&self, now_ms: u64, ttl_ms: u64) -> bool {
        now_ms.checked_sub(self.at_ms).is_some_and(|age_ms| age_ms < ttl_ms)
    }
}

// === impl Entry ===

impl<V: Versioned> Entry<V> {
    /// Whether this value may take the place of `other`, which is still fresh: never when it is
    /// an older version, and among equals the load begun later wins because it lives longer.
    pub(crate) fn supersedes(&self, other: &Self) -> bool {
        let rank = |entry: &Self| (entry.value.version(), entry.begun.number);
        rank(self) >= rank(other)
    }
}

// Derived, this would ask for `V: Clone`.
impl<V> Clone for Entry<V> {
    fn clone(&self) -> Self {
        Self { value: Arc::clone(&self.value), begun: self.begun }
    }
}

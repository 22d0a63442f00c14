//! Where the judge sits: in reach of ports that must be `Send`, though a world has one thread.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A handle to the judge of a world, of whichever kind.
pub(crate) struct Seat<J>(Arc<Mutex<J>>);

// === impl Seat ===

impl<J> Clone for Seat<J> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<J> Seat<J> {
    pub(crate) fn new(judge: J) -> Self {
        Self(Arc::new(Mutex::new(judge)))
    }

    /// The judge. Never kept over an await.
    pub(crate) fn judge(&self) -> MutexGuard<'_, J> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

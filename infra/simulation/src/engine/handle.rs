//! Shared access to an oracle, also for ports that must be `Send`, though a world has one thread.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A handle to the oracle of a world. Clones share one oracle.
pub(crate) struct Handle<O: ?Sized>(pub(crate) Arc<Mutex<O>>);

// === impl Handle ===

impl<O: ?Sized> Clone for Handle<O> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<O> Handle<O> {
    pub(crate) fn new(oracle: O) -> Self {
        Self(Arc::new(Mutex::new(oracle)))
    }
}

impl<O: ?Sized> Handle<O> {
    /// The same oracle behind another pointer.
    pub(crate) fn of(shared: Arc<Mutex<O>>) -> Self {
        Self(shared)
    }

    pub(crate) fn shared(&self) -> Arc<Mutex<O>> {
        Arc::clone(&self.0)
    }

    /// The oracle. The guard is never held over an await.
    pub(crate) fn lock(&self) -> MutexGuard<'_, O> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

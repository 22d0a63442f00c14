//! Where the judge sits: in reach of ports that must be `Send`, though a world has one thread.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::hearing::Judge;

/// A handle to the judge of a world.
#[derive(Clone)]
pub(crate) struct Bench(Arc<Mutex<Judge>>);

// === impl Bench ===

impl Bench {
    pub(crate) fn new(judge: Judge) -> Self {
        Self(Arc::new(Mutex::new(judge)))
    }

    /// The judge. Never kept over an await.
    pub(crate) fn judge(&self) -> MutexGuard<'_, Judge> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! The log of a run: coverage counts, a hash of the history, the trace, and the first violation.

use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::coverage::{Counts, Coverage};
use super::timeline::Timeline;
use super::violation::{Invariant, Violation};

/// The log. Clones share one log, also with ports that must be `Send`.
#[derive(Clone)]
pub(crate) struct RunLog {
    timeline: Timeline,
    began_ms: u64,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    counts: Counts,
    history: DefaultHasher,
    violation: Option<Violation>,
    trace: Option<Vec<String>>,
}

// === impl RunLog ===

impl RunLog {
    pub(crate) fn new(timeline: Timeline, is_traced: bool) -> Self {
        let inner = Inner {
            counts: Counts::default(),
            history: DefaultHasher::new(),
            violation: None,
            trace: is_traced.then(Vec::new),
        };
        Self { began_ms: timeline.now_ms(), timeline, inner: Arc::new(Mutex::new(inner)) }
    }

    pub(crate) fn count(&self, coverage: Coverage) {
        let mut inner = self.inner();
        inner.counts.increment(coverage);
        (self.timeline.now_ms(), coverage).hash(&mut inner.history);
    }

    /// Adds a value to the history.
    pub(crate) fn add_to_history(&self, value: &impl Hash) {
        value.hash(&mut self.inner().history);
    }

    /// Adds a line to the trace, if there is one.
    pub(crate) fn trace(&self, line: impl FnOnce() -> String) {
        let at_ms = self.since_ms();
        if let Some(trace) = &mut self.inner().trace {
            trace.push(format!("{at_ms:>9} {}", line()));
        }
    }

    /// Reports a violation; only the first one counts.
    pub(crate) fn report(&self, invariant: Invariant, message: impl FnOnce() -> String) {
        if !self.has_violation() {
            let violation = Violation { invariant, at_ms: self.since_ms(), message: message() };
            self.trace(|| format!("oracle  {violation}"));
            self.inner().violation = Some(violation);
        }
    }

    /// Whether a violation was reported.
    pub(crate) fn has_violation(&self) -> bool {
        self.inner().violation.is_some()
    }

    /// The first violation, the hash of the history, the counts and the trace.
    pub(crate) fn finish(&self) -> (Option<Violation>, u64, Counts, Vec<String>) {
        let mut inner = self.inner();
        let trace = inner.trace.take().unwrap_or_default();
        (inner.violation.clone(), inner.history.finish(), inner.counts.clone(), trace)
    }

    fn since_ms(&self) -> u64 {
        self.timeline.now_ms() - self.began_ms
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! The minutes of a world: what happened how often, a fingerprint of all of it, and the first thing
//! that went wrong.

use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::counts::{Counts, Occasion};
use crate::judge::{Law, Violation};
use crate::timeline::Timeline;

/// The minutes. Clones are the same minutes, in reach of ports that must be `Send`.
#[derive(Clone)]
pub(crate) struct Minutes {
    timeline: Timeline,
    began_ms: u64,
    pages: Arc<Mutex<Pages>>,
}

struct Pages {
    counts: Counts,
    history: DefaultHasher,
    violation: Option<Violation>,
    trace: Option<Vec<String>>,
}

// === impl Minutes ===

impl Minutes {
    pub(crate) fn new(timeline: Timeline, is_traced: bool) -> Self {
        let pages = Pages {
            counts: Counts::default(),
            history: DefaultHasher::new(),
            violation: None,
            trace: is_traced.then(Vec::new),
        };
        Self { began_ms: timeline.now_ms(), timeline, pages: Arc::new(Mutex::new(pages)) }
    }

    pub(crate) fn note(&self, occasion: Occasion) {
        let mut pages = self.pages();
        pages.counts.note(occasion);
        (self.timeline.now_ms(), occasion).hash(&mut pages.history);
    }

    /// Something that is part of the history.
    pub(crate) fn remember(&self, what: &impl Hash) {
        what.hash(&mut self.pages().history);
    }

    /// A line of the trace, if there is to be one.
    pub(crate) fn trace(&self, line: impl FnOnce() -> String) {
        let at_ms = self.since_ms();
        if let Some(trace) = &mut self.pages().trace {
            trace.push(format!("{at_ms:>9} {}", line()));
        }
    }

    /// Something is wrong; only the first such thing counts.
    pub(crate) fn find(&self, law: Law, told: impl FnOnce() -> String) {
        if !self.is_done() {
            let violation = Violation { law, at_ms: self.since_ms(), told: told() };
            self.trace(|| format!("judge   {violation}"));
            self.pages().violation = Some(violation);
        }
    }

    /// Whether there is nothing left to find.
    pub(crate) fn is_done(&self) -> bool {
        self.pages().violation.is_some()
    }

    /// What was found, and a fingerprint of everything that happened.
    pub(crate) fn verdict(&self) -> (Option<Violation>, u64, Counts, Vec<String>) {
        let mut pages = self.pages();
        let trace = pages.trace.take().unwrap_or_default();
        (pages.violation.clone(), pages.history.finish(), pages.counts.clone(), trace)
    }

    fn since_ms(&self) -> u64 {
        self.timeline.now_ms() - self.began_ms
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

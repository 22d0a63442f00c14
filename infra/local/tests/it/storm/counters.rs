//! Counters of a storm; the thread that kills the process waits on them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex};

#[derive(Default)]
pub(crate) struct Counters {
    progress: Mutex<Progress>,
    moved: Condvar,
    pub(crate) answers: AtomicU64,
    pub(crate) lost: AtomicU64,
    pub(crate) rejected: AtomicU64,
}

#[derive(Default)]
struct Progress {
    /// Acknowledged commands.
    acknowledged: u64,
    /// A thread found an anomaly and panicked.
    has_failed: bool,
}

/// Records a panic and wakes all waiting threads.
pub(crate) struct Alarm<'a>(pub(crate) &'a Counters);

impl Counters {
    pub(crate) fn acknowledge(&self) {
        self.progress.lock().unwrap().acknowledged += 1;
        self.moved.notify_all();
    }

    pub(crate) fn show(&self) {
        self.answers.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn lose(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn refuse(&self) {
        self.rejected.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits until this many commands are acknowledged. False after a panic.
    pub(crate) fn wait_for(&self, acknowledged: u64) -> bool {
        let progress = self.progress.lock().unwrap();
        let must_wait = |now: &mut Progress| now.acknowledged < acknowledged && !now.has_failed;
        !self.moved.wait_while(progress, must_wait).unwrap().has_failed
    }
}

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.progress.lock().unwrap().has_failed = true;
            self.0.moved.notify_all();
        }
    }
}

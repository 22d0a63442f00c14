//! A process: its steps are the calls of its ports. At each it may be killed, before or after the call has
//! its effect, and the call may fail, with or without its effect.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use domain_core::port::PortError;

use crate::engine::Rng;

/// How often each kind of fault happens at a step, per million.
const KILL_PER_MILLION: u32 = 20_000;
const FAIL_PER_MILLION: u32 = 15_000;

/// How often a process was killed at each step, before and after its effect.
pub type StepCounts = BTreeMap<(&'static str, &'static str), u64>;

/// The faults of a world.
#[derive(Debug)]
pub(super) struct Faults {
    pub(super) rng: Rng,
    /// In the end nothing fails, so that everything can be finished.
    pub(super) are_over: AtomicBool,
    pub(super) kills: Mutex<StepCounts>,
}

/// One process.
#[derive(Debug, Clone)]
pub(super) struct Process {
    faults: Arc<Faults>,
    is_dead: Arc<AtomicBool>,
}

enum Fault {
    None,
    KilledBefore,
    KilledAfter,
    Failed,
    AnswerLost,
}

/// Lets the other processes run.
#[derive(Default)]
struct Yield(bool);

// === impl Process ===

impl Process {
    pub(super) fn new(faults: &Arc<Faults>) -> Self {
        Self { faults: Arc::clone(faults), is_dead: Arc::default() }
    }

    pub(super) fn is_dead(&self) -> bool {
        self.is_dead.load(Ordering::Relaxed)
    }

    /// One step.
    pub(super) async fn step<T>(
        &self,
        name: &'static str,
        call: impl Future<Output = Result<T, PortError>>,
    ) -> Result<T, PortError> {
        Yield::default().await;
        match self.faults.draw() {
            Fault::None => call.await,
            Fault::KilledBefore => self.die(name, "before").await,
            Fault::KilledAfter => {
                call.await?;
                self.die(name, "after").await
            }
            Fault::Failed => Err(PortError::Unavailable("refused".to_owned())),
            Fault::AnswerLost => {
                call.await?;
                Err(PortError::Unavailable("the answer is lost".to_owned()))
            }
        }
    }

    async fn die<T>(&self, name: &'static str, place: &'static str) -> T {
        self.faults.count((name, place));
        self.is_dead.store(true, Ordering::Relaxed);
        std::future::pending().await
    }
}

// === impl Faults ===

impl Faults {
    fn count(&self, kill: (&'static str, &'static str)) {
        let mut kills = self.kills.lock().unwrap_or_else(PoisonError::into_inner);
        *kills.entry(kill).or_default() += 1;
    }

    fn draw(&self) -> Fault {
        if self.are_over.load(Ordering::Relaxed) {
            return Fault::None;
        }
        let is_second = self.rng.coin();
        match (self.rng.chance(KILL_PER_MILLION), self.rng.chance(FAIL_PER_MILLION)) {
            (true, _) if is_second => Fault::KilledAfter,
            (true, _) => Fault::KilledBefore,
            (false, true) if is_second => Fault::AnswerLost,
            (false, true) => Fault::Failed,
            (false, false) => Fault::None,
        }
    }
}

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

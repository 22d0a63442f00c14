//! The instances behind the edges: each with its own cache and its own idea of the time, any of them
//! asked, any of them dead at any step.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use origin_adapters::memory::{MemoryBus, MemoryCarts, MemoryCommandLog, MemoryTables};
use origin_domain::time::Time;
use origin_functions::clock::Clock;
use tokio::sync::oneshot;

use super::instance::{FirstAnswers, Fittings, Instance};
use super::keys::Rotation;
use super::request::{Refused, Reply, Request};
use super::tap::TappedBus;
use crate::bug::Bug;
use crate::counts::Occasion;
use crate::crew::{Crew, Life};
use crate::judge::Bench;
use crate::ports::Exposed;
use crate::weather::Sky;

/// How long an edge waits for an instance (CloudFront's default origin response timeout).
const ORIGIN_MS_MAX: u64 = 30_000;
/// How often a clock is set, per million requests.
const CLOCK_STEPS: u32 = 5_000;

/// All instances.
pub(crate) struct Origin {
    pub(crate) crew: Crew,
    pub(crate) sky: Sky,
    pub(crate) bench: Bench,
    pub(crate) tables: MemoryTables,
    pub(crate) bus: TappedBus<MemoryBus>,
    pub(crate) keys: Rotation,
    pub(crate) bug: Option<Bug>,
    /// Cold at first.
    pub(crate) slots: RefCell<Vec<Option<Slot>>>,
    pub(crate) first_answers: FirstAnswers,
}

/// One place where an instance runs.
#[derive(Clone)]
pub(crate) struct Slot {
    instance: Rc<WiredInstance>,
    life: Life,
    skew_ms: Arc<AtomicI64>,
}

/// An instance on the ports of a world.
type WiredInstance =
    Instance<Exposed<MemoryCarts>, Exposed<MemoryCommandLog>, Exposed<TappedBus<MemoryBus>>>;

// === impl Origin ===

impl Origin {
    /// Has some instance serve a request.
    pub(crate) async fn ask(&self, request: Request) -> Reply {
        let Slot { instance, life, .. } = self.slot();
        let (tell, told) = oneshot::channel();
        self.crew.spawn(&life, async move {
            // The edge may have given up.
            let _ = tell.send(instance.serve(&request).await);
        });
        match self.sky.timeline.within(ORIGIN_MS_MAX, told).await {
            Some(Ok(reply)) => reply,
            Some(Err(_)) | None => Reply::Refused(Refused::Unavailable),
        }
    }

    /// Ends every instance.
    pub(crate) fn stop(&self) {
        self.slots.borrow().iter().flatten().for_each(|slot| slot.life.crash());
    }

    fn slot(&self) -> Slot {
        let mut slots = self.slots.borrow_mut();
        let at = self.sky.dice.index(slots.len());
        if slots[at].as_ref().is_some_and(|slot| slot.life.is_over()) {
            self.bench.judge().note(Occasion::Crash);
            slots[at] = None;
        }
        let slot = slots[at].get_or_insert_with(|| self.start()).clone();
        if self.sky.strikes(CLOCK_STEPS) {
            self.bench.judge().note(Occasion::ClockStep);
            slot.skew_ms.store(self.skew_ms(), Ordering::Relaxed);
        }
        slot
    }

    /// A cold start.
    fn start(&self) -> Slot {
        let life = self.crew.life();
        let skew_ms = Arc::new(AtomicI64::new(self.skew_ms()));
        let (timeline, skew) = (self.sky.timeline.clone(), Arc::clone(&skew_ms));
        let clock = Clock::new(move || {
            Time(timeline.now_ms().saturating_add_signed(skew.load(Ordering::Relaxed)))
        });
        let instance = Rc::new(Instance::new(Fittings {
            carts: self.exposed(&life, MemoryCarts::new(&self.tables)),
            log: self.exposed(&life, MemoryCommandLog::new(&self.tables)),
            events: self.exposed(&life, self.bus.clone()),
            clock,
            keys: self.keys.rings(&self.sky.timeline, &self.sky.dice),
            dice: self.sky.dice.clone(),
            bug: self.bug,
            first_answers: Rc::clone(&self.first_answers),
        }));
        Slot { instance, life, skew_ms }
    }

    fn exposed<P>(&self, life: &Life, port: P) -> Exposed<P> {
        Exposed { port, sky: self.sky.clone(), life: Some(life.clone()) }
    }

    fn skew_ms(&self) -> i64 {
        let most = self.sky.weather.skew_ms_max;
        let skew = i64::try_from(self.sky.dice.below(2 * most + 1)).unwrap_or(0);
        skew - i64::try_from(most).unwrap_or(0)
    }
}

//! Instances: each with its own cache and its own idea of the time, any of them asked, any of them
//! dead at any step.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use origin_domain::time::Time;
use origin_functions::clock::Clock;
use tokio::sync::oneshot;

use crate::counts::Occasion;
use crate::crew::{Crew, Life};
use crate::minutes::Minutes;
use crate::weather::Sky;

/// How long an edge waits for an instance (CloudFront's default origin response timeout).
const ORIGIN_MS_MAX: u64 = 30_000;
/// How often a clock is set, per million requests.
const CLOCK_STEPS: u32 = 5_000;

/// All instances of a kind.
pub(crate) struct Fleet<I> {
    crew: Crew,
    sky: Sky,
    minutes: Minutes,
    /// Cold at first.
    slots: RefCell<Vec<Option<Slot<I>>>>,
    start: Start<I>,
}

/// What a cold start makes, of whose life it is and of its clock.
type Start<I> = Box<dyn Fn(&Life, Clock) -> I>;

/// One place where an instance runs.
struct Slot<I> {
    instance: Rc<I>,
    life: Life,
    skew_ms: Arc<AtomicI64>,
}

// === impl Fleet ===

impl<I: 'static> Fleet<I> {
    pub(crate) fn new(crew: Crew, sky: Sky, minutes: Minutes, start: Start<I>) -> Self {
        let count = sky.dice.within(1..=3);
        Self { crew, sky, minutes, slots: RefCell::new((0..count).map(|_| None).collect()), start }
    }

    /// Has some instance do something; `None` if it dies of it or takes too long.
    pub(crate) async fn ask<T: 'static, F>(&self, act: impl FnOnce(Rc<I>) -> F) -> Option<T>
    where
        F: Future<Output = T> + 'static,
    {
        let (instance, life) = self.some();
        let (tell, told) = oneshot::channel();
        let act = act(instance);
        self.crew.spawn(&life, async move {
            // Whoever asked may have given up.
            let _ = tell.send(act.await);
        });
        self.sky.timeline.within(ORIGIN_MS_MAX, told).await?.ok()
    }

    /// Ends every instance.
    pub(crate) fn stop(&self) {
        self.slots.borrow().iter().flatten().for_each(|slot| slot.life.crash());
    }

    fn some(&self) -> (Rc<I>, Life) {
        let mut slots = self.slots.borrow_mut();
        let at = self.sky.dice.index(slots.len());
        if slots[at].as_ref().is_some_and(|slot| slot.life.is_over()) {
            self.minutes.note(Occasion::Crash);
            slots[at] = None;
        }
        let slot = slots[at].get_or_insert_with(|| self.cold_start());
        if self.sky.strikes(CLOCK_STEPS) {
            self.minutes.note(Occasion::ClockStep);
            slot.skew_ms.store(self.sky.skew_ms(), Ordering::Relaxed);
        }
        (Rc::clone(&slot.instance), slot.life.clone())
    }

    fn cold_start(&self) -> Slot<I> {
        let life = self.crew.life();
        let skew_ms = Arc::new(AtomicI64::new(self.sky.skew_ms()));
        let (timeline, skew) = (self.sky.timeline.clone(), Arc::clone(&skew_ms));
        let clock = Clock::new(move || {
            Time(timeline.now_ms().saturating_add_signed(skew.load(Ordering::Relaxed)))
        });
        Slot { instance: Rc::new((self.start)(&life, clock)), life, skew_ms }
    }
}

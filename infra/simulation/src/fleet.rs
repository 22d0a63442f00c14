//! The instances of the shop: each has its own cache and clock, serves any request, and may crash
//! at any step.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain_core::time::Time;
use origin_functions::runtime::clock::Clock;
use tokio::sync::oneshot;

use crate::coverage::Coverage;
use crate::executor::{Executor, TaskGroup};
use crate::faults::FaultInjector;
use crate::run_log::RunLog;

/// How long an edge waits for an instance (CloudFront's default origin response timeout).
const ORIGIN_MS_MAX: u64 = 30_000;
/// How often a clock is adjusted, per million requests.
const CLOCK_STEPS: u32 = 5_000;

/// All instances of a kind.
pub(crate) struct Fleet<I> {
    executor: Executor,
    faults: FaultInjector,
    run_log: RunLog,
    /// Empty until the cold start.
    slots: RefCell<Vec<Option<Slot<I>>>>,
    start: Start<I>,
}

/// Creates an instance from its task group and its clock.
type Start<I> = Box<dyn Fn(&TaskGroup, Clock) -> I>;

/// A slot that runs one instance.
struct Slot<I> {
    instance: Rc<I>,
    group: TaskGroup,
    skew_ms: Arc<AtomicI64>,
}

// === impl Fleet ===

impl<I: 'static> Fleet<I> {
    pub(crate) fn new(
        executor: Executor,
        faults: FaultInjector,
        run_log: RunLog,
        start: Start<I>,
    ) -> Self {
        let count = faults.rng.within(1..=3);
        Self {
            executor,
            faults,
            run_log,
            slots: RefCell::new((0..count).map(|_| None).collect()),
            start,
        }
    }

    /// Calls a random instance; `None` if it crashes or takes too long.
    pub(crate) async fn call<T: 'static, F>(&self, act: impl FnOnce(Rc<I>) -> F) -> Option<T>
    where
        F: Future<Output = T> + 'static,
    {
        let (instance, group) = self.pick_instance();
        let (sender, receiver) = oneshot::channel();
        let act = act(instance);
        self.executor.spawn(&group, async move {
            // The caller may have timed out.
            let _ = sender.send(act.await);
        });
        self.faults.timeline.within(ORIGIN_MS_MAX, receiver).await?.ok()
    }

    /// Ends every instance.
    pub(crate) fn stop(&self) {
        self.slots.borrow().iter().flatten().for_each(|slot| slot.group.crash());
    }

    fn pick_instance(&self) -> (Rc<I>, TaskGroup) {
        let mut slots = self.slots.borrow_mut();
        let at = self.faults.rng.index(slots.len());
        if slots[at].as_ref().is_some_and(|slot| slot.group.is_crashed()) {
            self.run_log.count(Coverage::Crash);
            slots[at] = None;
        }
        let slot = slots[at].get_or_insert_with(|| self.cold_start());
        if self.faults.occurs(CLOCK_STEPS) {
            self.run_log.count(Coverage::ClockStep);
            slot.skew_ms.store(self.faults.skew_ms(), Ordering::Relaxed);
        }
        (Rc::clone(&slot.instance), slot.group.clone())
    }

    fn cold_start(&self) -> Slot<I> {
        let group = self.executor.new_group();
        let skew_ms = Arc::new(AtomicI64::new(self.faults.skew_ms()));
        let (timeline, skew) = (self.faults.timeline.clone(), Arc::clone(&skew_ms));
        let clock = Clock::new(move || {
            Time(timeline.now_ms().saturating_add_signed(skew.load(Ordering::Relaxed)))
        });
        Slot { instance: Rc::new((self.start)(&group, clock)), group, skew_ms }
    }
}

//! The instances of the shop: each has its own caches and clock, serves any request, and may crash
//! at any step.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use edge_wire::function::HttpFunction;
use http::{Request, Response};
use tokio::sync::oneshot;

use super::clock::InstanceClock;
use super::instance::Instance;
use crate::engine::{Coverage, FaultInjector, RunLog, Spawner, TaskGroup};

/// How often a clock is adjusted, per million requests.
const CLOCK_STEPS: u32 = 5_000;

/// All instances.
pub(crate) struct Fleet {
    spawner: Spawner,
    faults: FaultInjector,
    run_log: RunLog,
    /// Empty until the cold start.
    slots: Mutex<Vec<Option<Slot>>>,
    start: Start,
}

/// Creates an instance from its task group and its clock.
type Start = Box<dyn Fn(&TaskGroup, InstanceClock) -> Instance + Send + Sync>;

/// A slot that runs one instance.
struct Slot {
    instance: Arc<Instance>,
    group: TaskGroup,
    clock: InstanceClock,
}

// === impl Fleet ===

impl Fleet {
    pub(crate) fn new(
        spawner: Spawner,
        faults: FaultInjector,
        run_log: RunLog,
        start: Start,
    ) -> Self {
        let count = faults.rng.within(1..=3);
        let slots = Mutex::new((0..count).map(|_| None).collect());
        Self { spawner, faults, run_log, slots, start }
    }

    /// Calls a random instance; `None` if it crashes or takes longer than `ms_max`.
    pub(crate) async fn call(
        &self,
        function: HttpFunction,
        request: Request<Bytes>,
        ms_max: u64,
    ) -> Option<Response<Bytes>> {
        let (instance, group) = self.pick_instance();
        let (sender, receiver) = oneshot::channel();
        self.spawner.spawn(&group, async move {
            // The caller may have timed out.
            let _ = sender.send(instance.serve(function, request).await);
        });
        self.faults.timeline.within(ms_max, receiver).await?.ok()
    }

    /// Ends every instance.
    pub(crate) fn stop(&self) {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.iter().flatten().for_each(|slot| slot.group.crash());
    }

    fn pick_instance(&self) -> (Arc<Instance>, TaskGroup) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let at = self.faults.rng.index(slots.len());
        if slots[at].as_ref().is_some_and(|slot| slot.group.is_crashed()) {
            self.run_log.count(Coverage::Crash);
            slots[at] = None;
        }
        let slot = slots[at].get_or_insert_with(|| self.cold_start());
        if self.faults.occurs(CLOCK_STEPS) {
            self.run_log.count(Coverage::ClockStep);
            slot.clock.adjust(&self.faults);
        }
        (Arc::clone(&slot.instance), slot.group.clone())
    }

    fn cold_start(&self) -> Slot {
        let group = self.spawner.new_group();
        let clock = InstanceClock::new(&self.faults);
        let instance = Arc::new((self.start)(&group, clock.clone()));
        Slot { instance, group, clock }
    }
}

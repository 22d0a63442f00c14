//! The single-threaded executor of a world. Each task belongs to a group that can crash as a whole.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Wake, Waker};

use super::rng::Rng;
use super::timeline::Timeline;

/// How often in a row a task may wake itself before it is considered stuck.
const SELF_WAKES_MAX: u32 = 100;

/// The tasks of a world. Clones share one executor.
#[derive(Clone)]
pub(crate) struct Executor(Rc<Inner>);

struct Inner {
    timeline: Timeline,
    rng: Rng,
    tasks: RefCell<Vec<Option<Task>>>,
    free_slots: RefCell<Vec<usize>>,
    ready: RefCell<VecDeque<usize>>,
    signals: Arc<Signals>,
}

/// What tasks report to the executor: the woken tasks and the crashed groups.
#[derive(Default)]
struct Signals {
    /// The slots woken during one step. Their order is not deterministic: tokio's `watch` wakes its
    /// receivers in an order that depends on the thread.
    woken: Mutex<Vec<usize>>,
    crashed: Mutex<Vec<u64>>,
    groups: AtomicU64,
    /// Tasks that a [`Spawner`] started during this step.
    spawned: Mutex<Vec<(TaskGroup, SendTask)>>,
}

type SendTask = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Starts tasks from code that must be `Send`, though a world has one thread.
#[derive(Clone)]
pub(crate) struct Spawner(Arc<Signals>);

struct Task {
    group: u64,
    /// `None` while it is being polled.
    future: Option<Pin<Box<dyn Future<Output = ()>>>>,
    waker: Waker,
}

struct TaskWaker {
    slot: usize,
    signals: Arc<Signals>,
}

/// The tasks of one process that may crash. Clones share one group.
#[derive(Clone)]
pub(crate) struct TaskGroup(Arc<GroupInner>);

struct GroupInner {
    id: u64,
    is_crashed: AtomicBool,
    signals: Arc<Signals>,
}

// === impl Executor ===

impl Executor {
    pub(crate) fn new(timeline: Timeline, rng: Rng) -> Self {
        Self(Rc::new(Inner {
            timeline,
            rng,
            tasks: RefCell::default(),
            free_slots: RefCell::default(),
            ready: RefCell::default(),
            signals: Arc::default(),
        }))
    }

    /// Creates a task group.
    pub(crate) fn new_group(&self) -> TaskGroup {
        self.0.signals.new_group()
    }

    /// A handle that starts tasks of this executor.
    pub(crate) fn spawner(&self) -> Spawner {
        Spawner(Arc::clone(&self.0.signals))
    }

    /// Starts a task. A crash of its group ends it.
    pub(crate) fn spawn(&self, group: &TaskGroup, future: impl Future<Output = ()> + 'static) {
        self.start(group.0.id, Box::pin(future));
    }

    fn start(&self, group: u64, future: Pin<Box<dyn Future<Output = ()>>>) {
        let mut tasks = self.0.tasks.borrow_mut();
        let slot = self.0.free_slots.borrow_mut().pop().unwrap_or_else(|| {
            tasks.push(None);
            tasks.len() - 1
        });
        let task_waker = TaskWaker { slot, signals: Arc::clone(&self.0.signals) };
        let waker = Waker::from(Arc::new(task_waker));
        waker.wake_by_ref();
        tasks[slot] = Some(Task { group, future: Some(future), waker });
    }

    /// Runs until no task is ready and no alarm is set.
    pub(crate) fn run(&self) {
        loop {
            self.schedule_woken();
            while let Some(slot) = self.next() {
                self.poll(slot);
                self.kill_crashed();
                self.schedule_woken();
            }
            if !self.0.timeline.advance() {
                return;
            }
        }
    }

    /// Drops all tasks: a task that waits forever and the executor own each other.
    pub(crate) fn shut_down(&self) {
        let tasks = std::mem::take(&mut *self.0.tasks.borrow_mut());
        drop(tasks);
    }

    /// Appends the woken tasks to the ready queue, in an order that the seed determines.
    fn schedule_woken(&self) {
        for (group, future) in self.0.signals.take_spawned() {
            if !group.is_crashed() {
                self.start(group.0.id, future);
            }
        }
        let mut woken = self.0.signals.take_woken();
        woken.sort_unstable();
        woken.dedup();
        self.0.rng.shuffle(&mut woken);
        self.0.ready.borrow_mut().extend(woken);
    }

    fn next(&self) -> Option<usize> {
        self.0.ready.borrow_mut().pop_front()
    }

    fn poll(&self, slot: usize) {
        let ready = match &mut self.0.tasks.borrow_mut()[slot] {
            Some(task) => task.future.take().map(|future| (future, task.waker.clone())),
            None => None,
        };
        // A waker may refer to a task that ended, or to the next task in its slot.
        let Some((mut future, waker)) = ready else { return };
        // A task that wakes itself while it is polled continues at once and is not shuffled: moka's
        // housekeeping wakes itself, at times that depend on the real clock.
        for _ in 0..SELF_WAKES_MAX {
            let before = self.0.signals.count();
            let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
            let has_woken_itself = self.0.signals.retract(slot, before);
            if polled.is_ready() {
                return self.remove(slot);
            }
            if !has_woken_itself {
                break;
            }
        }
        if let Some(task) = &mut self.0.tasks.borrow_mut()[slot] {
            task.future = Some(future);
        }
    }

    /// Ends the tasks of crashed groups at their current await point.
    fn kill_crashed(&self) {
        let crashed = self.0.signals.take_crashed();
        if crashed.is_empty() {
            return;
        }
        let is_crashed =
            |task: &Option<Task>| task.as_ref().is_some_and(|task| crashed.contains(&task.group));
        let slots: Vec<usize> = {
            let tasks = self.0.tasks.borrow();
            (0..tasks.len()).filter(|slot| is_crashed(&tasks[*slot])).collect()
        };
        for slot in slots {
            self.remove(slot);
        }
    }

    fn remove(&self, slot: usize) {
        let task = self.0.tasks.borrow_mut()[slot].take();
        self.0.free_slots.borrow_mut().push(slot);
        // Dropping the future may wake other tasks.
        drop(task);
    }
}

// === impl Signals ===

impl Signals {
    fn new_group(self: &Arc<Self>) -> TaskGroup {
        let id = self.groups.fetch_add(1, Ordering::Relaxed) + 1;
        let signals = Arc::clone(self);
        TaskGroup(Arc::new(GroupInner { id, is_crashed: AtomicBool::new(false), signals }))
    }

    fn take_woken(&self) -> Vec<usize> {
        std::mem::take(&mut *self.woken())
    }

    /// The number of wakes so far in this step.
    fn count(&self) -> usize {
        self.woken().len()
    }

    /// Removes the wakes of a task after the first `first` ones; returns whether there were any.
    fn retract(&self, slot: usize, first: usize) -> bool {
        let mut woken = self.woken();
        let later: Vec<usize> = woken.drain(first..).collect();
        woken.extend(later.iter().filter(|other| **other != slot));
        later.contains(&slot)
    }

    fn woken(&self) -> MutexGuard<'_, Vec<usize>> {
        self.woken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_spawned(&self) -> Vec<(TaskGroup, SendTask)> {
        std::mem::take(&mut *self.spawned.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn take_crashed(&self) -> Vec<u64> {
        std::mem::take(&mut *self.crashed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

// === impl Spawner ===

impl Spawner {
    /// Starts a task after the current step.
    pub(crate) fn spawn(
        &self,
        group: &TaskGroup,
        future: impl Future<Output = ()> + Send + 'static,
    ) {
        let mut spawned = self.0.spawned.lock().unwrap_or_else(PoisonError::into_inner);
        spawned.push((group.clone(), Box::pin(future)));
    }

    /// Creates a task group.
    pub(crate) fn new_group(&self) -> TaskGroup {
        self.0.new_group()
    }
}

// === impl TaskWaker ===

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.signals.woken().push(self.slot);
    }
}

// === impl TaskGroup ===

impl TaskGroup {
    /// Ends all tasks of this group after the current step.
    pub(crate) fn crash(&self) {
        if !self.0.is_crashed.swap(true, Ordering::Relaxed) {
            let mut crashed = self.0.signals.crashed.lock().unwrap_or_else(PoisonError::into_inner);
            crashed.push(self.0.id);
        }
    }

    pub(crate) fn is_crashed(&self) -> bool {
        self.0.is_crashed.load(Ordering::Relaxed)
    }
}

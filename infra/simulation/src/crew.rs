//! Who acts in a world: tasks on one thread, each of a group that can die at once.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Wake, Waker};

use crate::dice::Dice;
use crate::timeline::Timeline;

/// How often in a row a task may call itself before it is taken to be stuck.
const SELF_CALLS_MAX: u32 = 100;

/// The tasks of a world. Clones are the same crew.
#[derive(Clone)]
pub(crate) struct Crew(Rc<Inner>);

struct Inner {
    timeline: Timeline,
    dice: Dice,
    tasks: RefCell<Vec<Option<Task>>>,
    vacant: RefCell<Vec<usize>>,
    ready: RefCell<VecDeque<usize>>,
    signals: Arc<Signals>,
    lives: Cell<u64>,
}

/// What tasks leave for the crew: who can go on, and which groups are to die.
#[derive(Default)]
struct Signals {
    /// Those called during one step. In which order they were called says nothing: tokio's `watch`
    /// calls its receivers in an order drawn by the thread.
    called: Mutex<Vec<usize>>,
    doomed: Mutex<Vec<u64>>,
}

struct Task {
    group: u64,
    /// Away while it is being polled.
    future: Option<Pin<Box<dyn Future<Output = ()>>>>,
    waker: Waker,
}

struct Bell {
    slot: usize,
    signals: Arc<Signals>,
}

/// One life of something that may crash: a group of tasks. Clones are the same life.
#[derive(Clone)]
pub(crate) struct Life(Arc<LifeInner>);

struct LifeInner {
    group: u64,
    is_over: AtomicBool,
    signals: Arc<Signals>,
}

// === impl Crew ===

impl Crew {
    pub(crate) fn new(timeline: Timeline, dice: Dice) -> Self {
        Self(Rc::new(Inner {
            timeline,
            dice,
            tasks: RefCell::default(),
            vacant: RefCell::default(),
            ready: RefCell::default(),
            signals: Arc::default(),
            lives: Cell::new(0),
        }))
    }

    /// The beginning of a life.
    pub(crate) fn life(&self) -> Life {
        let group = self.0.lives.get() + 1;
        self.0.lives.set(group);
        let signals = Arc::clone(&self.0.signals);
        Life(Arc::new(LifeInner { group, is_over: AtomicBool::new(false), signals }))
    }

    /// Lets a task begin; it ends with its life at the latest.
    pub(crate) fn spawn(&self, life: &Life, future: impl Future<Output = ()> + 'static) {
        let mut tasks = self.0.tasks.borrow_mut();
        let slot = self.0.vacant.borrow_mut().pop().unwrap_or_else(|| {
            tasks.push(None);
            tasks.len() - 1
        });
        let bell = Bell { slot, signals: Arc::clone(&self.0.signals) };
        let waker = Waker::from(Arc::new(bell));
        waker.wake_by_ref();
        tasks[slot] = Some(Task { group: life.0.group, future: Some(Box::pin(future)), waker });
    }

    /// Runs until nobody can act any more and no alarm is set.
    pub(crate) fn run(&self) {
        loop {
            self.muster();
            while let Some(slot) = self.next() {
                self.poll(slot);
                self.bury();
                self.muster();
            }
            if !self.0.timeline.advance() {
                return;
            }
        }
    }

    /// Ends everything: tasks that wait for ever hold on to the crew that holds on to them.
    pub(crate) fn disband(&self) {
        let tasks = std::mem::take(&mut *self.0.tasks.borrow_mut());
        drop(tasks);
    }

    /// Lines up those who were called, in an order drawn by the seed.
    fn muster(&self) {
        let mut called = self.0.signals.called();
        called.sort_unstable();
        called.dedup();
        self.0.dice.shuffle(&mut called);
        self.0.ready.borrow_mut().extend(called);
    }

    fn next(&self) -> Option<usize> {
        self.0.ready.borrow_mut().pop_front()
    }

    fn poll(&self, slot: usize) {
        let taken = match &mut self.0.tasks.borrow_mut()[slot] {
            Some(task) => task.future.take().map(|future| (future, task.waker.clone())),
            None => None,
        };
        // A bell may ring for a task that ended, or for its slot's next tenant.
        let Some((mut future, waker)) = taken else { return };
        // Whoever calls itself while it acts goes on at once and takes no part in the draw: moka's
        // housekeeping does so, and when it is due is told by a real clock.
        for _ in 0..SELF_CALLS_MAX {
            let before = self.0.signals.count();
            let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
            let has_called_itself = self.0.signals.take_back(slot, before);
            if polled.is_ready() {
                return self.vacate(slot);
            }
            if !has_called_itself {
                break;
            }
        }
        if let Some(task) = &mut self.0.tasks.borrow_mut()[slot] {
            task.future = Some(future);
        }
    }

    /// Ends the doomed in the middle of whatever they were doing.
    fn bury(&self) {
        let doomed = self.0.signals.doomed();
        if doomed.is_empty() {
            return;
        }
        let is_doomed =
            |task: &Option<Task>| task.as_ref().is_some_and(|task| doomed.contains(&task.group));
        let slots: Vec<usize> = {
            let tasks = self.0.tasks.borrow();
            (0..tasks.len()).filter(|slot| is_doomed(&tasks[*slot])).collect()
        };
        for slot in slots {
            self.vacate(slot);
        }
    }

    fn vacate(&self, slot: usize) {
        let task = self.0.tasks.borrow_mut()[slot].take();
        self.0.vacant.borrow_mut().push(slot);
        // What it drops may ring bells.
        drop(task);
    }
}

// === impl Signals ===

impl Signals {
    fn called(&self) -> Vec<usize> {
        std::mem::take(&mut *self.calls())
    }

    /// How many calls there are.
    fn count(&self) -> usize {
        self.calls().len()
    }

    /// Takes back the calls of a task after the first so many; whether there were any.
    fn take_back(&self, slot: usize, first: usize) -> bool {
        let mut calls = self.calls();
        let later: Vec<usize> = calls.drain(first..).collect();
        calls.extend(later.iter().filter(|other| **other != slot));
        later.contains(&slot)
    }

    fn calls(&self) -> MutexGuard<'_, Vec<usize>> {
        self.called.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn doomed(&self) -> Vec<u64> {
        std::mem::take(&mut *self.doomed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

// === impl Bell ===

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.signals.calls().push(self.slot);
    }
}

// === impl Life ===

impl Life {
    /// Ends everything of this life after the present step.
    pub(crate) fn crash(&self) {
        if !self.0.is_over.swap(true, Ordering::Relaxed) {
            let mut doomed = self.0.signals.doomed.lock().unwrap_or_else(PoisonError::into_inner);
            doomed.push(self.0.group);
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.0.is_over.load(Ordering::Relaxed)
    }
}

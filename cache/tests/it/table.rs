//! A table that answers when the test says so, a clock that the test moves, and calls that move
//! only when polled.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use cache::{Bounds, Consistency, Obtained, ReadThrough, Source, Versioned};
use tokio::sync::oneshot;

pub(crate) const TTL_MS: u64 = 5_000;
pub(crate) const KEY: &str = "cart-1";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cart {
    pub(crate) version: u64,
    /// The position of the read that produced it; two reads may see one version.
    pub(crate) read: usize,
}

/// The failure of the read with this position.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outage(pub(crate) usize);

pub(crate) type Carts = ReadThrough<&'static str, Cart, Outage>;
pub(crate) type Answer = Result<Obtained<Cart>, Arc<Outage>>;

/// A read that waits for the test to answer it.
pub(crate) struct Read {
    pub(crate) consistency: Consistency,
    number: usize,
    answer: oneshot::Sender<Result<Cart, Outage>>,
}

/// Counts the reads and holds them until they are answered.
#[derive(Default)]
pub(crate) struct Table {
    waiting: RefCell<VecDeque<Read>>,
    reads: Cell<usize>,
}

/// One caller of `get`, moved only by `is_waiting`.
pub(crate) struct Call<'a>(Pin<Box<dyn Future<Output = Answer> + 'a>>);

/// Milliseconds, moved by the test.
#[derive(Clone, Default)]
pub(crate) struct Clock(Arc<AtomicU64>);

pub(crate) fn carts(clock: &Clock) -> Carts {
    let bounds = Bounds { weight_max: 100, ttl: Duration::from_millis(TTL_MS) };
    let clock = clock.clone();
    ReadThrough::new(bounds, move || clock.now_ms())
}

/// What a shopper is told: version, source, and whether it is conclusive.
pub(crate) fn told(answer: Answer) -> (u64, Source, bool) {
    let obtained = answer.expect("the call is answered");
    (obtained.value.version, obtained.source, obtained.conclusive)
}

/// Runs a future that has nothing to wait for.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    match poll(&mut Box::pin(future)) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing to wait for, and yet it waits"),
    }
}

fn poll<F: Future + ?Sized>(future: &mut Pin<Box<F>>) -> Poll<F::Output> {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

// === impl Cart ===

impl Versioned for Cart {
    fn version(&self) -> u64 {
        self.version
    }
}

// === impl Read ===

impl Read {
    pub(crate) fn finds(self, version: u64) {
        let cart = Cart { version, read: self.number };
        self.answer.send(Ok(cart)).expect("somebody waits for this read");
    }

    pub(crate) fn fails(self) {
        self.answer.send(Err(Outage(self.number))).expect("somebody waits for this read");
    }

    pub(crate) fn number(&self) -> usize {
        self.number
    }

    /// Whether the caller who began it is gone.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }
}

// === impl Table ===

impl Table {
    pub(crate) async fn read(&self, consistency: Consistency) -> Result<Cart, Outage> {
        let (answer, answered) = oneshot::channel();
        let number = self.reads.get() + 1;
        self.reads.set(number);
        self.waiting.borrow_mut().push_back(Read { consistency, number, answer });
        answered.await.expect("the test answers or drops the caller")
    }

    /// The oldest read that was not taken yet, which must be of this consistency.
    pub(crate) fn asked(&self, consistency: Consistency) -> Read {
        let read = self.take().expect("a read was begun");
        assert_eq!(read.consistency, consistency);
        read
    }

    pub(crate) fn take(&self) -> Option<Read> {
        self.waiting.borrow_mut().pop_front()
    }

    /// How many reads were ever begun.
    pub(crate) fn reads(&self) -> usize {
        self.reads.get()
    }

    pub(crate) fn get<'a>(&'a self, carts: &'a Carts, floor: u64) -> Call<'a> {
        Call::new(carts.get(&KEY, floor, |consistency| self.read(consistency)))
    }

    /// Fills the cache through a call, as the first shopper of a quiet morning would.
    pub(crate) fn warm(&self, carts: &Carts, version: u64) {
        let mut call = self.get(carts, 0);
        assert!(call.is_waiting());
        self.asked(Consistency::Eventual).finds(version);
        assert_eq!(told(call.answer()), (version, Source::Loaded, false));
    }
}

// === impl Call ===

impl<'a> Call<'a> {
    pub(crate) fn new(get: impl Future<Output = Answer> + 'a) -> Self {
        Self(Box::pin(get))
    }

    /// Lets the call run as far as it can; true when it still waits for something.
    pub(crate) fn is_waiting(&mut self) -> bool {
        self.poll().is_none()
    }

    /// The answer, which must need nothing more.
    pub(crate) fn answer(mut self) -> Answer {
        self.poll().expect("the call has all it needs")
    }

    pub(crate) fn poll(&mut self) -> Option<Answer> {
        match poll(&mut self.0) {
            Poll::Ready(answer) => Some(answer),
            Poll::Pending => None,
        }
    }
}

// === impl Clock ===

impl Clock {
    pub(crate) fn now_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn set_ms(&self, now_ms: u64) {
        self.0.store(now_ms, Ordering::Relaxed);
    }
}

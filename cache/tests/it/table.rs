//! A table whose reads the test answers, a clock the test sets, and calls that run only when
//! polled.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use cache::{Bounds, Consistency, Lookup, ReadThrough, Source, Versioned};
use tokio::sync::oneshot;

pub(crate) const TTL_MS: u64 = 5_000;
pub(crate) const KEY: &str = "cart-1";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cart {
    pub(crate) version: u64,
    /// The position of the read that produced it; two reads may return one version.
    pub(crate) read: usize,
}

/// The failure of the read with this position.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outage(pub(crate) usize);

pub(crate) type Carts = ReadThrough<Cart, Outage>;
pub(crate) type Answer = Result<Lookup<Cart>, Arc<Outage>>;

/// A read that waits for the test's answer.
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

/// One call of `get`, polled by the test.
pub(crate) struct Call<'a>(Pin<Box<dyn Future<Output = Answer> + 'a>>);

/// A clock in milliseconds, set by the test.
#[derive(Clone, Default)]
pub(crate) struct Clock(Arc<AtomicU64>);

pub(crate) fn carts(clock: &Clock) -> Carts {
    let bounds = Bounds { weight_max: 100, ttl: Duration::from_millis(TTL_MS) };
    let clock = clock.clone();
    ReadThrough::new(bounds, move || clock.now_ms())
}

/// An answer as version, source, and whether it is conclusive.
pub(crate) fn summary(answer: Answer) -> (u64, Source, bool) {
    let lookup = answer.expect("the call is answered");
    (lookup.value.version, lookup.source, lookup.conclusive)
}

/// Polls a future that must be ready at once.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    match poll(&mut Box::pin(future)) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future is not ready"),
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
        self.answer.send(Ok(cart)).expect("a call waits for this read");
    }

    pub(crate) fn fails(self) {
        self.answer.send(Err(Outage(self.number))).expect("a call waits for this read");
    }

    pub(crate) fn number(&self) -> usize {
        self.number
    }

    /// Whether the call that began it was dropped.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }
}

// === impl Table ===

impl Table {
    pub(crate) async fn read(&self, consistency: Consistency) -> Result<Cart, Outage> {
        let (answer, receiver) = oneshot::channel();
        let number = self.reads.get() + 1;
        self.reads.set(number);
        self.waiting.borrow_mut().push_back(Read { consistency, number, answer });
        receiver.await.expect("the test answers or drops the caller")
    }

    /// Takes the oldest waiting read, which must have this consistency.
    pub(crate) fn next_read(&self, consistency: Consistency) -> Read {
        let read = self.take().expect("a read is waiting");
        assert_eq!(read.consistency, consistency);
        read
    }

    pub(crate) fn take(&self) -> Option<Read> {
        self.waiting.borrow_mut().pop_front()
    }

    /// The number of reads begun so far.
    pub(crate) fn reads(&self) -> usize {
        self.reads.get()
    }

    pub(crate) fn get<'a>(&'a self, carts: &'a Carts, floor: u64) -> Call<'a> {
        Call::new(carts.get(KEY, floor, |consistency| self.read(consistency)))
    }

    /// Fills the cache through one call.
    pub(crate) fn warm(&self, carts: &Carts, version: u64) {
        let mut call = self.get(carts, 0);
        assert!(call.is_waiting());
        self.next_read(Consistency::Eventual).finds(version);
        assert_eq!(summary(call.answer()), (version, Source::Loaded, false));
    }
}

// === impl Call ===

impl<'a> Call<'a> {
    pub(crate) fn new(get: impl Future<Output = Answer> + 'a) -> Self {
        Self(Box::pin(get))
    }

    /// Polls the call once; true if it is not ready.
    pub(crate) fn is_waiting(&mut self) -> bool {
        self.poll().is_none()
    }

    /// The answer, which must be ready.
    pub(crate) fn answer(mut self) -> Answer {
        self.poll().expect("the call is ready")
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

//! Random interleavings of shoppers, reads, fills and clocks, checked against invariants.

use cache::Consistency::{self, Strong};
use cache::{LoadStart, Source};
use proptest::prelude::*;

use crate::table::{Answer, Call, Cart, Carts, Clock, KEY, Read, TTL_MS, Table, carts};

/// Versions are small so that floors are often near them.
const VERSION_MAX: u64 = 6;

/// Once reads succeed, a call waits for at most one load begun before it and one begun after it,
/// for each consistency; a follower that ran before its leader notices one round later.
const ROUNDS_MAX: usize = 8;

#[derive(Clone, Debug)]
enum Step {
    /// A shopper calls with this floor.
    Call(u64),
    /// The scheduler runs a call.
    Run(prop::sample::Index),
    /// A shopper leaves.
    Leave(prop::sample::Index),
    /// The resource absorbs a command.
    Write,
    /// A read returns the table as of its start; an eventual one may lag behind that.
    Answer(prop::sample::Index, u64),
    /// A read fails.
    Fail(prop::sample::Index),
    /// A read outside the cache begins.
    Begin,
    /// That read fills the cache with this version.
    Fill(u64),
    Invalidate,
    Advance(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let any_one = any::<prop::sample::Index>;
    prop_oneof![
        6 => (0..=VERSION_MAX).prop_map(Step::Call),
        8 => any_one().prop_map(Step::Run),
        1 => any_one().prop_map(Step::Leave),
        3 => Just(Step::Write),
        6 => (any_one(), 0..3_u64).prop_map(|(read, lag)| Step::Answer(read, lag)),
        1 => any_one().prop_map(Step::Fail),
        1 => Just(Step::Begin),
        1 => (0..=VERSION_MAX).prop_map(Step::Fill),
        1 => Just(Step::Invalidate),
        2 => (1..=TTL_MS).prop_map(Step::Advance),
    ]
}

/// The state of the world when a read or a call began.
#[derive(Clone, Copy)]
struct Since {
    step: usize,
    at_ms: u64,
    version: u64,
    consistency: Consistency,
}

struct World<'a> {
    carts: &'a Carts,
    table: &'a Table,
    clock: Clock,
    step: usize,
    version: u64,
    /// By read number, from 1; a read outside the cache has no number.
    reads: Vec<Since>,
    waiting: Vec<Read>,
    calls: Vec<(Call<'a>, u64, Since)>,
    outside: Option<(LoadStart, Since)>,
    invalidated: usize,
    cached: Option<Cart>,
}

// === impl World ===

impl<'a> World<'a> {
    fn since(&self, consistency: Consistency) -> Since {
        let Self { step, version, .. } = *self;
        Since { step, at_ms: self.clock.now_ms(), version, consistency }
    }

    fn take(&mut self, step: Step) {
        self.step += 1;
        match step {
            Step::Call(floor) => {
                let call = self.table.get(self.carts, floor);
                let since = self.since(Consistency::Eventual);
                self.calls.push((call, floor, since));
                self.run(self.calls.len() - 1);
            }
            Step::Run(index) if !self.calls.is_empty() => self.run(index.index(self.calls.len())),
            Step::Leave(index) if !self.calls.is_empty() => {
                self.calls.swap_remove(index.index(self.calls.len()));
                self.waiting.retain(|read| !read.is_abandoned());
            }
            Step::Write => self.version = (self.version + 1).min(VERSION_MAX),
            Step::Answer(index, lag) if !self.waiting.is_empty() => {
                let read = self.waiting.swap_remove(index.index(self.waiting.len()));
                self.answer(read, lag);
            }
            Step::Fail(index) if !self.waiting.is_empty() => {
                self.waiting.swap_remove(index.index(self.waiting.len())).fails();
            }
            Step::Begin => self.outside = Some((self.carts.begin(), self.since(Strong))),
            Step::Fill(version) => self.fill(version),
            Step::Invalidate => {
                self.carts.invalidate(KEY);
                self.invalidated = self.step;
            }
            Step::Advance(ms) => self.clock.set_ms(self.clock.now_ms() + ms),
            _ => {}
        }
        self.check_cached();
    }

    fn answer(&self, read: Read, lag: u64) {
        let since = self.reads[read.number() - 1];
        let lag = if since.consistency == Strong { 0 } else { lag };
        read.finds(since.version.saturating_sub(lag));
    }

    fn fill(&mut self, version: u64) {
        if let Some((start, since)) = self.outside.take() {
            // `usize::MAX` marks a value that was not read through the cache.
            let cart = Cart { version: version.min(since.version), read: usize::MAX };
            self.carts.fill(KEY, cart, start);
        }
    }

    fn run(&mut self, index: usize) {
        let (call, floor, since) = &mut self.calls[index];
        let (floor, since) = (*floor, *since);
        let answer = call.poll();
        while let Some(read) = self.table.take() {
            self.reads.push(self.since(read.consistency));
            assert_eq!(read.number(), self.reads.len());
            self.waiting.push(read);
        }
        if let Some(answer) = answer {
            self.calls.swap_remove(index);
            self.check(&answer, floor, since);
        }
    }

    fn check(&self, answer: &Answer, floor: u64, called: Since) {
        let lookup = match answer {
            Ok(lookup) => lookup,
            Err(outage) => {
                let read = self.reads[outage.0 - 1];
                return assert!(
                    read.step >= called.step,
                    "the error of a load begun before the call"
                );
            }
        };
        let cart = *lookup.value;
        let read = (cart.read != usize::MAX).then(|| self.reads[cart.read - 1]);
        let own = read.is_some_and(|read| read.step >= called.step);
        if lookup.conclusive {
            assert!(own && read.is_some_and(|read| read.consistency == Strong));
            assert!(cart.version >= called.version, "older than the table at the call");
        } else {
            assert!(cart.version >= floor, "below the floor");
        }
        let Some(read) = read else { return };
        let age_ms = self.clock.now_ms() - read.at_ms;
        assert!(own || age_ms < TTL_MS, "too old");
        assert!(called.step < self.invalidated || read.step > self.invalidated, "invalidated");
        assert!(lookup.source != Source::Cached || self.cached == Some(cart), "not cached");
    }

    fn check_cached(&mut self) {
        let cached = self.carts.peek(KEY).map(|cart| *cart);
        if let (Some(before), Some(after)) = (self.cached, cached)
            && self.invalidated != self.step
            && before.read != usize::MAX
            && self.clock.now_ms() - self.reads[before.read - 1].at_ms < TTL_MS
        {
            assert!(after.version >= before.version, "an older fill replaced a newer one");
        }
        self.cached = cached;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_interleaving_violates_the_invariants(
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let clock = Clock::default();
        let (carts, table) = (carts(&clock), Table::default());
        let mut world = World {
            carts: &carts,
            table: &table,
            clock,
            step: 0,
            version: 0,
            reads: Vec::new(),
            waiting: Vec::new(),
            calls: Vec::new(),
            outside: None,
            invalidated: 0,
            cached: None,
        };
        for step in steps {
            world.take(step);
        }
        for _ in 0..ROUNDS_MAX {
            for read in std::mem::take(&mut world.waiting) {
                world.answer(read, 0);
            }
            for index in (0..world.calls.len()).rev() {
                world.step += 1;
                world.run(index);
                world.check_cached();
            }
        }
        prop_assert!(world.calls.is_empty());
    }
}

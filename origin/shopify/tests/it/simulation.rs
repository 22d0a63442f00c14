//! Seeded worlds: several instances, kills at every wait, lost answers of Shopify and of the store, an
//! answer without an expiry, and a revocation. No shop is lost, and no secret is logged.

use std::fmt::Debug;
use std::future::Future;
use std::io::Write;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use domain_core::time::{MINUTE_MS, SECOND_MS, Time};
use fastrand::Rng;
use origin_shopify::{AccessToken, Installation, ShopTokens, TokenError};

use crate::shopify::{Faults, ID_TOKEN, Shopify};
use crate::store::Store;

/// Worlds of each kind; each has some thousand steps.
const WORLDS: u64 = 150;
const STEPS: u32 = 3_000;
const INSTANCES: usize = 3;
const TASKS_MAX: usize = 6;

type Tokens = ShopTokens<Store, Shopify, Box<dyn Fn() -> Time + Send + Sync>>;
type Task = Pin<Box<dyn Future<Output = Result<AccessToken, TokenError>>>>;

struct World {
    seed: u64,
    rng: Rng,
    shopify: Shopify,
    store: Store,
    instances: Vec<Arc<Tokens>>,
    /// Running calls, each with its instance.
    tasks: Vec<(usize, Task)>,
    /// What was logged or would be by `Debug`.
    log: Log,
    outcomes: Outcomes,
}

/// How often a call ended how, over all worlds: no kind may be empty.
#[derive(Debug, Default)]
struct Outcomes {
    tokens: u64,
    unavailable: u64,
    needs_reinstall: u64,
    killed: u64,
}

#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn note(&self, value: &impl Debug) {
        self.0.lock().unwrap().extend_from_slice(format!("{value:?}\n").as_bytes());
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// A call for a token as a client makes it: a token that Shopify refuses is renewed, at most twice.
fn call(tokens: Arc<Tokens>, shopify: Shopify) -> Task {
    Box::pin(async move {
        let mut token = tokens.access().await?;
        let is_good = shopify.accepts(&token.secret) || token.until <= shopify.now();
        assert!(is_good || shopify.may_end_early(), "a token of {:?} is refused", token.generation);
        for _ in 0..2 {
            if shopify.accepts(&token.secret) {
                return Ok(token);
            }
            token = tokens.renew(&token).await?;
        }
        if shopify.accepts(&token.secret) {
            return Ok(token);
        }
        Err(TokenError::Unavailable("refreshed by others meanwhile".to_owned()))
    })
}

impl World {
    fn new(seed: u64, log: &Log) -> Self {
        let mut rng = Rng::with_seed(seed);
        let faults = Faults {
            lose_every: if rng.bool() { 3 } else { 0 },
            without_expiry: rng.bool().then(|| rng.u64(1..4)),
            is_lenient: rng.bool(),
        };
        let shopify = Shopify::new(faults);
        let store = Store::new(rng.u64(..), if rng.bool() { 5 } else { 0 });
        let (instances, tasks) = (Vec::new(), Vec::new());
        let (log, outcomes) = (log.clone(), Outcomes::default());
        let mut world = Self { seed, rng, shopify, store, instances, tasks, log, outcomes };
        world.instances = (0..INSTANCES).map(|_| world.instance()).collect();
        world
    }

    fn instance(&self) -> Arc<Tokens> {
        let shopify = self.shopify.clone();
        let clock: Box<dyn Fn() -> Time + Send + Sync> = Box::new(move || shopify.now());
        Arc::new(ShopTokens::new(self.store.clone(), self.shopify.clone(), clock))
    }

    fn step(&mut self) {
        match self.rng.u32(..100) {
            0..=1 => self.kill(),
            2..=5 => self.shopify.advance(self.rng.u64(..20 * MINUTE_MS)),
            6..=15 => self.shopify.advance(self.rng.u64(..10 * SECOND_MS)),
            16..=30 if self.tasks.len() < TASKS_MAX => {
                let instance = self.rng.usize(..INSTANCES);
                let task = call(Arc::clone(&self.instances[instance]), self.shopify.clone());
                self.tasks.push((instance, task));
            }
            _ => self.poll(),
        }
    }

    /// Ends an instance with all its calls; another one takes its place.
    fn kill(&mut self) {
        let killed = self.rng.usize(..INSTANCES);
        let before = self.tasks.len();
        self.tasks.retain(|(instance, _)| *instance != killed);
        self.outcomes.killed += (before - self.tasks.len()) as u64;
        self.instances[killed] = self.instance();
    }

    fn poll(&mut self) {
        if self.tasks.is_empty() {
            return;
        }
        let chosen = self.rng.usize(..self.tasks.len());
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(outcome) = self.tasks[chosen].1.as_mut().poll(&mut context) else { return };
        drop(self.tasks.swap_remove(chosen));
        self.log.note(&outcome);
        self.log.note(&self.store.item());
        match outcome {
            Ok(_) => self.outcomes.tokens += 1,
            Err(TokenError::Unavailable(_)) => self.outcomes.unavailable += 1,
            Err(TokenError::NeedsReinstall(lost)) => {
                self.outcomes.needs_reinstall += 1;
                assert!(!self.shopify.is_installed(), "seed {}: {lost:?}", self.seed);
            }
            Err(error) => panic!("seed {}: {error}", self.seed),
        }
    }

    /// Runs one future to its end.
    fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = std::pin::pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..10_000 {
            if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
                return value;
            }
        }
        panic!("seed {}: it never ends", self.seed);
    }

    /// Installs the app, as often as a person has to load the admin.
    fn install(&self) {
        for _ in 0..100 {
            match self.run(self.instances[0].install(ID_TOKEN)) {
                Ok(_) => return,
                Err(TokenError::Unavailable(_)) => self.shopify.advance(31 * SECOND_MS),
                Err(error) => panic!("seed {}: {error}", self.seed),
            }
        }
        panic!("seed {}: never installed", self.seed);
    }

    fn quiet(&self) {
        self.shopify.lose_no_answer();
        self.store.set_failing(0);
    }

    /// Without faults a call has a token within a lease.
    fn heals(&mut self) {
        self.tasks.clear();
        self.quiet();
        self.shopify.advance(31 * SECOND_MS);
        let fresh = self.instance();
        let outcome = self.run(call(fresh, self.shopify.clone()));
        assert!(outcome.is_ok(), "seed {}: {outcome:?}", self.seed);
    }

    /// After a revocation the state says so, and a person heals it.
    fn is_revoked_and_installed_again(&mut self) {
        self.shopify.uninstall();
        for _ in 0..STEPS / 3 {
            self.step();
        }
        self.tasks.clear();
        self.quiet();
        self.shopify.advance(31 * SECOND_MS);
        let outcome = self.run(call(self.instance(), self.shopify.clone()));
        assert!(
            matches!(outcome, Err(TokenError::NeedsReinstall(_))),
            "seed {}: {outcome:?}",
            self.seed
        );
        self.shopify.install();
        assert_eq!(self.run(self.instance().install(ID_TOKEN)), Ok(Installation::Installed));
        assert_eq!(self.run(self.instance().install(ID_TOKEN)), Ok(Installation::Already));
        self.heals();
    }
}

fn captured<T>(log: &Log, run: impl FnOnce() -> T) -> T {
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(Mutex::new(writer))
        .finish();
    tracing::subscriber::with_default(subscriber, run)
}

#[test]
fn no_shop_is_lost_whatever_fails() {
    let mut total = Outcomes::default();
    let mut refreshes = 0;
    for seed in 0..WORLDS {
        let log = Log::default();
        captured(&log, || {
            let mut world = World::new(seed, &log);
            world.install();
            for _ in 0..STEPS {
                world.step();
            }
            world.heals();
            world.is_revoked_and_installed_again();
            refreshes += world.shopify.refreshes();
            let text = world.log.text();
            for secret in world.shopify.secrets() {
                assert!(!text.contains(&secret), "seed {seed}: {secret} is logged");
            }
            assert!(text.contains("the tokens are refreshed") && text.contains("Secret"));
            total.tokens += world.outcomes.tokens;
            total.unavailable += world.outcomes.unavailable;
            total.needs_reinstall += world.outcomes.needs_reinstall;
            total.killed += world.outcomes.killed;
        });
    }
    println!("{WORLDS} worlds from seed 0: {total:?}, {refreshes} refreshes");
    assert!(total.tokens > 20_000 && total.unavailable > 500, "{total:?}");
    assert!(total.needs_reinstall > 100 && total.killed > 1_000, "{total:?}");
}

//! One world: messages, the processes that consume them, and customers who use what they are shown.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use domain_core::event::{Event, Events, Kind};
use domain_core::id::CommandId;
use domain_core::port::{Consistency, PortError};
use domain_core::time::{MINUTE_MS, SECOND_MS, Time};
use domain_loyalty::{
    CodePools, CodeSeed, CodesRanLow, LoyaltyAction, LoyaltyCommand, LoyaltyEvent, Points, PoolId,
    Program, ProgramVersion, Programs, Supply, Terms,
};
use origin_adapters::memory::MemoryTable;
use origin_adapters::table::{Guard, Item, ItemKey, Put, PutOutcome, SharedTable, Table as _};
use origin_adapters::{LedgerRepository, PoolRepository};
use origin_functions::consumers::{
    Batch, Consumer as _, LoyaltyConsumer, RewardsConsumer, Unfinished,
};
use origin_functions::runtime::clock::Clock;
use serde_json::{Value, json};

use super::PoolMutant;
use super::oracle::Oracle;
use super::process::{Faults, Process, StepCounts};
use super::shopify::{ProcessDiscounts, Shopify};
use super::table::ProcessTable;
use crate::engine::{MILLION, Rng};
use crate::world::SHOP;

/// The redemptions that customers request in one world: more than a batch of codes for each reward.
pub const REDEMPTIONS_PER_WORLD: u64 = 600;
const CUSTOMERS: u64 = 40;
/// Half an hour before a month ends: codes of two months are given out.
const START: &str = "2026-12-31T23:30:00Z";
/// After which a message that failed, or whose process died, is delivered again.
const VISIBILITY_MS: u64 = 180 * SECOND_MS;
const PROCESSES_MAX: usize = 6;
/// How often a customer redeems points, per million rounds: about as fast as processes consume.
const REQUEST_PER_MILLION: u32 = 16_000;
/// How often customers look at what they redeemed, per million rounds.
const LOOK_PER_MILLION: u32 = 1_500;
/// Rounds after which a world that does not come to rest has a violation.
const ROUNDS_MAX: u64 = 2_000_000;
const REWARDS: [(&str, i64); 2] = [("five", 250), ("ten", 400)];
/// The points of each customer: enough for every reward.
pub(super) const GIFT: i64 = 100_000;

/// A world to play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolWorld {
    /// The seed of all random choices.
    pub seed: u64,
    /// The mutant to run.
    pub mutant: Option<PoolMutant>,
}

/// What is read in place of a table of programs.
#[derive(Debug, Clone)]
struct OneProgram(ProgramVersion);

/// A message that waits for its delivery.
struct Message {
    visible_at: Time,
    body: String,
}

/// A running process with the message that it consumes.
struct Running {
    process: Process,
    message: Message,
    consuming: Pin<Box<dyn Future<Output = Unfinished>>>,
}

/// The bus as one process calls it.
#[derive(Debug, Clone)]
struct ProcessBus {
    process: Process,
    published: Arc<Mutex<Vec<Event>>>,
}

/// The pools as a consumer of redemptions reads them.
#[derive(Debug, Clone)]
struct ClaimedPools {
    pools: PoolRepository,
    mutant: Option<PoolMutant>,
}

struct World {
    rng: Rng,
    now: Arc<AtomicU64>,
    faults: Arc<Faults>,
    table: MemoryTable,
    shopify: Shopify,
    program: OneProgram,
    published: Arc<Mutex<Vec<Event>>>,
    messages: Vec<Message>,
    running: Vec<Running>,
    oracle: Oracle,
    mutant: Option<PoolMutant>,
}

/// Plays a world to its end; the kills at each step, and the first violation.
#[must_use]
pub fn play_pools(world: PoolWorld) -> (StepCounts, Option<String>) {
    let mut world = World::new(world);
    let violation = world.play().err();
    let kills = world.faults.kills.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (kills, violation)
}

// === impl World ===

impl World {
    fn new(PoolWorld { seed, mutant }: PoolWorld) -> Self {
        let rng = Rng::of(seed);
        let start = Time::from_rfc3339(START).expect("a constant");
        let faults =
            Faults { rng: rng.clone(), are_over: AtomicBool::new(false), kills: Mutex::default() };
        let program = ProgramVersion {
            activation: 1,
            version: 1,
            active_from: Time(0),
            program: Arc::new(Program::parse(&document()).expect("a program without mistakes")),
        };
        let mut world = Self {
            now: Arc::new(AtomicU64::new(start.0)),
            faults: Arc::new(faults),
            table: MemoryTable::new(),
            shopify: Shopify::new(rng.clone(), start),
            program: OneProgram(program),
            published: Arc::default(),
            messages: Vec::new(),
            running: Vec::new(),
            oracle: Oracle::default(),
            rng,
            mutant,
        };
        world.install();
        for customer in 0..CUSTOMERS {
            let terms = Terms::without_expiry(start);
            let action =
                LoyaltyAction::Adjust { points: Points(GIFT), reason: "a gift".to_owned(), terms };
            world.command(customer, start, action);
        }
        world.send(&CodesRanLow::default().to_event());
        world
    }

    /// Writes that the shop has the app: pools exist from then on.
    fn install(&self) {
        let key = ItemKey::ShopTokens { shop: SHOP }.key();
        let item = Item { version: 1, document: Vec::new(), expires_at: None, index: None };
        let put = Put { key, item, guard: Guard::Absent };
        let written = at_once(self.table.put(&put));
        assert_eq!(written, Some(Ok(PutOutcome::Done)), "a new table");
    }

    fn play(&mut self) -> Result<(), String> {
        let mut requested = 0;
        for _ in 0..ROUNDS_MAX {
            self.pass_time();
            self.take_published()?;
            if requested < REDEMPTIONS_PER_WORLD && self.rng.chance(REQUEST_PER_MILLION) {
                requested += 1;
                self.redeem();
            }
            self.start_one();
            self.poll_one();
            if self.rng.chance(LOOK_PER_MILLION) {
                self.look()?;
            }
            if requested == REDEMPTIONS_PER_WORLD {
                self.faults.are_over.store(true, Ordering::Relaxed);
                if self.is_at_rest() {
                    self.look()?;
                    return self.oracle.check_end(&self.table, &self.shopify);
                }
            }
        }
        Err("the world does not come to rest".to_owned())
    }

    fn is_at_rest(&self) -> bool {
        let published = self.published.lock().unwrap_or_else(PoisonError::into_inner);
        self.messages.is_empty() && self.running.is_empty() && published.is_empty()
    }

    fn pass_time(&mut self) {
        let is_idle = self.running.is_empty();
        let ms = self.rng.below(if is_idle { 20 * SECOND_MS } else { SECOND_MS / 2 });
        let now = Time(self.now.fetch_add(ms, Ordering::Relaxed) + ms);
        self.shopify.advance(now);
        // An outage that is longer than holds last, now and then.
        if self.rng.chance(20) && !self.faults.are_over.load(Ordering::Relaxed) {
            self.shopify.goes_down_until(now.plus_ms(self.rng.below(40 * MINUTE_MS)));
        }
    }

    fn redeem(&mut self) {
        let customer = self.rng.below(CUSTOMERS);
        let (reward, points) = self.rng.pick(&REWARDS);
        let time = Time(self.now.load(Ordering::Relaxed));
        let action = LoyaltyAction::Redeem {
            reward: reward.to_owned(),
            points: Points(points),
            until: time.plus_ms(30 * MINUTE_MS),
        };
        self.command(customer, time, action);
    }

    fn command(&mut self, customer: u64, time: Time, action: LoyaltyAction) {
        let id = CommandId::of_key("pools", &self.rng.next_u64().to_string());
        let command = LoyaltyCommand { time, id, program_version: 1, action };
        let event = LoyaltyEvent { customer: customer.to_string(), command };
        let detail = serde_json::to_string(&event).expect("a command has a JSON form");
        self.send(&Event { kind: Kind::LoyaltyCommanded, detail });
    }

    fn send(&mut self, event: &Event) {
        let now = Time(self.now.load(Ordering::Relaxed));
        let detail: Value = serde_json::from_str(&event.detail).expect("a JSON object");
        let body = json!({
            "detail-type": event.kind.detail_type(), "time": now.to_rfc3339(), "detail": detail,
        });
        self.messages.push(Message { visible_at: now, body: body.to_string() });
    }

    fn take_published(&mut self) -> Result<(), String> {
        let events =
            std::mem::take(&mut *self.published.lock().unwrap_or_else(PoisonError::into_inner));
        for event in events {
            self.oracle.published(&event)?;
            self.send(&event);
            // Buses deliver at least once.
            if self.rng.chance(MILLION / 50) {
                self.send(&event);
            }
        }
        Ok(())
    }

    fn start_one(&mut self) {
        let now = Time(self.now.load(Ordering::Relaxed));
        if self.messages.is_empty() || self.running.len() >= PROCESSES_MAX {
            return;
        }
        let at = self.rng.index(self.messages.len());
        if self.messages[at].visible_at > now {
            return;
        }
        let message = self.messages.swap_remove(at);
        let process = Process::new(&self.faults);
        let consuming = self.consume(&process, &message.body);
        self.running.push(Running { process, message, consuming });
    }

    fn poll_one(&mut self) {
        if self.running.is_empty() {
            return;
        }
        let at = self.rng.index(self.running.len());
        let polled =
            self.running[at].consuming.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let is_done = match polled {
            Poll::Ready(unfinished) => unfinished == Unfinished::default(),
            Poll::Pending if self.running[at].process.is_dead() => false,
            Poll::Pending => return,
        };
        let Running { mut message, .. } = self.running.swap_remove(at);
        if !is_done {
            let now = Time(self.now.load(Ordering::Relaxed));
            message.visible_at = now.plus_ms(VISIBILITY_MS);
            self.messages.push(message);
        }
    }

    /// The consumer of a message, on the ports of its process.
    fn consume(&self, process: &Process, body: &str) -> Pin<Box<dyn Future<Output = Unfinished>>> {
        let table = ProcessTable {
            process: process.clone(),
            table: self.table.clone(),
            mutant: self.mutant,
        };
        let table: SharedTable = Arc::new(table);
        let events =
            ProcessBus { process: process.clone(), published: Arc::clone(&self.published) };
        let (now, skew) = (Arc::clone(&self.now), self.rng.below(2 * SECOND_MS));
        let clock = Clock::new(move || Time(now.load(Ordering::Relaxed)).minus_ms(skew));
        let pools = PoolRepository::new(&table, SHOP);
        let batch = json!({"Records": [{"messageId": "m", "body": body}]});
        let batch: Batch = serde_json::from_value(batch).expect("a batch");
        let is_of_rewards = body.contains(Kind::CodesRanLow.detail_type());
        if is_of_rewards {
            let discounts = ProcessDiscounts {
                process: process.clone(),
                shopify: self.shopify.clone(),
                mutant: self.mutant,
            };
            let seed = SEEDS[self.rng.index(SEEDS.len())];
            let program = self.program.clone();
            let consumer = RewardsConsumer {
                pools,
                programs: program,
                events,
                discounts,
                random: seed,
                is_replaying: false,
                clock,
            };
            return Box::pin(async move { consumer.consume(batch).await });
        }
        let consumer = LoyaltyConsumer {
            ledger: LedgerRepository::new(&table),
            programs: self.program.clone(),
            events,
            pools: ClaimedPools { pools, mutant: self.mutant },
            shop: SHOP.to_owned(),
            is_replaying: false,
            clock,
        };
        Box::pin(async move { consumer.consume(batch).await })
    }

    /// Customers look at their redemptions, and some use their codes.
    fn look(&mut self) -> Result<(), String> {
        self.oracle.look(&self.table, &self.shopify, &self.rng)
    }
}

/// What processes draw in place of random bits.
const SEEDS: [fn() -> [u8; 16]; 4] = [|| [1; 16], || [2; 16], || [3; 16], || [4; 16]];

/// The result of a future on the table in memory, which never waits.
pub(super) fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

fn document() -> String {
    let reward = |(id, points): (&str, i64)| json!({"id": id, "title": id, "points": points, "kind": "amount_off", "amount": 500});
    let rule = json!({
        "id": "euro", "title": "Euro", "each": "line", "points": "line.amount", "per": 100,
    });
    json!({
        "title": "Codes", "currency": "EUR",
        "earning": {"description": "Points.", "rules": [rule]},
        "pending_days": 0, "window_days": 365,
        "tiers": [{"id": "all", "title": "All", "threshold": 0}],
        "rewards": REWARDS.map(reward),
    })
    .to_string()
}

impl Programs for OneProgram {
    async fn in_effect(
        &self,
        _: Time,
        _: Consistency,
    ) -> Result<Option<ProgramVersion>, PortError> {
        Ok(Some(self.0.clone()))
    }
}

impl Events for ProcessBus {
    async fn publish(&self, events: &[Event]) -> Result<(), PortError> {
        let call = async {
            let mut published = self.published.lock().unwrap_or_else(PoisonError::into_inner);
            published.extend_from_slice(events);
            Ok(())
        };
        self.process.step("publish", call).await
    }
}

impl CodePools for ClaimedPools {
    async fn supply(&self, pool: &PoolId) -> Result<Supply, PortError> {
        match self.pools.supply(pool).await? {
            Supply::Slots(slots)
                if slots.is_empty() && self.mutant == Some(PoolMutant::SettledWithoutCode) =>
            {
                Ok(Supply::OwnCodes)
            }
            supply => Ok(supply),
        }
    }

    async fn seed(&self) -> Result<Option<CodeSeed>, PortError> {
        self.pools.seed().await
    }
}

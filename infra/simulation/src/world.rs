//! One world of carts: a shop, its shoppers and its faults, from a seed to an outcome.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use domain_cart::{CartEvent, IDLE_MS_MAX, ITEM_TTL_MS, cart_of};
use domain_core::time::{DAY_MS, HOUR_MS, Time};
use origin_adapters::CartRepository;
use origin_adapters::memory::{MemoryBus, MemoryTable, Replicas};
use origin_adapters::table::ItemKey;
use origin_functions::consumers::Orders;

use crate::client::{Device, DeviceCarts, Network, ShopperProfile, Tab};
use crate::command::CommandGenerator;
use crate::coverage::{Counts, Coverage};
use crate::executor::{Executor, TaskGroup};
use crate::faults::{FaultInjector, FaultProfile};
use crate::ledger;
use crate::link::Link;
use crate::mutant::Mutant;
use crate::oracle::{Oracle, OracleHandle, Violation};
use crate::replay::replay;
use crate::rng::Rng;
use crate::run_log::RunLog;
use crate::shop::{
    Body, Checkout, Consumers, Edge, KeyRotation, ObservedBus, Operator, Origin, OriginParts, SHOP,
};
use crate::timeline::Timeline;
use crate::workload::{Silences, Workload};

/// A morning in November 2026, at which every world starts.
pub(crate) const START_MS: u64 = 1_795_251_600_000;
/// One world in so many is large. Small worlds have fewer coincidences, but are readable.
pub(crate) const LARGE_ONE_IN: u64 = 12;
/// The minimum and the maximum number of operations of a small world.
const OPERATIONS_MIN: u64 = 10;
const OPERATIONS_MAX: [u64; 4] = [40, 80, 80, 200];
/// The minimum and the maximum number of operations of a large world.
const LARGE_OPERATIONS_MIN: u64 = 300;
const LARGE_OPERATIONS_MAX: [u64; 2] = [500, 1_500];

/// How many devices start as a guest, per million.
const GUESTS: u32 = 350_000;
/// The ages after which a cart is no longer shown, and after which a guest's cart no longer says
/// that it was merged.
const AGES_MS: [u64; 2] = [IDLE_MS_MAX, ITEM_TTL_MS];

/// The maximum lag of a replica.
const LAG_MS_MAX: u64 = 1_000;

/// The world to play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scenario {
    /// The kind of world.
    pub part: Part,
    /// The seed of all random choices.
    pub seed: u64,
    /// The mutant to run.
    pub mutant: Option<Mutant>,
    /// Whether to record a trace.
    pub is_traced: bool,
}

/// The kinds of worlds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Shoppers with carts, behind edges.
    Carts,
    /// Customers with points, and Shopify.
    Ledger,
}

/// The result of a world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The first violation.
    pub violation: Option<Violation>,
    /// A hash of everything that happened: equal seeds have equal histories.
    pub history: u64,
    /// The coverage counts.
    pub counts: Counts,
    /// One line for each step, if a trace was requested.
    pub trace: Vec<String>,
}

/// The size of a world of carts.
struct Size {
    operations: u64,
    customers: u64,
    /// The maximum number of devices per customer, and of tabs per device.
    devices_max: u64,
    tabs_max: u64,
    silences: Silences,
}

struct World {
    size: Size,
    executor: Executor,
    group: TaskGroup,
    faults: FaultInjector,
    run_log: RunLog,
    oracle: OracleHandle,
    customers: Vec<String>,
    guests: Vec<String>,
    tables: MemoryTable,
    origin: Rc<Origin>,
    consumers: Rc<Consumers>,
    checkout: Rc<Checkout>,
    network: Rc<Network>,
    tabs: Vec<Rc<Tab>>,
    mutant: Option<Mutant>,
}

/// Plays one world to its end.
#[must_use]
pub fn play(scenario: Scenario) -> Outcome {
    match scenario.part {
        Part::Carts => play_carts(scenario),
        Part::Ledger => ledger::play(scenario),
    }
}

fn play_carts(scenario: Scenario) -> Outcome {
    let rng = Rng::of(scenario.seed);
    let timeline = Timeline::starting_at(START_MS, rng.clone());
    let mut world = World::new(scenario, &rng, &timeline);
    world.run(&rng);
    world.close();
    world.executor.shut_down();
    let (violation, history, counts, trace) = world.run_log.finish();
    Outcome { violation, history, counts, trace }
}

// === impl Part ===

impl Part {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Carts, Self::Ledger];
}

impl std::str::FromStr for Part {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|part| format!("{part:?}") == name);
        named.ok_or_else(|| format!("one of {:?}", Self::ALL))
    }
}

// === impl Size ===

impl Size {
    fn random(rng: &Rng, run_log: &RunLog) -> Self {
        let silences = |count_max| Silences { count_max, ms: silence_ms, ages_ms: &AGES_MS };
        if rng.below(LARGE_ONE_IN) > 0 {
            return Self {
                operations: rng.within(OPERATIONS_MIN..=rng.pick(&OPERATIONS_MAX)),
                customers: rng.within(1..=2),
                devices_max: 3,
                tabs_max: 2,
                silences: silences(3),
            };
        }
        run_log.count(Coverage::LargeWorld);
        Self {
            operations: rng.within(LARGE_OPERATIONS_MIN..=rng.pick(&LARGE_OPERATIONS_MAX)),
            customers: rng.within(2..=4),
            devices_max: 5,
            tabs_max: 4,
            silences: silences(8),
        }
    }
}

// === impl World ===

impl World {
    fn new(scenario: Scenario, rng: &Rng, timeline: &Timeline) -> Self {
        let Scenario { mutant, is_traced, .. } = scenario;
        let executor = Executor::new(timeline.clone(), rng.clone());
        let group = executor.new_group();
        let faults = FaultInjector::new(FaultProfile::random(rng), rng.clone(), timeline.clone());
        let keys = KeyRotation::random(rng, START_MS);
        let run_log = RunLog::new(timeline.clone(), is_traced);
        run_log.trace(|| format!("{:?}", faults.profile));
        let oracle =
            OracleHandle::new(Oracle::new(timeline.clone(), run_log.clone(), keys.clone()));
        let tables = MemoryTable::lagging(replicas(&faults));
        let bus =
            ObservedBus { port: MemoryBus::new(), oracle: oracle.clone(), arrived: Arc::default() };
        let origin = Rc::new(Origin::new(OriginParts {
            executor: executor.clone(),
            faults: faults.clone(),
            run_log: run_log.clone(),
            oracle: oracle.clone(),
            tables: tables.clone(),
            bus: bus.clone(),
            keys: keys.clone(),
            mutant,
        }));
        let edges = (0..rng.within(1..=2)).map(|_| Rc::new(Edge::new(Rc::clone(&origin))));
        let network = Rc::new(Network {
            link: Link { executor: executor.clone(), group: group.clone(), faults: faults.clone() },
            edges: edges.collect(),
        });
        let consumers = Rc::new(Consumers {
            executor: executor.clone(),
            group: group.clone(),
            faults: faults.clone(),
            oracle: oracle.clone(),
            carts: CartRepository::new(&tables.shared()),
            bus: bus.clone(),
            orders: Orders { keys: keys.all().clone(), shop: SHOP.to_owned() },
            mutant,
            archive: RefCell::default(),
        });
        let checkout = Rc::new(Checkout {
            executor: executor.clone(),
            group: group.clone(),
            faults: faults.clone(),
            oracle: oracle.clone(),
            bus,
            keys,
            orders: Cell::new(0),
        });
        let size = Size::random(rng, &run_log);
        let customers = (1..=size.customers).map(|n| cart_of(&n.to_string())).collect();
        let (guests, tabs) = (Vec::new(), Vec::new());
        Self {
            size,
            executor,
            group,
            faults,
            run_log,
            oracle,
            customers,
            guests,
            tables,
            origin,
            consumers,
            checkout,
            network,
            tabs,
            mutant,
        }
    }

    /// Runs all shoppers until the operations are used up and every message has arrived.
    fn run(&mut self, rng: &Rng) {
        let Size { operations, devices_max, tabs_max, silences, .. } = self.size;
        let (run_log, tables) = (self.run_log.clone(), self.tables.clone());
        let sweep = Box::new(move |now| tables.sweep_expired(now));
        let shopper = Rc::new(ShopperProfile {
            executor: self.executor.clone(),
            group: self.group.clone(),
            rng: rng.clone(),
            generator: CommandGenerator::random(rng),
            operator: Rc::new(Operator::new(
                rng,
                operations,
                Rc::clone(&self.origin),
                Rc::clone(&self.consumers),
            )),
            checkout: Rc::clone(&self.checkout),
            workload: Workload::random(operations, &self.faults, run_log, silences, sweep),
            sign_ins: rng.pick(&[100_000, 100_000, 400_000]),
            commands: rng.pick(&[200_000, 500_000, 500_000, 800_000]),
            bursts: rng.pick(&[0, 20_000, 200_000]),
        });
        self.executor.spawn(&self.group, Rc::clone(&self.consumers).run());
        for own in self.customers.clone() {
            for _ in 0..rng.within(1..=devices_max) {
                let guest = rng.chance(GUESTS).then(|| format!("guest-{}", self.guests.len()));
                self.guests.extend(guest.clone());
                let device = Rc::new(self.device(DeviceCarts { own: own.clone(), guest }));
                for _ in 0..rng.within(1..=tabs_max) {
                    let tab = Rc::new(Tab { device: Rc::clone(&device), view: RefCell::default() });
                    self.executor.spawn(&self.group, Rc::clone(&tab).shop(Rc::clone(&shopper)));
                    self.tabs.push(tab);
                }
            }
        }
        self.executor.run();
    }

    /// Without faults, every client finishes its retries and reads once more; then the final states
    /// are checked.
    fn close(&self) {
        self.faults.disable();
        for tab in &self.tabs {
            let tab = Rc::clone(tab);
            self.executor.spawn(&self.group, async move { tab.device.close(&tab.view).await });
            self.executor.run();
        }
        let now = Time(self.faults.timeline.now_ms());
        let replayed = self.replayed();
        for tables in [&self.tables, &replayed] {
            tables.sweep_expired(now);
        }
        for cart in self.customers.iter().chain(&self.guests) {
            if self.oracle.lock().has_violation() {
                return;
            }
            let newest = self.view_of_new_client(cart);
            let key = ItemKey::Cart { cart }.key();
            let stored = |tables: &MemoryTable| tables.item(&key).map(|item| item.document);
            let (stored, replayed) = (stored(&self.tables), stored(&replayed));
            let mut oracle = self.oracle.lock();
            oracle.check_cart(cart, newest.as_deref(), stored.as_deref(), replayed.as_deref());
        }
    }

    /// The cart as a new client sees it; `None` if it was merged into another.
    fn view_of_new_client(&self, cart: &str) -> Option<Rc<Body>> {
        if self.oracle.lock().is_merged(cart) {
            return None;
        }
        let device = Rc::new(self.device(DeviceCarts { own: cart.to_owned(), guest: None }));
        let new_tab = Rc::new(Tab { device, view: RefCell::default() });
        let tab = Rc::clone(&new_tab);
        self.executor.spawn(&self.group, async move { tab.device.read(&tab.view).await });
        self.executor.run();
        Some(new_tab.view.borrow().clone().expect("without faults a read is answered"))
    }

    /// The tables after a replay of every absorbed event: without those lost with a table and those
    /// that came too late.
    fn replayed(&self) -> MemoryTable {
        let absorbed = self.oracle.lock().absorbed();
        let events = self.consumers.archive.borrow();
        let is_absorbed = |event: &&Rc<CartEvent>| absorbed.contains(&event.command.id);
        let events: Vec<CartEvent> =
            events.iter().filter(is_absorbed).map(|event| (**event).clone()).collect();
        let tables = MemoryTable::new();
        let carts = CartRepository::new(&tables.shared());
        let (rng, mutant) = (self.faults.rng.clone(), self.mutant);
        self.executor.spawn(&self.group, async move { replay(&carts, events, &rng, mutant).await });
        self.executor.run();
        tables
    }

    fn device(&self, carts: DeviceCarts) -> Device {
        Device::new(carts, Rc::clone(&self.network), self.oracle.clone(), self.mutant)
    }
}

fn silence_ms(rng: &Rng, _: u64) -> u64 {
    match rng.below(5) {
        0 => rng.within(10_000..=HOUR_MS),
        1 => 13 * HOUR_MS,
        2 => 3 * DAY_MS,
        3 => 16 * DAY_MS,
        _ => rng.within(33 * DAY_MS..=60 * DAY_MS),
    }
}

/// Replicas that lag according to the fault profile.
pub(crate) fn replicas(faults: &FaultInjector) -> Replicas {
    let (timeline, faults) = (faults.timeline.clone(), faults.clone());
    let now = Arc::new(move || Time(timeline.now_ms()));
    let as_of = Arc::new(move || {
        let now_ms = faults.timeline.now_ms();
        let is_behind = faults.occurs(faults.profile.stale);
        Time(if is_behind { now_ms - faults.rng.below(LAG_MS_MAX) } else { now_ms })
    });
    Replicas { now, as_of }
}

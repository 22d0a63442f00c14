//! One world: a shop, its shoppers and its weather, from a seed to a verdict.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use origin_adapters::memory::{MemoryBus, MemoryCarts, MemoryTables, Replicas};
use origin_domain::cart::{CartEvent, IDLE_MS_MAX, KEPT_MS, cart_of};
use origin_domain::time::{DAY_MS, HOUR_MS, Time};
use origin_functions::consume::Orders;

use crate::ask::Taste;
use crate::bug::Bug;
use crate::client::{Carts, Device, Manners, Network, Tab};
use crate::counts::{Counts, Occasion};
use crate::crew::{Crew, Life};
use crate::dice::Dice;
use crate::judge::{Bench, Judge, Violation};
use crate::ledger;
use crate::minutes::Minutes;
use crate::replay::replay;
use crate::shop::{
    Body, Consumers, Edge, Ground, Operator, Origin, Rotation, SHOP, Sales, TappedBus,
};
use crate::tempo::{Silences, Tempo};
use crate::timeline::Timeline;
use crate::way::Way;
use crate::weather::{Sky, Weather};

/// A morning in November 2026, when every world begins.
pub(crate) const MORNING_MS: u64 = 1_795_251_600_000;
/// One world in so many is large. Small ones have fewer coincidences, but can be read.
pub(crate) const LARGE_ONE_IN: u64 = 12;
/// How many operations a small world has at least, and at most.
const OPERATIONS_MIN: u64 = 10;
const OPERATIONS_MAX: [u64; 4] = [40, 80, 80, 200];
/// How many a large one has at least, and at most.
const LARGE_OPERATIONS_MIN: u64 = 300;
const LARGE_OPERATIONS_MAX: [u64; 2] = [500, 1_500];

/// How many devices begin as a guest, per million.
const GUESTS: u32 = 350_000;
/// When a cart is no longer shown, and when a guest's no longer says that it was merged.
const AGES_MS: [u64; 2] = [IDLE_MS_MAX, KEPT_MS];

/// How far a replica may be behind.
const LAG_MS_MAX: u64 = 1_000;

/// What to play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scenario {
    /// Which kind of world.
    pub part: Part,
    /// Everything that is left to chance.
    pub seed: u64,
    /// What is built wrongly.
    pub bug: Option<Bug>,
    /// Whether to tell everything that happens.
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

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The first thing that went wrong.
    pub violation: Option<Violation>,
    /// A hash of everything that happened: equal seeds have equal histories.
    pub history: u64,
    /// How often what happened.
    pub counts: Counts,
    /// What happened, if it was to be told.
    pub trace: Vec<String>,
}

/// How much there is in a world of carts.
struct Size {
    operations: u64,
    customers: u64,
    /// Most devices of a customer, and tabs of a device.
    devices_max: u64,
    tabs_max: u64,
    silences: Silences,
}

struct World {
    size: Size,
    crew: Crew,
    life: Life,
    sky: Sky,
    minutes: Minutes,
    bench: Bench,
    customers: Vec<String>,
    guests: Vec<String>,
    tables: MemoryTables,
    origin: Rc<Origin>,
    consumers: Rc<Consumers>,
    sales: Rc<Sales>,
    network: Rc<Network>,
    tabs: Vec<Rc<Tab>>,
    bug: Option<Bug>,
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
    let dice = Dice::of(scenario.seed);
    let timeline = Timeline::starting_at(MORNING_MS, dice.clone());
    let mut world = World::new(scenario, &dice, &timeline);
    world.shop(&dice);
    world.close();
    world.crew.disband();
    let (violation, history, counts, trace) = world.minutes.verdict();
    Outcome { violation, history, counts, trace }
}

// === impl Part ===

impl Part {
    /// Every kind.
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
    fn drawn(dice: &Dice, minutes: &Minutes) -> Self {
        let silences = |count_max| Silences { count_max, ms: silence_ms, ages_ms: &AGES_MS };
        if dice.below(LARGE_ONE_IN) > 0 {
            return Self {
                operations: dice.within(OPERATIONS_MIN..=dice.pick(&OPERATIONS_MAX)),
                customers: dice.within(1..=2),
                devices_max: 3,
                tabs_max: 2,
                silences: silences(3),
            };
        }
        minutes.note(Occasion::LargeWorld);
        Self {
            operations: dice.within(LARGE_OPERATIONS_MIN..=dice.pick(&LARGE_OPERATIONS_MAX)),
            customers: dice.within(2..=4),
            devices_max: 5,
            tabs_max: 4,
            silences: silences(8),
        }
    }
}

// === impl World ===

impl World {
    fn new(scenario: Scenario, dice: &Dice, timeline: &Timeline) -> Self {
        let Scenario { bug, is_traced, .. } = scenario;
        let crew = Crew::new(timeline.clone(), dice.clone());
        let life = crew.life();
        let sky = Sky::new(Weather::drawn(dice), dice.clone(), timeline.clone());
        let keys = Rotation::drawn(dice, MORNING_MS);
        let minutes = Minutes::new(timeline.clone(), is_traced);
        minutes.trace(|| format!("{:?}", sky.weather));
        let bench = Bench::new(Judge::new(timeline.clone(), minutes.clone(), keys.clone()));
        let tables = MemoryTables::lagging(replicas(&sky));
        let bus =
            TappedBus { port: MemoryBus::new(), bench: bench.clone(), arrived: Arc::default() };
        let origin = Rc::new(Origin::new(Ground {
            crew: crew.clone(),
            sky: sky.clone(),
            minutes: minutes.clone(),
            bench: bench.clone(),
            tables: tables.clone(),
            bus: bus.clone(),
            keys: keys.clone(),
            bug,
        }));
        let edges = (0..dice.within(1..=2)).map(|_| Rc::new(Edge::new(Rc::clone(&origin))));
        let network = Rc::new(Network {
            way: Way { crew: crew.clone(), life: life.clone(), sky: sky.clone() },
            edges: edges.collect(),
        });
        let consumers = Rc::new(Consumers {
            crew: crew.clone(),
            life: life.clone(),
            sky: sky.clone(),
            bench: bench.clone(),
            carts: MemoryCarts::new(&tables),
            bus: bus.clone(),
            orders: Orders { keys: keys.all().clone(), shop: SHOP.to_owned() },
            bug,
            archive: RefCell::default(),
        });
        let sales = Rc::new(Sales {
            crew: crew.clone(),
            life: life.clone(),
            sky: sky.clone(),
            bench: bench.clone(),
            bus,
            keys,
            orders: Cell::new(0),
        });
        let size = Size::drawn(dice, &minutes);
        let customers = (1..=size.customers).map(|n| cart_of(&n.to_string())).collect();
        let (guests, tabs) = (Vec::new(), Vec::new());
        Self {
            size,
            crew,
            life,
            sky,
            minutes,
            bench,
            customers,
            guests,
            tables,
            origin,
            consumers,
            sales,
            network,
            tabs,
            bug,
        }
    }

    /// Everybody shops until the operations are used up and everything under way has arrived.
    fn shop(&mut self, dice: &Dice) {
        let Size { operations, devices_max, tabs_max, silences, .. } = self.size;
        let (minutes, tables) = (self.minutes.clone(), self.tables.clone());
        let sweep = Box::new(move |now| tables.sweep_expired(now));
        let manners = Rc::new(Manners {
            crew: self.crew.clone(),
            life: self.life.clone(),
            dice: dice.clone(),
            taste: Taste::drawn(dice),
            operator: Rc::new(Operator::new(
                dice,
                operations,
                Rc::clone(&self.origin),
                Rc::clone(&self.consumers),
            )),
            sales: Rc::clone(&self.sales),
            tempo: Tempo::drawn(operations, &self.sky, minutes, silences, sweep),
            sign_ins: dice.pick(&[100_000, 100_000, 400_000]),
            commands: dice.pick(&[200_000, 500_000, 500_000, 800_000]),
            bursts: dice.pick(&[0, 20_000, 200_000]),
        });
        self.crew.spawn(&self.life, Rc::clone(&self.consumers).work());
        for own in self.customers.clone() {
            for _ in 0..dice.within(1..=devices_max) {
                let guest = dice.chance(GUESTS).then(|| format!("guest-{}", self.guests.len()));
                self.guests.extend(guest.clone());
                let device = Rc::new(self.device(Carts { own: own.clone(), guest }));
                for _ in 0..dice.within(1..=tabs_max) {
                    let tab = Rc::new(Tab { device: Rc::clone(&device), held: RefCell::default() });
                    self.crew.spawn(&self.life, Rc::clone(&tab).shop(Rc::clone(&manners)));
                    self.tabs.push(tab);
                }
            }
        }
        self.crew.run();
    }

    /// In calm weather everybody asks what is still to be asked and looks once more; then the books
    /// are compared.
    fn close(&self) {
        self.sky.calm_down();
        for tab in &self.tabs {
            let tab = Rc::clone(tab);
            self.crew.spawn(&self.life, async move { tab.device.close(&tab.held).await });
            self.crew.run();
        }
        let now = Time(self.sky.timeline.now_ms());
        let replayed = self.replayed();
        for tables in [&self.tables, &replayed] {
            tables.sweep_expired(now);
        }
        for cart in self.customers.iter().chain(&self.guests) {
            if self.bench.judge().is_done() {
                return;
            }
            let shown = self.shown_to_newcomer(cart);
            let stored = |tables: &MemoryTables| MemoryCarts::new(tables).stored(cart);
            let (stored, replayed) = (stored(&self.tables), stored(&replayed));
            let mut judge = self.bench.judge();
            judge.closed(cart, shown.as_deref(), stored.as_deref(), replayed.as_deref());
        }
    }

    /// What somebody sees who has never seen the cart; nothing if it went into another.
    fn shown_to_newcomer(&self, cart: &str) -> Option<Rc<Body>> {
        if self.bench.judge().is_gone(cart) {
            return None;
        }
        let device = Rc::new(self.device(Carts { own: cart.to_owned(), guest: None }));
        let newcomer = Rc::new(Tab { device, held: RefCell::default() });
        let tab = Rc::clone(&newcomer);
        self.crew.spawn(&self.life, async move { tab.device.read(&tab.held).await });
        self.crew.run();
        Some(newcomer.held.borrow().clone().expect("in calm weather a read is answered"))
    }

    /// The tables after everything that was absorbed is replayed: not what a lost table took with
    /// it, nor what came too late.
    fn replayed(&self) -> MemoryTables {
        let absorbed = self.bench.judge().absorbed();
        let events = self.consumers.archive.borrow();
        let is_absorbed = |event: &&Rc<CartEvent>| absorbed.contains(&event.command.id);
        let events: Vec<CartEvent> =
            events.iter().filter(is_absorbed).map(|event| (**event).clone()).collect();
        let tables = MemoryTables::new();
        let carts = MemoryCarts::new(&tables);
        let (dice, bug) = (self.sky.dice.clone(), self.bug);
        self.crew.spawn(&self.life, async move { replay(&carts, events, &dice, bug).await });
        self.crew.run();
        tables
    }

    fn device(&self, carts: Carts) -> Device {
        Device::new(carts, Rc::clone(&self.network), self.bench.clone(), self.bug)
    }
}

fn silence_ms(dice: &Dice, _: u64) -> u64 {
    match dice.below(5) {
        0 => dice.within(10_000..=HOUR_MS),
        1 => 13 * HOUR_MS,
        2 => 3 * DAY_MS,
        3 => 16 * DAY_MS,
        _ => dice.within(33 * DAY_MS..=60 * DAY_MS),
    }
}

/// Replicas that are behind as the weather will have it.
pub(crate) fn replicas(sky: &Sky) -> Replicas {
    let (timeline, sky) = (sky.timeline.clone(), sky.clone());
    let now = Arc::new(move || Time(timeline.now_ms()));
    let as_of = Arc::new(move || {
        let now_ms = sky.timeline.now_ms();
        let is_behind = sky.strikes(sky.weather.stale);
        Time(if is_behind { now_ms - sky.dice.below(LAG_MS_MAX) } else { now_ms })
    });
    Replicas { now, as_of }
}

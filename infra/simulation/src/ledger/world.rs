//! One world of the ledger, from a seed to a verdict.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use edge_wire::keys::KeyRing;
use origin_adapters::memory::{MemoryBus, MemoryLedger, MemoryPrograms, Replicas};
use origin_domain::loyalty::{ACTIVATION_LEAD_MS, Counter, LedgerReader as _};
use origin_domain::port::Consistency;
use origin_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};
use origin_functions::cached_ledger::CachedLedger;

use super::consumers::Consumers;
use super::device::Device;
use super::instance::Instance;
use super::judge::{Bench, Closing, Judge};
use super::plan::Plan;
use super::replay::replay;
use super::shopify::Shopify;
use super::staff::Staff;
use super::tap::TappedBus;
use crate::bug::Bug;
use crate::counts::Occasion;
use crate::crew::{Crew, Life};
use crate::dice::Dice;
use crate::fleet::Fleet;
use crate::minutes::Minutes;
use crate::tempo::{Silences, Tempo};
use crate::timeline::Timeline;
use crate::way::Way;
use crate::weather::{Sky, Weather};
use crate::world::{LARGE_ONE_IN, MORNING_MS, Outcome, Scenario, replicas};

/// How many operations a small world has at least, and at most.
const OPERATIONS_MIN: u64 = 15;
const OPERATIONS_MAX: [u64; 3] = [40, 80, 150];
/// How many a large one has at least, and at most.
const LARGE_OPERATIONS_MIN: u64 = 200;
const LARGE_OPERATIONS_MAX: [u64; 2] = [400, 1_000];
/// Shorter than what is kept, and all there is in a small world.
const PAGE_ENTRIES: usize = 7;
/// Keys are rotated in the worlds of carts.
const KEYS: &str = "s1:0123456789abcdef0123456789abcdef";

/// How much there is in a world of the ledger.
struct Size {
    operations: u64,
    customers: u64,
    /// Most devices of a customer.
    devices_max: u64,
    /// Enough for points of many days.
    silences: Silences,
}

struct World {
    size: Size,
    crew: Crew,
    life: Life,
    sky: Sky,
    minutes: Minutes,
    bench: Bench,
    customers: Vec<u64>,
    ledger: MemoryLedger,
    programs: MemoryPrograms,
    consumers: Rc<Consumers>,
    fleet: Rc<Fleet<Instance>>,
    way: Rc<Way>,
    devices: Vec<Rc<Device>>,
    bug: Option<Bug>,
}

/// Plays one world of the ledger to its end.
pub(crate) fn play(scenario: Scenario) -> Outcome {
    let dice = Dice::of(scenario.seed);
    let timeline = Timeline::starting_at(MORNING_MS, dice.clone());
    let mut world = World::new(scenario, &dice, &timeline);
    world.trade(&dice);
    world.close();
    world.crew.disband();
    let (violation, history, counts, trace) = world.minutes.verdict();
    Outcome { violation, history, counts, trace }
}

// === impl Size ===

impl Size {
    fn drawn(dice: &Dice, minutes: &Minutes) -> Self {
        let silences = |count_max| Silences { count_max, ms: silence_ms, ages_ms: &[] };
        if dice.below(LARGE_ONE_IN) > 0 {
            return Self {
                operations: dice.within(OPERATIONS_MIN..=dice.pick(&OPERATIONS_MAX)),
                customers: dice.within(1..=2),
                devices_max: 3,
                silences: silences(8),
            };
        }
        minutes.note(Occasion::LargeWorld);
        Self {
            operations: dice.within(LARGE_OPERATIONS_MIN..=dice.pick(&LARGE_OPERATIONS_MAX)),
            customers: dice.within(2..=4),
            devices_max: 6,
            silences: silences(24),
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
        let minutes = Minutes::new(timeline.clone(), is_traced);
        minutes.trace(|| format!("{:?}", sky.weather));
        let keys = KeyRing::parse(KEYS).expect("a key of ours");
        let bench = Bench::new(Judge::new(timeline.clone(), minutes.clone(), keys.clone()));
        let ledger = MemoryLedger::new(replicas(&sky));
        let programs = MemoryPrograms::new(Replicas::up_to_date());
        let bus =
            TappedBus { port: MemoryBus::new(), bench: bench.clone(), arrived: Arc::default() };
        let consumers = Rc::new(Consumers {
            crew: crew.clone(),
            life: life.clone(),
            sky: sky.clone(),
            bench: bench.clone(),
            ledger: ledger.clone(),
            programs: programs.clone(),
            bus: bus.clone(),
            bug,
            is_stopped_often: dice.below(4) == 0,
            archive: RefCell::default(),
            queue: RefCell::default(),
            messages: Cell::new(0),
        });
        let (weather, stored, known) = (sky.clone(), ledger.clone(), programs.clone());
        let start = move |life: &Life, clock| {
            let table = weather.exposed(life, stored.clone());
            let cached =
                CachedLedger::new(table.clone(), weather.exposed(life, known.clone()), &clock);
            let events = weather.exposed(life, bus.clone());
            let (accounts, log) = (cached.clone(), table);
            let counter = Counter { accounts, log, events: events.clone() };
            Instance { ledger: cached, counter, events, clock, keys: keys.clone(), bug }
        };
        let fleet =
            Rc::new(Fleet::new(crew.clone(), sky.clone(), minutes.clone(), Box::new(start)));
        let way = Rc::new(Way { crew: crew.clone(), life: life.clone(), sky: sky.clone() });
        let size = Size::drawn(dice, &minutes);
        let customers = (1..=size.customers).map(|number| 1_000 + number).collect();
        let devices = Vec::new();
        Self {
            size,
            crew,
            life,
            sky,
            minutes,
            bench,
            customers,
            ledger,
            programs,
            consumers,
            fleet,
            way,
            devices,
            bug,
        }
    }

    /// Everybody does what they do until the operations are used up and everything under way has
    /// arrived.
    fn trade(&mut self, dice: &Dice) {
        let Size { operations, devices_max, silences, .. } = self.size;
        let ledger = self.ledger.clone();
        let sweep = Box::new(move |now| ledger.sweep_expired(now));
        let minutes = self.minutes.clone();
        let tempo = Rc::new(Tempo::drawn(operations, &self.sky, minutes, silences, sweep));
        let plan = Plan::drawn(dice);
        let read = Rc::new(RefCell::new(plan.clone()));
        let staff = Rc::new(Staff {
            customers: self.customers.clone(),
            way: Rc::clone(&self.way),
            fleet: Rc::clone(&self.fleet),
            bench: self.bench.clone(),
            programs: self.programs.clone(),
            plan: Rc::clone(&read),
        });
        let (way, fleet) = (Rc::clone(&self.way), Rc::clone(&self.fleet));
        let customers = self.customers.clone();
        let shopify = Rc::new(Shopify::new(customers, way, fleet, self.bench.clone()));
        self.crew.spawn(&self.life, Rc::clone(&self.consumers).work());
        let opens_at_ms = MORNING_MS + dice.below(2) * ACTIVATION_LEAD_MS;
        tempo.rest_until(opens_at_ms);
        let (first, at_work) = (Rc::clone(&staff), Rc::clone(&tempo));
        self.crew.spawn(&self.life, async move {
            first.publish(0, plan).await;
            first.work(at_work).await;
        });
        for _ in 0..dice.within(1..=3) {
            let shopify = Rc::clone(&shopify);
            self.crew.spawn(&self.life, shopify.trade(Rc::clone(&tempo)));
        }
        for customer in self.customers.clone() {
            for _ in 0..dice.within(1..=devices_max) {
                let device = Rc::new(self.device(customer));
                let spends = Rc::clone(&device).spend(Rc::clone(&tempo), Rc::clone(&read));
                self.crew.spawn(&self.life, spends);
                self.devices.push(device);
            }
        }
        self.crew.run();
    }

    /// In calm weather everybody asks what is still to be asked and looks once more; then the books
    /// are compared.
    fn close(&self) {
        self.sky.calm_down();
        let newcomers = self.customers.iter().map(|customer| Rc::new(self.device(*customer)));
        for device in self.devices.iter().cloned().chain(newcomers) {
            self.crew.spawn(&self.life, async move { device.close().await });
            self.crew.run();
        }
        let dice = self.sky.dice.clone();
        let archive = self.consumers.archive.borrow().clone();
        let (ledger, programs) = (self.ledger.clone(), self.programs.clone());
        let (bench, bug) = (self.bench.clone(), self.bug);
        let customers = self.customers.clone();
        self.crew.spawn(&self.life, async move {
            for customer in customers {
                audit(&ledger, &bench, &customer.to_string()).await;
            }
            if !bench.judge().is_done() {
                let replayed = replay(archive, programs, dice, bug).await;
                bench.judge().ended(&ledger.stored(), &replayed);
            }
        });
        self.crew.run();
    }

    fn device(&self, customer: u64) -> Device {
        let (way, fleet) = (Rc::clone(&self.way), Rc::clone(&self.fleet));
        Device::new(customer.to_string(), way, fleet, self.bench.clone())
    }
}

/// Reads a customer's whole ledger, page by page, and has it judged.
async fn audit(ledger: &MemoryLedger, bench: &Bench, customer: &str) {
    let account = ledger.account(customer, Consistency::Strong).await.expect("a table in memory");
    let (mut entries, mut before) = (Vec::new(), None);
    loop {
        let page = ledger.entries(customer, before.as_ref(), PAGE_ENTRIES).await;
        let page = page.expect("a table in memory");
        entries.extend(page.entries);
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    let closing = Closing { customer, account: account.as_ref(), entries: &entries };
    bench.judge().closed(&closing);
}

/// How long nobody does anything: as often as not until a midnight, when points begin to count and
/// expire, with clocks a little before and after it.
fn silence_ms(dice: &Dice, now_ms: u64) -> u64 {
    let ms = match dice.below(6) {
        0 => dice.within(10_000..=5 * MINUTE_MS),
        1 => 13 * HOUR_MS,
        2..=4 => dice.within(1..=3) * DAY_MS,
        _ => dice.within(14 * DAY_MS..=30 * DAY_MS),
    };
    let midnight_ms = (now_ms + ms).next_multiple_of(DAY_MS);
    if dice.coin() { ms } else { midnight_ms - now_ms - dice.below(2 * SECOND_MS) }
}

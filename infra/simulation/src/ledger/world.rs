//! One world of the ledger, from a seed to an outcome.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use domain_core::port::Consistency;
use domain_core::resource::{Commands, Source as _};
use domain_core::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};
use domain_loyalty::{ACTIVATION_LEAD_MS, LedgerReader as _};
use edge_wire::keys::KeyRing;
use origin_adapters::memory::{MemoryBus, MemoryTable};
use origin_adapters::table::TableName;
use origin_adapters::{CommandLogRepository, LedgerRepository, ProgramRepository};
use origin_functions::caches::cached_program::CachedProgram;
use origin_functions::caches::cached_reader::CachedReader;

use super::consumers::Consumers;
use super::device::Device;
use super::instance::Instance;
use super::observers::ObservedBus;
use super::oracle::{FinalState, LedgerOracle, OracleHandle};
use super::plan::Plan;
use super::replay::replay;
use super::shopify::Shopify;
use super::staff::Staff;
use crate::coverage::Coverage;
use crate::executor::{Executor, TaskGroup};
use crate::faults::{FaultInjector, FaultProfile};
use crate::fleet::Fleet;
use crate::link::Link;
use crate::mutant::Mutant;
use crate::rng::Rng;
use crate::run_log::RunLog;
use crate::timeline::Timeline;
use crate::workload::{Silences, Workload};
use crate::world::{LARGE_ONE_IN, Outcome, START_MS, Scenario, replicas};

/// The minimum and the maximum number of operations of a small world.
const OPERATIONS_MIN: u64 = 15;
const OPERATIONS_MAX: [u64; 3] = [40, 80, 150];
/// The minimum and the maximum number of operations of a large world.
const LARGE_OPERATIONS_MIN: u64 = 200;
const LARGE_OPERATIONS_MAX: [u64; 2] = [400, 1_000];
/// Smaller than the number of entries of most accounts, so that the final check reads several
/// pages.
const PAGE_ENTRIES: usize = 7;
/// Keys are rotated only in the worlds of carts.
const KEYS: &str = "s1:0123456789abcdef0123456789abcdef";

/// The size of a world of the ledger.
struct Size {
    operations: u64,
    customers: u64,
    /// The maximum number of devices per customer.
    devices_max: u64,
    /// Enough for points of many days.
    silences: Silences,
}

struct World {
    size: Size,
    executor: Executor,
    group: TaskGroup,
    faults: FaultInjector,
    run_log: RunLog,
    oracle: OracleHandle,
    customers: Vec<u64>,
    table: MemoryTable,
    ledger: LedgerRepository,
    programs: ProgramRepository,
    consumers: Rc<Consumers>,
    fleet: Rc<Fleet<Instance>>,
    link: Rc<Link>,
    devices: Vec<Rc<Device>>,
    mutant: Option<Mutant>,
}

/// Plays one world of the ledger to its end.
pub(crate) fn play(scenario: Scenario) -> Outcome {
    let rng = Rng::of(scenario.seed);
    let timeline = Timeline::starting_at(START_MS, rng.clone());
    let mut world = World::new(scenario, &rng, &timeline);
    world.run(&rng);
    world.close();
    world.executor.shut_down();
    let (violation, history, counts, trace) = world.run_log.finish();
    Outcome { violation, history, counts, trace }
}

// === impl Size ===

impl Size {
    fn random(rng: &Rng, run_log: &RunLog) -> Self {
        let silences = |count_max| Silences { count_max, ms: silence_ms, ages_ms: &[] };
        if rng.below(LARGE_ONE_IN) > 0 {
            return Self {
                operations: rng.within(OPERATIONS_MIN..=rng.pick(&OPERATIONS_MAX)),
                customers: rng.within(1..=2),
                devices_max: 3,
                silences: silences(8),
            };
        }
        run_log.count(Coverage::LargeWorld);
        Self {
            operations: rng.within(LARGE_OPERATIONS_MIN..=rng.pick(&LARGE_OPERATIONS_MAX)),
            customers: rng.within(2..=4),
            devices_max: 6,
            silences: silences(24),
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
        let run_log = RunLog::new(timeline.clone(), is_traced);
        run_log.trace(|| format!("{:?}", faults.profile));
        let keys = KeyRing::parse(KEYS).expect("a valid key");
        let oracle =
            OracleHandle::new(LedgerOracle::new(timeline.clone(), run_log.clone(), keys.clone()));
        let table = MemoryTable::lagging(replicas(&faults));
        let ledger = LedgerRepository::new(&table.shared());
        let programs = ProgramRepository::new(&MemoryTable::new().shared());
        let bus =
            ObservedBus { port: MemoryBus::new(), oracle: oracle.clone(), arrived: Arc::default() };
        let consumers = Rc::new(Consumers {
            executor: executor.clone(),
            group: group.clone(),
            faults: faults.clone(),
            oracle: oracle.clone(),
            ledger: ledger.clone(),
            programs: programs.clone(),
            bus: bus.clone(),
            mutant,
            is_stopped_often: rng.below(4) == 0,
            archive: RefCell::default(),
            queue: RefCell::default(),
            messages: Cell::new(0),
        });
        let (injector, stored, known) = (faults.clone(), ledger.clone(), programs.clone());
        let records = CommandLogRepository::new(&table.shared());
        let start = move |group: &TaskGroup, clock| {
            let ledger = CachedReader::new(injector.wrap(group, stored.clone()), &clock);
            let program = CachedProgram::new(injector.wrap(group, known.clone()), &clock);
            let (reader, log) = (ledger.clone(), injector.wrap(group, records.clone()));
            let commands = Commands { reader, log, events: injector.wrap(group, bus.clone()) };
            Instance { ledger, program, commands, clock, keys: keys.clone(), mutant }
        };
        let fleet =
            Rc::new(Fleet::new(executor.clone(), faults.clone(), run_log.clone(), Box::new(start)));
        let link = Rc::new(Link {
            executor: executor.clone(),
            group: group.clone(),
            faults: faults.clone(),
        });
        let size = Size::random(rng, &run_log);
        let customers = (1..=size.customers).map(|number| 1_000 + number).collect();
        let devices = Vec::new();
        Self {
            size,
            executor,
            group,
            faults,
            run_log,
            oracle,
            customers,
            table,
            ledger,
            programs,
            consumers,
            fleet,
            link,
            devices,
            mutant,
        }
    }

    /// Runs all tasks until the operations are used up and every message has arrived.
    fn run(&mut self, rng: &Rng) {
        let Size { operations, devices_max, silences, .. } = self.size;
        let table = self.table.clone();
        let sweep = Box::new(move |now| table.sweep_expired(now));
        let run_log = self.run_log.clone();
        let workload =
            Rc::new(Workload::random(operations, &self.faults, run_log, silences, sweep));
        let plan = Plan::random(rng);
        let shown_plan = Rc::new(RefCell::new(plan.clone()));
        let staff = Rc::new(Staff {
            customers: self.customers.clone(),
            link: Rc::clone(&self.link),
            fleet: Rc::clone(&self.fleet),
            oracle: self.oracle.clone(),
            programs: self.programs.clone(),
            plan: Rc::clone(&shown_plan),
        });
        let (link, fleet) = (Rc::clone(&self.link), Rc::clone(&self.fleet));
        let customers = self.customers.clone();
        let shopify = Rc::new(Shopify::new(customers, link, fleet, self.oracle.clone()));
        self.executor.spawn(&self.group, Rc::clone(&self.consumers).run());
        let opens_at_ms = START_MS + rng.below(2) * ACTIVATION_LEAD_MS;
        workload.pause_until(opens_at_ms);
        let (first, staff_workload) = (Rc::clone(&staff), Rc::clone(&workload));
        self.executor.spawn(&self.group, async move {
            first.publish(0, plan).await;
            first.run(staff_workload).await;
        });
        for _ in 0..rng.within(1..=3) {
            let shopify = Rc::clone(&shopify);
            self.executor.spawn(&self.group, shopify.run(Rc::clone(&workload)));
        }
        for customer in self.customers.clone() {
            for _ in 0..rng.within(1..=devices_max) {
                let device = Rc::new(self.device(customer));
                let task = Rc::clone(&device).run(Rc::clone(&workload), Rc::clone(&shown_plan));
                self.executor.spawn(&self.group, task);
                self.devices.push(device);
            }
        }
        self.executor.run();
    }

    /// Without faults, every client finishes its retries and reads once more; then the final states
    /// are checked.
    fn close(&self) {
        self.faults.disable();
        let new_devices = self.customers.iter().map(|customer| Rc::new(self.device(*customer)));
        for device in self.devices.iter().cloned().chain(new_devices) {
            self.executor.spawn(&self.group, async move { device.close().await });
            self.executor.run();
        }
        let rng = self.faults.rng.clone();
        let archive = self.consumers.archive.borrow().clone();
        let (ledger, programs) = (self.ledger.clone(), self.programs.clone());
        let stored = self.table.items_of(TableName::Hot);
        let (oracle, mutant) = (self.oracle.clone(), self.mutant);
        let customers = self.customers.clone();
        self.executor.spawn(&self.group, async move {
            for customer in customers {
                check_ledger(&ledger, &oracle, &customer.to_string()).await;
            }
            if !oracle.lock().has_violation() {
                let replayed = replay(archive, programs, rng, mutant).await;
                oracle.lock().check_replay(&stored, &replayed);
            }
        });
        self.executor.run();
    }

    fn device(&self, customer: u64) -> Device {
        let (link, fleet) = (Rc::clone(&self.link), Rc::clone(&self.fleet));
        Device::new(customer.to_string(), link, fleet, self.oracle.clone())
    }
}

/// Reads a customer's whole ledger, page by page, and has the oracle check it.
async fn check_ledger(ledger: &LedgerRepository, oracle: &OracleHandle, customer: &str) {
    let account = ledger.item(customer, Consistency::Strong).await.expect("a table in memory");
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
    let final_state = FinalState { customer, account: account.as_ref(), entries: &entries };
    oracle.lock().check_customer(&final_state);
}

/// The length of a silence: half of them last until a midnight, when points begin to count and
/// expire, with clocks slightly before and after it.
fn silence_ms(rng: &Rng, now_ms: u64) -> u64 {
    let ms = match rng.below(6) {
        0 => rng.within(10_000..=5 * MINUTE_MS),
        1 => 13 * HOUR_MS,
        2..=4 => rng.within(1..=3) * DAY_MS,
        _ => rng.within(14 * DAY_MS..=30 * DAY_MS),
    };
    let midnight_ms = (now_ms + ms).next_multiple_of(DAY_MS);
    if rng.coin() { ms } else { midnight_ms - now_ms - rng.below(2 * SECOND_MS) }
}

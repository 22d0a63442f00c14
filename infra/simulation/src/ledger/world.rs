//! One world of the ledger, from a seed to its end.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use domain_core::event::Event;
use domain_core::port::Consistency;
use domain_core::resource::Source as _;
use domain_core::time::{HOUR_MS, MINUTE_MS, Time};
use domain_loyalty::{ACTIVATION_LEAD_MS, LedgerReader as _};
use origin_adapters::LedgerRepository;
use origin_adapters::memory::MemoryTable;
use origin_adapters::table::{Guard, Put, SharedTable, Table as _, TableName};
use serde_json::Value;

use super::oracle::{FinalState, LedgerOracle};
use super::plan::Plan;
use super::resource::Ledger;
use super::shopify::Shopify;
use super::size::Size;
use super::staff::Staff;
use super::tab::{CustomerProfile, Tab};
use crate::engine::{Handle, Mutant};
use crate::world::{
    Base, Client, Device, Lateness, Oracle, Owned, ReplayResult, START_MS, ScriptDevices, Workload,
    World, WorldParts,
};

/// Smaller than the number of entries of most accounts, so that the final check reads several
/// pages.
const PAGE_ENTRIES: usize = 7;
/// How late a message may be. Together with Shopify's day, a broken consumer and a dead letter it
/// stays under the 48 hours after which figures count as complete.
const LATENESS: Lateness = Lateness {
    straggler_ms_max: 8 * HOUR_MS,
    poison_ms_max: 4 * HOUR_MS,
    dead_letter_ms_max: HOUR_MS,
};
/// How far an event may be overtaken by a younger one, less the difference of clocks.
const OVERTAKEN_MS: u64 = 48 * HOUR_MS - MINUTE_MS;
/// Keys of items that no event makes: programs are published, and the audit log says who did what.
const NOT_REPLAYED: [&str; 2] = ["program/", "audit/"];
const QUEUES: &[&str] = &["loyalty", "redemption", "privacy"];

struct LedgerWorld {
    size: Size,
    world: World,
    oracle: Handle<LedgerOracle>,
    customers: Vec<u64>,
    tabs: Vec<Rc<Tab>>,
    mutant: Option<Mutant>,
    /// The devices, if a program plays them.
    script: Option<Rc<ScriptDevices<Ledger>>>,
}

/// Plays a world of the ledger to its end.
pub(crate) fn play(base: Base) {
    let mut world = LedgerWorld::new(base);
    world.run();
    world.close();
    world.world.executor.shut_down();
}

// === impl LedgerWorld ===

impl LedgerWorld {
    fn new(mut base: Base) -> Self {
        let size = Size::random(&mut base);
        let oracle = Handle::new(LedgerOracle::new(
            base.faults.timeline.clone(),
            base.run_log.clone(),
            base.keys.clone(),
        ));
        let (mutant, script) = (base.mutant, base.script.clone());
        let shared: Arc<Mutex<dyn Oracle>> = oracle.shared();
        let oracles = vec![Handle::of(shared)];
        let parts = WorldParts { base, oracles, queues: QUEUES, lateness: LATENESS };
        let world = World::new(parts);
        let customers = (1..=size.customers).map(|number| 1_000 + number).collect();
        let script = script
            .map(|process| ScriptDevices::new(process, Rc::clone(&world.network), oracle.clone()));
        Self { size, world, oracle, customers, tabs: Vec::new(), mutant, script }
    }

    /// Runs all tasks until the operations are used up and every message has arrived.
    fn run(&mut self) {
        let Size { operations, devices_max, tabs_max, silences, .. } = self.size;
        let (world, rng) = (&self.world, self.world.faults.rng.clone());
        let workload = Rc::new(Workload::random(operations, world, silences));
        let plan = Plan::random(&rng);
        let shown_plan = Rc::new(RefCell::new(plan.clone()));
        let staff = Rc::new(Staff {
            customers: self.customers.clone(),
            network: Rc::clone(&world.network),
            oracle: self.oracle.clone(),
            table: world.table.clone(),
            plan: Rc::clone(&shown_plan),
        });
        let (network, oracle) = (Rc::clone(&world.network), self.oracle.clone());
        let shopify = Rc::new(Shopify::new(self.customers.clone(), network, oracle));
        let opens_at_ms = START_MS + rng.below(2) * ACTIVATION_LEAD_MS;
        workload.pause_until(opens_at_ms);
        let (first, staff_workload) = (Rc::clone(&staff), Rc::clone(&workload));
        world.spawn(async move {
            first.publish(0, plan).await;
            first.run(staff_workload).await;
        });
        for _ in 0..rng.within(1..=3) {
            world.spawn(Rc::clone(&shopify).run(Rc::clone(&workload)));
        }
        // A lost erasure is another matter.
        let operator = world.operator(operations, !shopify.has_erasures, true);
        let profile =
            Rc::new(CustomerProfile { rng: rng.clone(), workload, operator, plan: shown_plan });
        for customer in self.customers.clone() {
            for _ in 0..rng.within(1..=devices_max) {
                let device = Rc::new(self.client(customer));
                for _ in 0..rng.within(1..=tabs_max) {
                    let tab = Tab::new(&device);
                    self.world.spawn(Rc::clone(&tab).run(Rc::clone(&profile)));
                    self.tabs.push(tab);
                }
            }
        }
        self.world.executor.run();
    }

    /// Without faults, every client finishes its retries and reads once more; then the final states
    /// are checked.
    fn close(&self) {
        self.world.end_faults();
        let new_tabs =
            self.customers.iter().map(|customer| Tab::new(&Rc::new(self.client(*customer))));
        for tab in self.tabs.iter().cloned().chain(new_tabs) {
            self.world.finish(async move { tab.close().await });
        }
        let table: SharedTable = Arc::new(self.world.table.clone());
        let (oracle, customers) = (self.oracle.clone(), self.customers.clone());
        self.world.finish(async move {
            let ledger = LedgerRepository::new(&table);
            for customer in customers {
                check_ledger(&ledger, &oracle, &customer.to_string()).await;
            }
        });
        if !self.world.run_log.has_violation() {
            let stored = self.world.table.items_of(TableName::Hot);
            self.oracle.lock().check_erased(stored.iter());
            self.oracle.lock().check_end();
            let has_erasures = self.oracle.lock().has_erasures();
            if !has_erasures {
                let replayed = self.replayed();
                self.oracle.lock().check_replay(&stored, &replayed);
            }
        }
    }

    /// The ledger after a replay of all events into an empty table, some of them twice, in an order
    /// in which no event is overtaken by one 48 hours younger: decisions are applied, not made.
    fn replayed(&self) -> ReplayResult {
        let rng = &self.world.faults.rng;
        let mut deliveries: Vec<(u64, Rc<Event>)> = Vec::new();
        for event in self.world.queues.archived() {
            let due_ms = time_of(&event) + rng.below(OVERTAKEN_MS);
            if rng.coin() {
                deliveries.push((due_ms + rng.below(2 * OVERTAKEN_MS), Rc::clone(&event)));
            }
            deliveries.push((due_ms, event));
        }
        let table = MemoryTable::new();
        let programs = self.world.table.items_of(TableName::Hot);
        let copied = table.clone();
        self.world.finish(async move {
            for (key, item) in programs {
                if NOT_REPLAYED.iter().any(|begin| key.pk.starts_with(begin)) {
                    let put = Put { key, item, guard: Guard::Absent };
                    copied.put(&put).await.expect("an item that a table held");
                }
            }
        });
        self.world.replay(table, deliveries)
    }

    fn client(&self, customer: u64) -> Client<Ledger> {
        let owned = Owned { own: customer.to_string(), guest: None };
        if let Some(script) = &self.script {
            return Client::Script(script.device(owned));
        }
        let network = Rc::clone(&self.world.network);
        Client::Reference(Box::new(Device::new(owned, network, self.oracle.clone(), self.mutant)))
    }
}

/// Reads a customer's whole ledger, page by page, and has the oracle check it.
async fn check_ledger(ledger: &LedgerRepository, oracle: &Handle<LedgerOracle>, customer: &str) {
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

/// The time of the fact that an event reports.
fn time_of(event: &Event) -> u64 {
    let detail: Value = serde_json::from_str(&event.detail).unwrap_or_default();
    let payload = &detail["payload"];
    let text = |field: &str| payload[field].as_str().and_then(Time::from_rfc3339).map(|at| at.0);
    let state = &detail["redemption"]["state"];
    let decided = ["settled", "released", "timed_out"];
    let decided = decided.iter().find_map(|kind| state[*kind]["at"].as_u64());
    let is_cancelled = detail["metadata"]["x-shopify-topic"] == "orders/cancelled";
    let webhook = if is_cancelled { text("cancelled_at") } else { text("processed_at") };
    let command = detail["command"]["time"].as_u64().or(detail["redemption"]["time"].as_u64());
    webhook.or(decided).or(command).unwrap_or_default()
}

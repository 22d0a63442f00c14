//! The shop of a world, and everything that its clients and its bus need.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain_core::event::Event;
use domain_core::time::Time;
use origin_adapters::memory::{MemoryBus, MemoryTable, Replicas};
use origin_adapters::table::SharedTable;
use origin_functions::runtime::clock::Clock;
use origin_functions::runtime::config::ShopConfig;
use origin_functions::runtime::ports::{Ports, SharedEvents};
use origin_functions::runtime::shop::Shop;

use super::bus::{ObservedBus, WorldEvents};
use super::consumers::Consumers;
use super::edge::{Edge, shopify_secrets};
use super::fleet::Fleet;
use super::hooks::{Outcome, SharedHooks, Side};
use super::instance::Instance;
use super::keys::KeyRotation;
use super::network::Network;
use super::operator::{Operator, OperatorParts};
use super::oracle::{Oracle, Oracles};
use super::queues::{Lateness, Queues, QueuesParts, body};
use super::script::ScriptProcess;
use super::table::{FaultyTable, ObservedTable};
use super::{CURRENCY, SHOP};
use crate::engine::{Executor, FaultInjector, Handle, Link, Mutant, RunLog, TaskGroup};

/// A morning in November 2026, at which every world starts.
pub(crate) const START_MS: u64 = 1_795_251_600_000;
/// The maximum lag of a replica.
const LAG_MS_MAX: u64 = 1_000;

/// A world without its clients.
pub(crate) struct World {
    pub(crate) executor: Executor,
    pub(crate) group: TaskGroup,
    pub(crate) faults: FaultInjector,
    pub(crate) run_log: RunLog,
    pub(crate) table: MemoryTable,
    pub(crate) network: Rc<Network>,
    pub(crate) queues: Rc<Queues>,
    fleet: Arc<Fleet>,
    oracles: Oracles,
    consumers: Consumers,
}

/// What every world begins with.
pub(crate) struct Base {
    pub(crate) executor: Executor,
    pub(crate) faults: FaultInjector,
    pub(crate) run_log: RunLog,
    pub(crate) keys: KeyRotation,
    pub(crate) hooks: SharedHooks,
    pub(crate) mutant: Option<Mutant>,
    /// The program that plays the devices, if they are not the reference.
    pub(crate) script: Option<Rc<ScriptProcess>>,
}

/// The parts of a world.
pub(crate) struct WorldParts {
    pub(crate) base: Base,
    pub(crate) oracles: Vec<Handle<dyn Oracle>>,
    /// The names of the queues, and how late their messages may be.
    pub(crate) queues: &'static [&'static str],
    pub(crate) lateness: Lateness,
}

/// The table after a replay of the archive, and what should not be: events that the replay
/// published, and those that it did not finish.
pub(crate) struct ReplayResult {
    pub(crate) table: MemoryTable,
    pub(crate) published: Vec<Event>,
    pub(crate) unfinished: Vec<String>,
}

// === impl World ===

impl World {
    pub(crate) fn new(parts: WorldParts) -> Self {
        let WorldParts { base, oracles, queues, lateness } = parts;
        let Base { executor, faults, run_log, keys, hooks, .. } = base;
        let oracles = Oracles { run_log: run_log.clone(), all: oracles };
        let group = executor.new_group();
        let table = MemoryTable::lagging(replicas(&faults));
        let observed = ObservedTable { table: table.clone(), oracles: oracles.clone() };
        let shared: SharedTable = Arc::new(observed);
        let bus = ObservedBus {
            bus: MemoryBus::new(),
            oracles: oracles.clone(),
            arrived: Arc::default(),
        };
        let start = {
            let (faults, keys, bus) = (faults.clone(), keys.clone(), bus.clone());
            let (shared, hooks) = (Arc::clone(&shared), Arc::clone(&hooks));
            move |group: &TaskGroup, clock: super::clock::InstanceClock| {
                let shop_clock = clock.to_clock();
                let faulty = FaultyTable(faults.wrap(group, Arc::clone(&shared)));
                let table = hooks.table(Side::Instance, Arc::new(faulty), &shop_clock);
                let events = WorldEvents {
                    port: faults.wrap(group, bus.clone()),
                    side: Side::Instance,
                    hooks: Arc::clone(&hooks),
                };
                let keys = keys.rings(&faults.timeline, &faults.rng);
                let shop = new_shop(&keys, &table, events, shop_clock);
                Instance::new(shop, keys, clock, Arc::clone(&shared), Arc::clone(&hooks))
            }
        };
        let spawner = executor.spawner();
        let fleet = Arc::new(Fleet::new(spawner, faults.clone(), run_log.clone(), Box::new(start)));
        let edge = |_| Arc::new(Edge::new(&fleet, &keys, &faults, &run_log, &hooks));
        let edges = (0..faults.rng.within(1..=2)).map(edge).collect();
        let link =
            Link { executor: executor.clone(), group: group.clone(), faults: faults.clone() };
        let network = Rc::new(Network { link, edges, keys: keys.clone() });
        let consumers =
            Consumers { faults: faults.clone(), table: shared, bus: bus.clone(), keys, hooks };
        let queues = Rc::new(Queues::new(QueuesParts {
            executor: executor.clone(),
            group: group.clone(),
            faults: faults.clone(),
            oracles: oracles.clone(),
            bus,
            consumers: consumers.clone(),
            lateness,
            names: queues,
        }));
        executor.spawn(&group, Rc::clone(&queues).run());
        Self { executor, group, faults, run_log, table, network, queues, fleet, oracles, consumers }
    }

    /// Starts a task of the world.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.executor.spawn(&self.group, task);
    }

    /// Runs a task and everything else until nothing is left to do.
    pub(crate) fn finish(&self, task: impl Future<Output = ()> + 'static) {
        self.spawn(task);
        self.executor.run();
    }

    /// The operator of this world, whose table may be lost.
    pub(crate) fn operator(
        &self,
        operations: u64,
        may_lose: bool,
        always_replays: bool,
    ) -> Rc<Operator> {
        let parts = OperatorParts {
            executor: self.executor.clone(),
            group: self.group.clone(),
            faults: self.faults.clone(),
            oracles: self.oracles.clone(),
            table: self.table.clone(),
            fleet: Arc::clone(&self.fleet),
            queues: Rc::clone(&self.queues),
            always_replays,
        };
        Rc::new(Operator::new(operations, may_lose, parts))
    }

    /// Ends all faults.
    pub(crate) fn end_faults(&self) {
        self.faults.disable();
        self.queues.redrive();
    }

    /// Replays events into a table, each at its time, through the consumers and without faults.
    pub(crate) fn replay(
        &self,
        table: MemoryTable,
        mut deliveries: Vec<(u64, Rc<Event>)>,
    ) -> ReplayResult {
        deliveries.sort_by_key(|(due_ms, _)| *due_ms);
        let oracles = Oracles { all: Vec::new(), ..self.oracles.clone() };
        let bus = ObservedBus { bus: MemoryBus::new(), oracles, arrived: Arc::default() };
        let shared: SharedTable = Arc::new(table.clone());
        let consumers = Consumers { table: shared, bus: bus.clone(), ..self.consumers.clone() };
        let unfinished = Rc::new(std::cell::RefCell::new(Vec::new()));
        let (queues, group) = (Rc::clone(&self.queues), self.group.clone());
        let failed = Rc::clone(&unfinished);
        self.finish(async move {
            let now_ms = Arc::new(AtomicU64::new(0));
            let read_ms = Arc::clone(&now_ms);
            let clock = Clock::new(move || Time(read_ms.load(Ordering::Relaxed)));
            let mut instances = HashMap::new();
            for (due_ms, event) in deliveries {
                now_ms.store(due_ms, Ordering::Relaxed);
                let name = (!consumers.hooks.replays_as_new(&event)).then_some("replay-at-the-end");
                let body = body(&event, due_ms, name);
                for queue in queues.names_selecting(&event) {
                    let instance = instances.entry(queue).or_insert_with(|| {
                        consumers.start_with(queue, group.clone(), clock.clone(), false)
                    });
                    let message = vec![("message".to_owned(), body.clone())];
                    let outcomes = consumers.consume(instance, message).await;
                    let reasons = outcomes.into_iter().filter_map(|(_, outcome)| match outcome {
                        Outcome::Done => None,
                        Outcome::Failed(reason) => Some(format!("{reason}: {}", event.detail)),
                    });
                    failed.borrow_mut().extend(reasons);
                }
            }
        });
        let unfinished = unfinished.take();
        ReplayResult { table, published: bus.bus.fetch(), unfinished }
    }
}

/// A new instance's shop.
fn new_shop(
    keys: &super::keys::InstanceKeys,
    table: &SharedTable,
    events: WorldEvents,
    clock: Clock,
) -> Shop {
    let config = ShopConfig {
        domain: SHOP.to_owned(),
        currency: CURRENCY.to_owned(),
        shopify_secrets: shopify_secrets(),
        keys: keys.now().clone(),
        origin: None,
        client_id: None,
        local_shopify: None,
    };
    let ports = Ports { table: Arc::clone(table), events: SharedEvents::new(events) };
    Shop::new(config, &ports, clock, || [0; 16])
}

/// Replicas that lag according to the fault profile.
fn replicas(faults: &FaultInjector) -> Replicas {
    let (timeline, faults) = (faults.timeline.clone(), faults.clone());
    let now = Arc::new(move || Time(timeline.now_ms()));
    let as_of = Arc::new(move || {
        let now_ms = faults.timeline.now_ms();
        let is_behind = faults.occurs(faults.profile.stale);
        Time(if is_behind { now_ms - faults.rng.below(LAG_MS_MAX) } else { now_ms })
    });
    Replicas { now, as_of }
}

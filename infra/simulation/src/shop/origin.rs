//! The origin: the instances behind the edges, and the state that edges share with them.

use std::rc::Rc;

use origin_adapters::memory::{MemoryBus, MemoryTable};
use origin_adapters::{CartRepository, CommandLogRepository};

use super::instance::{FirstAnswers, Instance, InstanceParts};
use super::keys::KeyRotation;
use super::observers::{ObservedBus, ObservedCarts};
use super::request::{ErrorReply, Reply, Request};
use crate::executor::Executor;
use crate::faults::FaultInjector;
use crate::fleet::Fleet;
use crate::mutant::Mutant;
use crate::mutants::MutantWriter;
use crate::oracle::OracleHandle;
use crate::ports::FaultyPort;
use crate::run_log::RunLog;

/// All instances.
pub(crate) struct Origin {
    pub(crate) executor: Executor,
    pub(crate) faults: FaultInjector,
    pub(crate) oracle: OracleHandle,
    pub(crate) tables: MemoryTable,
    pub(crate) keys: KeyRotation,
    pub(crate) mutant: Option<Mutant>,
    fleet: Fleet<WiredInstance>,
}

/// The parts of the origin.
pub(crate) struct OriginParts {
    pub(crate) executor: Executor,
    pub(crate) faults: FaultInjector,
    pub(crate) run_log: RunLog,
    pub(crate) oracle: OracleHandle,
    pub(crate) tables: MemoryTable,
    pub(crate) bus: ObservedBus<MemoryBus>,
    pub(crate) keys: KeyRotation,
    pub(crate) mutant: Option<Mutant>,
}

/// The carts as an instance reads and merges them.
type InstanceCarts = ObservedCarts<MutantWriter<CartRepository>>;

/// An instance on the ports of a world.
type WiredInstance = Instance<
    FaultyPort<InstanceCarts>,
    FaultyPort<CommandLogRepository>,
    FaultyPort<ObservedBus<MemoryBus>>,
>;

// === impl Origin ===

impl Origin {
    pub(crate) fn new(parts: OriginParts) -> Self {
        let OriginParts { executor, faults, run_log, oracle, tables, bus, keys, mutant } = parts;
        let (injector, stored, ring) = (faults.clone(), tables.clone(), keys.clone());
        let (observer, first_answers) = (oracle.clone(), FirstAnswers::default());
        let fleet = Fleet::new(
            executor.clone(),
            faults.clone(),
            run_log,
            Box::new(move |group, clock| {
                let port = MutantWriter { port: CartRepository::new(&stored.shared()), mutant };
                let carts = ObservedCarts { port, oracle: observer.clone(), event: None };
                Instance::new(InstanceParts {
                    carts: injector.wrap(group, carts),
                    log: injector.wrap(group, CommandLogRepository::new(&stored.shared())),
                    events: injector.wrap(group, bus.clone()),
                    clock,
                    keys: ring.rings(&injector.timeline, &injector.rng),
                    rng: injector.rng.clone(),
                    mutant,
                    first_answers: Rc::clone(&first_answers),
                })
            }),
        );
        Self { executor, faults, oracle, tables, keys, mutant, fleet }
    }

    /// Has a random instance serve a request.
    pub(crate) async fn call(&self, request: Request) -> Reply {
        let serve = |instance: Rc<WiredInstance>| async move { instance.serve(&request).await };
        self.fleet.call(serve).await.unwrap_or(Reply::Error(ErrorReply::Unavailable))
    }

    /// Ends every instance.
    pub(crate) fn stop(&self) {
        self.fleet.stop();
    }
}

//! The instances behind the edges, and what an edge has to know of them.

use std::rc::Rc;

use origin_adapters::memory::{MemoryBus, MemoryCarts, MemoryCommandLog, MemoryTables};

use super::instance::{FirstAnswers, Fittings, Instance};
use super::keys::Rotation;
use super::request::{Refused, Reply, Request};
use super::tap::{TappedBus, TappedCarts};
use crate::bug::Bug;
use crate::crew::Crew;
use crate::fleet::Fleet;
use crate::judge::Bench;
use crate::minutes::Minutes;
use crate::ports::Exposed;
use crate::sabotage::SuspectWriter;
use crate::weather::Sky;

/// All instances.
pub(crate) struct Origin {
    pub(crate) crew: Crew,
    pub(crate) sky: Sky,
    pub(crate) bench: Bench,
    pub(crate) tables: MemoryTables,
    pub(crate) keys: Rotation,
    pub(crate) bug: Option<Bug>,
    fleet: Fleet<WiredInstance>,
}

/// What the instances of a world run on.
pub(crate) struct Ground {
    pub(crate) crew: Crew,
    pub(crate) sky: Sky,
    pub(crate) minutes: Minutes,
    pub(crate) bench: Bench,
    pub(crate) tables: MemoryTables,
    pub(crate) bus: TappedBus<MemoryBus>,
    pub(crate) keys: Rotation,
    pub(crate) bug: Option<Bug>,
}

/// The carts as an instance reads and merges them.
type InstanceCarts = TappedCarts<SuspectWriter<MemoryCarts>>;

/// An instance on the ports of a world.
type WiredInstance =
    Instance<Exposed<InstanceCarts>, Exposed<MemoryCommandLog>, Exposed<TappedBus<MemoryBus>>>;

// === impl Origin ===

impl Origin {
    pub(crate) fn new(ground: Ground) -> Self {
        let Ground { crew, sky, minutes, bench, tables, bus, keys, bug } = ground;
        let (weather, stored, ring) = (sky.clone(), tables.clone(), keys.clone());
        let (heard, first_answers) = (bench.clone(), FirstAnswers::default());
        let fleet = Fleet::new(
            crew.clone(),
            sky.clone(),
            minutes,
            Box::new(move |life, clock| {
                let port = SuspectWriter { port: MemoryCarts::new(&stored), bug };
                let carts = TappedCarts { port, bench: heard.clone(), event: None };
                Instance::new(Fittings {
                    carts: weather.exposed(life, carts),
                    log: weather.exposed(life, MemoryCommandLog::new(&stored)),
                    events: weather.exposed(life, bus.clone()),
                    clock,
                    keys: ring.rings(&weather.timeline, &weather.dice),
                    dice: weather.dice.clone(),
                    bug,
                    first_answers: Rc::clone(&first_answers),
                })
            }),
        );
        Self { crew, sky, bench, tables, keys, bug, fleet }
    }

    /// Has some instance serve a request.
    pub(crate) async fn ask(&self, request: Request) -> Reply {
        let served = |instance: Rc<WiredInstance>| async move { instance.serve(&request).await };
        self.fleet.ask(served).await.unwrap_or(Reply::Refused(Refused::Unavailable))
    }

    /// Ends every instance.
    pub(crate) fn stop(&self) {
        self.fleet.stop();
    }
}
